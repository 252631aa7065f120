"""Easy tiles to a small network, the others to a larger one: together they are one network.

In a smooth surrounding both restore the same; there the larger one only takes longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inpaint_cli.backends import default_threads
from inpaint_cli.backends.card import RESTORING, ModelCard
from inpaint_cli.backends.network import Network, Tiles, open_network
from inpaint_cli.restoration.quality import EASY


def difficulty_of(inputs: Mapping[str, Tiles]) -> npt.NDArray[np.float32]:
    """Estimate the squared error that there will be in each tile: (n,), from 0, in brightness of 0..1.

    It is the mean squared step from a known pixel to a known neighbour, times the number of missing pixels.
    What the tile's known pixels don't show, they can't tell either: with none, the difficulty is 0.
    """
    brightness, valid = inputs["photo"].mean(axis=1), inputs["valid"][:, 0]
    count, height, width = valid.shape
    total, pairs = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    for axis in (1, 2):
        step = np.diff(brightness, axis=axis)
        ends = np.split(valid, [1], axis=axis)[1] * np.split(valid, [-1], axis=axis)[0]
        total += np.square(step * ends).reshape(count, -1).sum(axis=1)
        pairs += ends.reshape(count, -1).sum(axis=1)
    missing = height * width - valid.reshape(count, -1).sum(axis=1)
    difficulty: npt.NDArray[np.float32] = total / np.maximum(pairs, 1) * missing
    return difficulty


@dataclass(frozen=True)
class ByDifficulty:
    """Two networks that see the mask and take the same inputs, as one that is called by the larger's name."""

    small: Network
    large: Network
    easy: float = EASY

    @property
    def card(self) -> ModelCard:
        """What the larger model says about itself."""
        return self.large.card

    @property
    def device(self) -> str:
        """Where it really runs."""
        return self.large.device

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Let each tile be answered by the network that its difficulty asks for, see `Network`."""
        easy = difficulty_of(inputs) < self.easy
        answers = np.empty_like(inputs["photo"])
        for network, chosen in ((self.small, easy), (self.large, ~easy)):
            if chosen.any():
                answers[chosen] = network({name: tiles[chosen] for name, tiles in inputs.items()})
        return answers


def open_models(
    models: Sequence[str | Path], *, backend: str, device: str, threads: int | None = None
) -> Network:
    """Open one model, or a smaller and a larger one, as one network with `threads`; see `open_network`."""
    count = default_threads() if threads is None else threads
    pool = ThreadPoolExecutor(max(count, 1), "tiles")
    small, *larger = (
        open_network(model, backend=backend, device=device, threads=count, kinds=RESTORING, pool=pool)
        for model in models
    )
    return ByDifficulty(small, larger[0]) if larger else small
