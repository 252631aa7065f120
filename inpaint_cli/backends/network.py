"""A model file to a function on batches of tiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inpaint_cli.backends.card import ModelCard
from inpaint_cli.backends.find import find_model
from inpaint_cli.choices import BACKENDS, DEVICES, KINDS
from inpaint_cli.cores import default_threads
from inpaint_cli.errors import BackendError, ModelError

Tiles = npt.NDArray[np.float32]
"""float32 (n, channels, h, w) in 0..1, RGB; h and w multiples of 32."""


class Network(Protocol):
    """A model that is ready to run."""

    @property
    def card(self) -> ModelCard:
        """What the model says about itself."""
        ...

    @property
    def device(self) -> str:
        """Where it really runs: cpu, cuda or openvino."""
        ...

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Run the model on a batch; safe from several threads.

        inputs: each name on the card -> (n, channels, h, w); `valid` is 1.0 = known, 0.0 = missing, where
        `photo` is 0; `guide` is the photo with the coarser level's answer under the hole, 0 everywhere in a
        tile that has none; `earlier` is what a detector answered before, 0 everywhere at the first look.
        Returns the card's output (n, channels, h, w), a new array; a tile's answer doesn't depend on its
        batch. Raises ModelError where the model fails.
        """
        ...


@dataclass(frozen=True)
class AroundNetwork:
    """What asks a network in a way of its own, and else is that network."""

    network: Network

    @property
    def card(self) -> ModelCard:
        """What the model says about itself."""
        return self.network.card

    @property
    def device(self) -> str:
        """Where it really runs."""
        return self.network.device


def check_answer(answer: object, photo: Tiles, card: ModelCard, source: str) -> Tiles:
    """Return what a model answered to a batch of photos. Raises ModelError where it can't be one.

    source: the model's file, for the error.
    """
    if not isinstance(answer, np.ndarray) or answer.dtype != np.float32:
        raise ModelError(f"{source}: the model's answer is no float32 batch of pictures")
    count, _, height, width = photo.shape
    if answer.shape != (count, card.output_channels, height, width):
        raise ModelError(f"{source}: the model's answer has the shape {answer.shape}")
    return answer


def open_network(
    model: str | Path,
    *,
    backend: str = "onnx",
    device: str = "auto",
    threads: int | None = None,
    kinds: Collection[str] = KINDS,
    pool: ThreadPoolExecutor | None = None,
) -> Network:
    """Open a model by name or path.

    device: auto takes CUDA where it works, else the CPU; any other device must be there.
    threads: for the CPU; None takes OMP_NUM_THREADS or else the cores that this process may use.
    kinds: see `find_model`. pool: of that many threads, shared with other networks of onnxruntime on the CPU.
    Raises BackendError for a backend, device or number of threads that there is not, ModelError for a model
    that can't be used.
    """
    if device not in DEVICES:
        raise BackendError(f"device {device!r} is unknown; known are {', '.join(DEVICES)}")
    if threads is not None and threads < 1:
        raise BackendError(f"threads must be at least 1, not {threads}")
    count = threads or default_threads()
    if backend == "onnx":
        from inpaint_cli.backends.onnx import OnnxNetwork

        return OnnxNetwork.open(find_model(model, kinds=kinds), device=device, threads=count, pool=pool)
    if backend == "torch":
        from inpaint_cli.backends.torch import TorchNetwork

        return TorchNetwork.open(find_model(model, kinds=kinds), device=device, threads=count)
    raise BackendError(f"backend {backend!r} is unknown; known are {', '.join(BACKENDS)}")


def check_device(device: str, *, backend: str) -> None:
    """Raise BackendError where a backend or device is not there, as far as that shows without a model."""
    if backend == "torch":
        from inpaint_cli.backends import torch

        torch.check_device(device)
    else:
        from inpaint_cli.backends import onnx

        onnx.check_device(device)
