"""Pieces of one plain colour, each to its very edge: what is printed or drawn over a photo is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels

NEIGHBOURLY = 14
"""Difference (of 255) of two neighbours of one colour, at most."""
NEIGHBOURS = 2
"""So many neighbours of its colour has a pixel that a piece is begun from."""
SAME = 1.0
"""Difference (of 255) of two colours that are taken for one."""
SMALLEST = 3
"""Pixels of a piece, at least."""
_FREE, _TAKEN, _FILLED = 0, 1, 2
_FLOOD = 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (_FILLED << 8)

Signed = npt.NDArray[np.int16]
Box = tuple[slice, slice]


def plain_pieces(
    photo: Floats, chance: Floats, least: float, alike: int, largest: int, known: Labels | None = None
) -> Labels:
    """Label the connected pieces (8) of one colour that hold a likely pixel: (h, w), 0 = none.

    photo: (h, w, 3) in 0..1; chance: (h, w), the likeliest pixels are begun from first, down to `least`;
    alike: difference (of 255) of any channel from a piece's colour, up to which a pixel belongs to the piece;
    largest: pixels that a piece is wide and high, at most; known: labelled pieces (h, w), which are kept and
    to which others are added.
    """
    labels = np.zeros(chance.shape, np.int32) if known is None else known.copy()
    likely = chance >= least
    if likely.any():
        at = _box_around(likely, largest)
        chance = np.where(likely[at], chance[at], np.float32(0))
        _label(labels[at], photo[at], chance, alike, largest, first=int(labels.max()) + 1)
    return labels


def _box_around(likely: Bools, reach: int) -> Box:
    """The rows and columns that have anything likely, and so many pixels more on every side."""
    rows, columns = (np.flatnonzero(likely.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(rows[0] - reach, 0), rows[-1] + reach + 1),
        slice(max(columns[0] - reach, 0), columns[-1] + reach + 1),
    )


def _label(labels: Labels, photo: Floats, chance: Floats, alike: int, largest: int, *, first: int) -> None:
    """Label the pieces that hold a pixel with a chance above 0, from `first` on, see `plain_pieces`."""
    canvas = _Canvas.of(photo, labels > 0, alike, largest)
    neighbours, colours = _of_its_colour(canvas.pixels.astype(np.int16))
    rows, columns = np.nonzero((chance > 0) & (neighbours >= NEIGHBOURS))
    order = np.argsort(-chance[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    tried = labels > 0
    following = first
    for row, column, colour in zip(
        rows.tolist(), columns.tolist(), colours[rows, columns].tolist(), strict=True
    ):
        if tried[row, column]:
            continue
        tried[row, column] = True
        at, filled = canvas.piece_at((row, column), colour)
        tried[at] |= filled
        if np.count_nonzero(filled) >= SMALLEST and not canvas.is_too_large(filled):
            canvas.take(at, filled)
            labels[at][filled] = following
            following += 1


def _of_its_colour(signed: Signed) -> tuple[npt.NDArray[np.uint8], Floats]:
    """How many of its neighbours each pixel shares its colour with, (h, w), and the mean of all (h, w, 3)."""
    height, width = signed.shape[:2]
    count = np.zeros((height, width), np.uint8)
    total = signed.astype(np.float32)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = np.s_[: height - down, max(-right, 0) : width - max(right, 0)]
        other = np.s_[down:, max(right, 0) : width + min(right, 0)]
        same = np.abs(signed[one] - signed[other]).max(axis=2) <= NEIGHBOURLY
        for here, there in ((one, other), (other, one)):
            count[here] += same
            total[here] += signed[there] * same[..., None]
    return count, total / (count[..., None] + np.float32(1))


@dataclass(frozen=True, eq=False)
class _Canvas:
    """What is filled: pixels (h, w, 3) uint8, and whose each is, with a rim around that OpenCV wants.

    alike, largest: see `plain_pieces`.
    """

    pixels: npt.NDArray[np.uint8]
    state: npt.NDArray[np.uint8]
    alike: int
    largest: int

    @classmethod
    def of(cls, photo: Floats, taken: Bools, alike: int, largest: int) -> _Canvas:
        state = np.pad(np.where(taken, np.uint8(_TAKEN), np.uint8(_FREE)), 1, constant_values=_FREE)
        return cls(np.rint(photo * 255).astype(np.uint8), state, alike, largest)

    def piece_at(self, seed: tuple[int, int], colour: Sequence[float]) -> tuple[Box, Bools]:
        """Fill with a colour, and again with that of what was filled, unless it is the same or too large."""
        at, filled = self._flood(seed, colour)
        if np.count_nonzero(filled) > SMALLEST and not self.is_too_large(filled):
            own: list[float] = self.pixels[at][filled].mean(axis=0).tolist()
            if max(abs(one - other) for one, other in zip(colour, own, strict=True)) > SAME:
                return self._flood(seed, own)
        return at, filled

    def is_too_large(self, filled: Bools) -> bool:
        """Whether what was filled is higher or wider than a piece may be."""
        return bool(max(filled.shape) > self.largest)

    def take(self, at: Box, filled: Bools) -> None:
        """Let no other piece have these pixels."""
        self.state[1:-1, 1:-1][at][filled] = _TAKEN

    def _flood(self, seed: tuple[int, int], colour: Sequence[float]) -> tuple[Box, Bools]:
        """Fill what is connected with a seed, free and of the colour; a box, and what of it is filled."""
        row, column = seed
        here: list[int] = self.pixels[row, column].tolist()
        apart = [one - other for one, other in zip(here, colour, strict=True)]
        below, above = ([max(sign * each + self.alike, 0) for each in apart] for sign in (1, -1))
        _, _, _, (left, top, wide, tall) = cv2.floodFill(
            self.pixels, self.state, (column, row), 0, below, above, _FLOOD
        )
        at = slice(top, top + tall), slice(left, left + wide)
        within = self.state[1:-1, 1:-1][at]
        filled = within == _FILLED
        within[filled] = _FREE
        return at, filled
