"""Networks run by torch, from safetensors; nothing here is imported unless `--backend torch` is asked for."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from inpaint_cli.backends.card import ModelCard, one_line
from inpaint_cli.backends.find import ModelFiles, read_model_file
from inpaint_cli.backends.network import Tiles, check_answer
from inpaint_cli.errors import BackendError, ModelError

if TYPE_CHECKING:
    from torch import nn

CONFIG_KEY = "config"
"""Key of the network's configuration (JSON) in the metadata of a safetensors file."""


@dataclass(frozen=True)
class TorchNetwork:
    """A torch module in evaluation mode."""

    card: ModelCard
    device: str
    module: nn.Module
    source: str

    @classmethod
    def open(cls, files: ModelFiles, *, device: str, threads: int) -> Self:
        """Build the network that the file's configuration describes and load its weights.

        Raises ModelError, BackendError.
        """
        torch = _import("torch")
        file = files.weights("torch")
        source = str(file)
        used = _device(torch, device)
        data = read_model_file(file)
        wanted = files.card.safetensors_sha256
        if wanted and hashlib.sha256(data).hexdigest() != wanted:
            raise ModelError(f"{source}: doesn't match the card's sha256; the file is damaged or altered")
        module = _build(data, source)
        torch.set_num_threads(threads)
        return cls(files.card, used, module.to(used).eval(), source)

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Run the model on a batch, see `Network`."""
        torch = _import("torch")
        try:
            with torch.inference_mode():
                tensors = [torch.from_numpy(inputs[name]).to(self.device) for name in self.card.inputs]
                answer = self.module(*tensors).float().cpu().numpy()
        except (RuntimeError, TypeError) as error:  # TypeError: for other inputs than the card names
            raise ModelError(f"{self.source}: the model failed ({one_line(error)})") from error
        return check_answer(answer, inputs["photo"], self.card, self.source)


def check_device(device: str) -> None:
    """Raise BackendError where torch, or this device, is not there; no model is needed to know."""
    _device(_import("torch"), device)


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise BackendError(
            f"the torch backend needs {name.partition('.')[0]}, which isn't installed: "
            "pip install 'inpaint-cli[torch]', or use --backend onnx"
        ) from error


def _device(torch: Any, device: str) -> str:
    if device == "openvino":
        raise BackendError("--device openvino: only the onnx backend knows it; use --backend onnx")
    there = bool(torch.cuda.is_available())
    if device == "cuda" and not there:
        raise BackendError("--device cuda: torch sees no CUDA device here; use --device cpu")
    return "cuda" if there and device != "cpu" else "cpu"


def _build(data: bytes, source: str) -> nn.Module:
    networks = _import("training.networks")
    safetensors = _import("safetensors")
    safetensors_torch = _import("safetensors.torch")
    try:
        weights = safetensors_torch.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ModelError(f"{source}: not a whole safetensors file ({one_line(error)})") from error
    try:
        # Without memory for weights of its own: a configuration may ask for any size.
        with _import("torch").device("meta"):
            module: nn.Module = networks.network_from_config(_config(data))
        module.load_state_dict(weights, assign=True)
        module.float()  # some are stored in 16 bits
    except (RuntimeError, TypeError, ValueError, KeyError, ModelError) as error:
        raise ModelError(f"{source}: the weights don't fit the configuration ({one_line(error)})") from error
    return module


def _config(data: bytes) -> dict[str, Any]:
    """Read the configuration out of the file's header: 8 bytes of length, then JSON."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    text = (header.get("__metadata__") or {}).get(CONFIG_KEY)
    if text is None:
        raise ModelError("it has none in its metadata; train or export it again")
    config = json.loads(text)
    if not isinstance(config, dict):
        raise ModelError("it is no JSON object")
    return config
