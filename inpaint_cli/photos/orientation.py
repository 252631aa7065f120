"""Turn pixels between how a file stores them and how they are seen (EXIF orientation 1 to 8)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_TRANSPOSED = frozenset({5, 6, 7, 8})
_FLIPPED_ROWS = frozenset({3, 4, 7, 8})
_FLIPPED_COLUMNS = frozenset({2, 3, 6, 7})


def as_seen(stored: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Return `stored` (h, w, ...) turned upright; orientations 5 to 8 swap height and width."""
    seen = np.swapaxes(stored, 0, 1) if orientation in _TRANSPOSED else stored
    return np.ascontiguousarray(_flip(seen, orientation))


def as_stored(seen: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Return `seen` (h, w, ...) turned the way that the file stores it: the inverse of `as_seen`."""
    stored = _flip(seen, orientation)
    return np.ascontiguousarray(np.swapaxes(stored, 0, 1) if orientation in _TRANSPOSED else stored)


def _flip(array: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    if orientation in _FLIPPED_ROWS:
        array = array[::-1]
    if orientation in _FLIPPED_COLUMNS:
        array = array[:, ::-1]
    return array
