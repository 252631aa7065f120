"""Rows of print: where letters were found in a row, what is in line with them is likelier damaged.

A caption has letters that are hardly to be told from what is behind them; that there are others to the left
and right of them says more than how they look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.cleanup import Cleanup, lowered, measured_pieces, pieces_with
from inpaint_cli.detection.detection import Bools, Floats, Labels

SIZES = (5, 8, 13, 21, 34, 55)
"""Smallest height in pixels of the letters that are looked for together ..."""
TALLEST = 2.5
"""... and how many times higher the highest of them may be: there are capitals and small letters in a row."""
BROADEST = 2.5
"""A letter, or some that touch, is at most so many times as wide as high."""
FEWEST, REACH = 7, 40.0
"""So many letters make a row, where they stand within so many heights, at one level within a height."""
FURTHER = 6.0
"""Heights that a row is taken to go on beyond where so many letters were found."""
ALONG, ACROSS, AROUND = 14.0, 0.4, 1.6
"""Standard deviations, in heights, of what is in line with others: along, across, and around."""
HEAVIEST = 1.5
"""Squares of the height that a letter counts for at most: most damage that is larger is no letter."""
BARELY = 0.001
"""Share of pixels in line with others, beyond that above and below, from which more are likely; ..."""
AT_MOST = 4.0
"""... in log-odds of damage they are likelier by the logarithm of how often it is exceeded, up to this."""
GRID = 2
"""Pixels of a cell of what `likelier_in_rows` returns."""
CELLS = 3
"""Cells in which the height of a letter is looked at, about."""
BAND = 1024
"""Rows of pixels that are cut out at once, so that memory stays small."""


@dataclass(frozen=True)
class _Pieces:
    """Connected pieces of damage, laid so that rows of print run along the second axis.

    shape: (h, w) of the photo; corner, extent: (n, 2) of each piece; area: (n,) its pixels; pixels: (m, 2) of
    all pieces, and owner: (m,) which piece each belongs to; upright: whether the axes are exchanged.
    """

    shape: tuple[int, int]
    corner: npt.NDArray[np.int32]
    extent: npt.NDArray[np.int32]
    area: npt.NDArray[np.int32]
    pixels: npt.NDArray[np.intp]
    owner: Labels
    upright: bool = False

    @classmethod
    def of(cls, found: Bools) -> _Pieces:
        """Part (h, w) into its pieces (8-connected); piece 0 is what is undamaged, and is given no size."""
        _, pieces, statistics, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
        statistics[0] = 0
        left, top, width, height, area = np.asarray(statistics, np.int32).T
        rows, columns = np.nonzero(found)
        return cls(
            (found.shape[0], found.shape[1]), np.stack([top, left], 1), np.stack([height, width], 1), area,
            np.stack([rows, columns], 1), np.asarray(pieces[rows, columns], np.int32),
        )  # fmt: skip

    def turned(self) -> _Pieces:
        """The same with the axes exchanged, for rows that run upright."""
        return replace(
            self, shape=self.shape[::-1], corner=self.corner[:, ::-1], extent=self.extent[:, ::-1],
            pixels=self.pixels[:, ::-1], upright=not self.upright,
        )  # fmt: skip

    def rows_of(self, size: int) -> Bools | None:
        """Where letters of a size stand in rows, (h, w) in cells of `_step`; None where there is no row."""
        letters = self._letters(size)
        if np.count_nonzero(letters) < FEWEST:
            return None
        step = _step(size)
        centres = (self.corner + self.extent // 2)[letters]
        in_row = _in_row(self._summed(centres, np.ones(len(centres)), step), size / step)
        return in_row if in_row.any() else None

    def likelier(self, size: int, in_row: Bools) -> Floats:
        """Log-odds by which damage is likelier in rows of letters of a size, (h, w) as `rows_of` gave."""
        letters, step = self._letters(size), _step(size)
        cell = size / step
        most = np.minimum(HEAVIEST * size**2 / np.maximum(self.area, 1), 1)
        chosen = letters[self.owner]
        weight = self._summed(self.pixels[chosen], most[self.owner[chosen]] / step**2, step)
        line, around = (_along(weight, cell, across) for across in (ACROSS, AROUND))
        excess = np.maximum((line - around) / np.float32(BARELY), 1)
        return np.where(in_row, np.minimum(np.log(excess), np.float32(AT_MOST)), 0).astype(np.float32)

    def letters_around(self, size: int, in_row: Bools, half_width: npt.NDArray[np.float64]) -> Row:
        """Tell what the letters of a size are like around each place; half_width: (n,) of each piece."""
        letters, step = self._letters(size), _step(size)
        top, height = self.corner[letters, 0], self.extent[letters, 0]
        centres = (self.corner + self.extent // 2)[letters]
        cell = size / step
        values = np.stack([np.ones(len(centres)), height, top, top + height, half_width[letters]])
        count, *sums = (_along(self._summed(centres, each, step), cell) for each in values)
        means = (_ratio(each, count) for each in sums)
        further = np.ones((1, 2 * round(FURTHER * cell) + 1), np.uint8)
        wider: Bools = cv2.dilate(in_row.astype(np.uint8), further) > 0
        return Row(step, self.upright, wider, count / np.float32(step**2), *means)

    def _letters(self, size: int) -> Bools:
        """Which pieces (n,) may be letters of a size."""
        height, width = self.extent.T
        letters: Bools = (height >= size) & (height < TALLEST * size) & (width <= BROADEST * height)
        return letters

    def _summed(self, places: npt.NDArray[Any], values: npt.NDArray[np.float64], step: int) -> Floats:
        """Sum up the values of some pixels (n, 2) in cells of `step`."""
        shape = tuple(-(-side // step) for side in self.shape)
        cells = np.bincount(
            np.ravel_multi_index(tuple((places // step).T), shape), values, int(np.prod(shape))
        )
        return cells.reshape(shape).astype(np.float32)


@dataclass(frozen=True)
class Row:
    """Rows of letters of about one size, laid along the second axis, in cells of `step` pixels: (h, w) each.

    upright: whether the photo's axes are exchanged; in_row: where the rows are; count: how densely letters
    stand around each cell; height, top, bottom, half_width: in pixels, what those have in the mean.
    """

    step: int
    upright: bool
    in_row: Bools
    count: Floats
    height: Floats
    top: Floats
    bottom: Floats
    half_width: Floats

    def covers(self, shape: tuple[int, int]) -> Bools:
        """Where the rows are in a photo of this shape (h, w)."""
        cells: Bools = self.in_row.T if self.upright else self.in_row
        whole: Bools = cells.repeat(self.step, 0).repeat(self.step, 1)[: shape[0], : shape[1]]
        return whole


def covered_by(rows: Sequence[Row], shape: tuple[int, ...]) -> Bools:
    """Where any of some rows, of which there is one at least, is in a photo of this shape (h, w)."""
    where: Bools = np.logical_or.reduce([row.covers((shape[0], shape[1])) for row in rows])
    return where


def _along(cells: Floats, cell: float, across: float = ACROSS) -> Floats:
    """Spread over what is in line, and heights `across`; cell: cells that the smallest letter is high."""
    return cv2.GaussianBlur(cells, (0, 0), sigmaX=ALONG * cell, sigmaY=across * cell).astype(np.float32)


def _ratio(of: Floats, to: Floats) -> Floats:
    return np.divide(of, np.maximum(to, np.float32(1e-9)), dtype=np.float32)


def _step(size: int) -> int:
    """Side in pixels of a cell, of which CELLS are about as high as the smallest letter."""
    return GRID * max(1, round(size / (CELLS * GRID)))


def _in_row(count: Floats, cell: float) -> Bools:
    """Where FEWEST letters stand in line, over the whole height of them.

    count: (h, w) letters whose centre is in each cell; cell: cells that the smallest letter is high.
    """
    window = int(REACH * cell) | 1, round(cell) | 1
    near = cv2.boxFilter(count, -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
    middle = (near > FEWEST - 0.5).astype(np.uint8)
    whole: Bools = cv2.dilate(middle, np.ones((round(TALLEST * cell) | 1, CELLS), np.uint8)) > 0
    return whole


def has_rows(found: Bools) -> bool:
    """Say whether letters, damage (h, w) of about one height, stand in a row anywhere."""
    return any(True for _ in _rows(found))


def _rows(found: Bools) -> Iterator[tuple[_Pieces, int, Bools]]:
    """Yield pieces as laid, size of letters and cells in a row, for each way and size that has rows."""
    if not found.any():
        return
    level = _Pieces.of(found)
    for pieces in (level, level.turned()):
        for size in SIZES:
            in_row = pieces.rows_of(size)
            if in_row is not None:
                yield pieces, size, in_row


def letters_in_rows(found: Bools) -> list[Row]:
    """Measure the letters among what was found (h, w), for each size and way in which they make rows."""
    rows = list(_rows(found))
    if not rows:
        return []
    _, _, half_width = measured_pieces(found)
    return [pieces.letters_around(size, in_row, half_width) for pieces, size, in_row in rows]


def likelier_in_rows(found: Bools) -> Floats | None:
    """Log-odds by which damage is likelier, in line with letters that were found; None where there is no row.

    found: (h, w). Returns float32, a value for each square of GRID pixels. Rows run level or upright.
    """
    height, width = (-(-side // GRID) for side in found.shape)
    result: Floats | None = None
    for pieces, size, in_row in _rows(found):
        likelier = pieces.likelier(size, in_row)
        plane: Floats = likelier.T if pieces.upright else likelier
        plane = cv2.resize(plane, (width, height)).astype(np.float32)
        result = plane if result is None else np.maximum(result, plane)
    return result


def cut_in_rows(probability: Floats, how: Cleanup, likelier: Floats) -> Bools:
    """Cut out as `hysteresis` does, by thresholds that are lower by as much as damage is likelier.

    probability: (h, w); likelier: see `likelier_in_rows`. Returns (h, w).
    """
    seeds, candidates = (np.empty(probability.shape, np.bool_) for _ in range(2))
    for top in range(0, len(probability), BAND):
        rows = slice(top, top + BAND)
        part = likelier[top // GRID : (top + BAND) // GRID].repeat(GRID, 0).repeat(GRID, 1)
        part = part[: len(probability) - top, : probability.shape[1]]
        for threshold, reached in ((how.high, seeds), (how.low, candidates)):
            reached[rows] = probability[rows] >= lowered(threshold, part)
    return pieces_with(seeds, candidates, how.min_size)
