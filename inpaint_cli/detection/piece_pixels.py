"""What pieces have in common that belong to a list of pixels: their mean colours, and what is around them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels

AROUND = tuple(step for step in product((-1, 0, 1), repeat=2) if any(step))
"""Steps, down and right, to the pixels around one."""

Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def mean_colours(owner: Labels, colours: Floats, count: int) -> npt.NDArray[np.float64]:
    """The mean colour of each of `count` pieces (count, 3), of pixels (m, 3) whose `owner` is given (m,)."""
    size = np.maximum(np.bincount(owner, minlength=count), 1)
    return np.stack([np.bincount(owner, colours[:, c], count) / size for c in range(3)], axis=1)


def around(places: Places, shape: tuple[int, ...], away: int = 1) -> Iterator[tuple[Bools, Places]]:
    """Yield, for each of AROUND, which of some pixels (m,) have one so many steps away, and where it is."""
    for down, right in AROUND:
        rows, columns = places[0] + away * down, places[1] + away * right
        there = (rows >= 0) & (columns >= 0) & (rows < shape[0]) & (columns < shape[1])
        yield there, (rows[there], columns[there])
