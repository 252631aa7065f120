"""A network asked several times about each tile, turned and mirrored: the mean of its answers, turned back.

What a network gets wrong depends on how the tile lies; the mean of several answers has less of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inpaint_cli.backends.network import AroundNetwork, Tiles
from inpaint_cli.errors import UsageError


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay a tile: rows and columns exchanged, then (-1) reversed."""

    exchanged: bool
    rows: int
    columns: int

    def turn(self, tiles: Tiles) -> Tiles:
        """Lay tiles (n, channels, h, w) this way."""
        laid = tiles.swapaxes(2, 3) if self.exchanged else tiles
        return np.ascontiguousarray(laid[:, :, :: self.rows, :: self.columns])

    def turn_back(self, tiles: Tiles) -> Tiles:
        """Undo `turn`."""
        laid = tiles[:, :, :: self.rows, :: self.columns]
        return laid.swapaxes(2, 3) if self.exchanged else laid


ORIENTATIONS = tuple(
    Orientation(*lay)
    for lay in (
        (False, 1, 1), (True, 1, -1), (False, 1, -1), (True, 1, 1),  # as it lies, turned, and both mirrored
        (False, -1, -1), (True, -1, 1), (False, -1, 1), (True, -1, -1),  # and all of these upside down
    )
)  # fmt: skip
"""All eight; an ensemble of n takes the first n.

The first four give as much as all eight, and more than the four rotations or the four mirror images.
"""


@dataclass(frozen=True)
class SelfEnsemble(AroundNetwork):
    """The mean of a network's answers to the first `count` of ORIENTATIONS; itself a network."""

    count: int

    def __post_init__(self) -> None:
        """Raise UsageError for a count that there are not so many orientations for."""
        if not 1 <= self.count <= len(ORIENTATIONS):
            raise UsageError(f"an ensemble of {self.count} must be of 1 to {len(ORIENTATIONS)}")

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Run the model on every orientation of the batch, all inputs turned alike, see `Network`."""
        total = np.zeros(inputs["photo"].shape, dtype=np.float64)
        for way in ORIENTATIONS[: self.count]:
            answers = self.network({name: way.turn(tiles) for name, tiles in inputs.items()})
            total += way.turn_back(answers)
        # float64 adds up to eight float32 of one size exactly, so that equal answers have themselves as mean
        return (total / self.count).astype(np.float32)
