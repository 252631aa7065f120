"""Networks run by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np
import onnxruntime

from inpaint_cli.backends.card import INPUT_CHANNELS, ModelCard, one_line
from inpaint_cli.backends.find import ModelFiles, read_model_file
from inpaint_cli.backends.network import Tiles, check_answer
from inpaint_cli.backends.onnx_file import read_card
from inpaint_cli.errors import BackendError, ModelError

onnxruntime.disable_telemetry_events()  # on Windows, where the variable that `inpaint_cli` sets is not heeded

CHUNK = 32
"""Tiles a run on the CPU. With 16 the smallest networks take a tenth longer; few give more threads work."""
CHUNK_ELSEWHERE = 4096
"""Tiles a run on any other device."""

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_REMEDIES = {
    "cuda": "install onnxruntime-gpu in place of onnxruntime, with an NVIDIA driver, or use --device cpu",
    "openvino": "install onnxruntime-openvino in place of onnxruntime, or use --device cpu",
}


@dataclass(frozen=True)
class OnnxNetwork:
    """An onnxruntime session that runs chunks of a batch on its own threads.

    On the CPU the session itself has one thread and several chunks run side by side, so that the answer is
    the same for any number of threads, and nothing spins between batches.
    """

    card: ModelCard
    device: str
    session: onnxruntime.InferenceSession
    source: str
    pool: ThreadPoolExecutor | None
    chunk: int = CHUNK

    @classmethod
    def open(
        cls, files: ModelFiles, *, device: str, threads: int, pool: ThreadPoolExecutor | None = None
    ) -> Self:
        """Check the file, then give it to onnxruntime from memory: no path inside it is followed.

        pool: of so many threads, shared with other networks; without it this one gets its own.
        Raises ModelError, BackendError.
        """
        file = files.weights("onnx")
        source, data = str(file), read_model_file(file)
        card = read_card(data, source=source)
        session, used = _open_session(data, device, source)
        _check_session(session, card, source)
        if used != "cpu" or threads == 1:
            return cls(card, used, session, source, None, CHUNK if used == "cpu" else CHUNK_ELSEWHERE)
        return cls(card, used, session, source, pool or ThreadPoolExecutor(threads, "onnx"))

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Run the model on a batch, see `Network`."""
        wanted = {name: inputs[name] for name in self.card.inputs}
        chunks = list(_split(wanted, self.chunk))
        if self.pool is None or len(chunks) == 1:
            answers = [self._run(chunk) for chunk in chunks]
        else:
            answers = list(self.pool.map(self._run, chunks))
        return answers[0] if len(answers) == 1 else np.concatenate(answers)

    def _run(self, inputs: dict[str, Tiles]) -> Tiles:
        try:
            answer = self.session.run([self.card.output], inputs)[0]
        except Exception as error:  # onnxruntime's own classes have no public common base
            raise ModelError(f"{self.source}: the model failed ({one_line(error)})") from error
        return check_answer(answer, inputs["photo"], self.card, self.source)


def _split(inputs: Mapping[str, Tiles], size: int) -> Iterator[dict[str, Tiles]]:
    count = len(inputs["photo"])
    for start in range(0, count, size):
        yield {name: batch[start : start + size] for name, batch in inputs.items()}


def _open_session(data: bytes, device: str, source: str) -> tuple[onnxruntime.InferenceSession, str]:
    """Open the model on the device; `auto` may end on the CPU, an explicit device may not."""
    available = onnxruntime.get_available_providers()
    for candidate in ("cuda", "cpu") if device == "auto" else (device,):
        provider = _PROVIDERS[candidate]
        if provider not in available:
            continue
        session = _session(data, provider, source)
        if session.get_providers()[0] == provider:
            return session, candidate
    raise _missing(device)


def check_device(device: str) -> None:
    """Raise BackendError for a device that this onnxruntime was built without; no model is needed to know."""
    if device != "auto" and _PROVIDERS[device] not in onnxruntime.get_available_providers():
        raise _missing(device)


def _missing(device: str) -> BackendError:
    return BackendError(f"--device {device}: onnxruntime has no {device} here; {_REMEDIES[device]}")


def _session(data: bytes, provider: str, source: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=[provider])
    except Exception as error:  # onnxruntime's own classes have no public common base
        raise ModelError(f"{source}: onnxruntime can't open it ({one_line(error)})") from error


def _check_session(session: onnxruntime.InferenceSession, card: ModelCard, source: str) -> None:
    try:
        inputs = {value.name: (value.type, value.shape) for value in session.get_inputs()}
        outputs = [value.name for value in session.get_outputs()]
    except UnicodeDecodeError as error:
        raise ModelError(f"{source}: has names that are no text; the file is damaged") from error
    if set(inputs) != set(card.inputs):
        raise ModelError(f"{source}: has the inputs {sorted(inputs)}, its card says {sorted(card.inputs)}")
    for name, (kind, shape) in inputs.items():
        channels = shape[1] if len(shape) == 4 else None
        if kind != "tensor(float)" or channels != INPUT_CHANNELS[name]:
            raise ModelError(f"{source}: input {name} must be float32 (n, {INPUT_CHANNELS[name]}, h, w)")
    if card.output not in outputs:
        raise ModelError(f"{source}: has no output called {card.output!r}, which its card names")
