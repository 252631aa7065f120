"""Overlapping predictions to one value a pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inpaint_cli.restoration.tiles import TILE, Placement
from inpaint_cli.restoration.values import Floats, Mask, Pixels, from_floats

FLUSH = 1 << 20
"""Predicted pixels that are kept before some are written."""


def tile_weights() -> npt.NDArray[np.float64]:
    """Return the weight (TILE, TILE) of a prediction by its place in the tile: a raised cosine, never 0."""
    across = np.sin(np.pi * (np.arange(TILE) + 0.5) / TILE) ** 2
    return np.outer(across, across)


class Blender:
    """Writes the weighted means of predictions into a picture, row by row.

    Only the wanted pixels are kept, and only until no later tile can reach them: memory follows the damage.
    Tiles must come in the order of their top rows; a pixel is written when the next tile starts below it, so
    that no tile ever reads what another predicted.
    """

    def __init__(self, picture: Pixels) -> None:
        self._picture = picture
        self._weights = tile_weights().ravel()
        width = picture.shape[1]
        steps = np.arange(TILE)
        self._offsets = (steps[:, None] * width + steps).ravel()
        self._places: list[npt.NDArray[np.intp]] = []
        self._weight: list[npt.NDArray[np.float64]] = []
        self._values: list[Floats] = []
        self._kept = 0

    def add(self, placement: Placement, wanted: Mask, answers: Floats) -> None:
        """Take predictions (n, channels, TILE, TILE) for the wanted (n, TILE, TILE) pixels of tiles."""
        tile, inside = np.divmod(np.flatnonzero(wanted), TILE * TILE)
        corners = placement.tops * self._picture.shape[1] + placement.lefts
        self._places.append(corners[tile] + self._offsets[inside])
        self._weight.append(self._weights[inside])
        self._values.append(answers.reshape(*answers.shape[:2], -1)[tile, :, inside])
        self._kept += len(tile)

    def flush(self, next_top: int, *, force: bool = False) -> None:
        """Write the pixels above the row `next_top`, where the next tile starts."""
        if self._kept < FLUSH and not force:
            return
        kept = [np.concatenate(parts) for parts in (self._places, self._weight, self._values)]
        ready = kept[0] < next_top * self._picture.shape[1]
        self._write(*(np.compress(ready, each, axis=0) for each in kept))
        left = [np.compress(~ready, each, axis=0) for each in kept]
        self._places, self._weight, self._values = ([each] for each in left)
        self._kept = len(left[0])

    def _write(self, places: npt.NDArray[np.intp], weight: npt.NDArray[np.float64], values: Floats) -> None:
        # return_index makes it sort stably: in less time, as the places of each tile are sorted already.
        distinct, _, index = np.unique(places, return_index=True, return_inverse=True)
        total = np.bincount(index, weight)
        rows, columns = np.divmod(distinct, self._picture.shape[1])
        for channel in range(values.shape[1]):
            mean = np.bincount(index, weight * values[:, channel]) / total
            self._picture[rows, columns, channel] = from_floats(mean, self._picture.dtype)
