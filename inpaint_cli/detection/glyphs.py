"""Letters that run into something of exactly their colour, found by their shape.

Where a letter can't be told from what is behind it by colour, no edge is left to find it by. But print is set
from few shapes, pixel for pixel the same: one that was found is looked for along its row, wherever all pixels
that it would cover have one colour, and enough of those around it have another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels

FEWEST = 20
"""Pixels of a shape that is looked for, at least: smaller ones are found in anything."""
SPREAD = 5.5 / 255
"""Standard deviation of a channel that the pixels of a letter may have."""
APART, EDGE = 12 / 255, 0.4
"""Difference of a channel at which a pixel beside a letter is of another colour, and how many must be."""
LEAST_ODDS = -4.5
"""Mean log-odds of damage of a letter's pixels, at least."""
MIDDLE = np.float32(0.5)
"""Taken off before squares are summed up, which keeps their difference from the squared mean exact."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Glyph:
    """A letter's shape: the row in which its box begins, the box's height and width, its pixels as bytes."""

    top: int
    size: tuple[int, int]
    pixels: bytes

    @property
    def shape(self) -> Bools:
        """Which pixels of the box (h, w) are the letter's."""
        return np.frombuffer(self.pixels, np.bool_).reshape(self.size)


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a glyph may stand: the column in which its box begins, and how plainly it stands out."""

    glyph: Glyph
    left: int
    plainness: float

    @property
    def box(self) -> tuple[slice, slice]:
        """The rows and columns of the glyph's box."""
        height, width = self.glyph.size
        return slice(self.glyph.top, self.glyph.top + height), slice(self.left, self.left + width)


def glyphs_of(labels: Labels, chosen: Bools) -> list[Glyph]:
    """The different shapes, with at least FEWEST pixels, of the chosen pieces (n,) of labels (h, w)."""
    rows, columns = np.nonzero(chosen[labels] & (labels > 0))
    order = np.argsort(labels[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    ends = np.flatnonzero(np.diff(labels[rows, columns])) + 1
    glyphs: dict[Glyph, None] = {}
    for own_rows, own_columns in zip(np.split(rows, ends), np.split(columns, ends), strict=True):
        if len(own_rows) < FEWEST:
            continue
        top, left = int(own_rows.min()), int(own_columns.min())
        size = int(own_rows.max()) - top + 1, int(own_columns.max()) - left + 1
        shape = np.zeros(size, np.bool_)
        shape[own_rows - top, own_columns - left] = True
        glyphs[Glyph(top, size, shape.tobytes())] = None
    return list(glyphs)


def standing_elsewhere(photo: Floats, odds: Floats, letters: Bools, glyphs: Sequence[Glyph]) -> Bools:
    """Where glyphs stand once more in their rows, (h, w), not over letters.

    photo: (h, w, 3) in 0..1; odds: (h, w) log-odds of damage; letters: (h, w) those that were found. The
    plainest of places that overlap is taken.
    """
    page = _Page(photo, odds, letters)
    places = [place for glyph in dict.fromkeys(glyphs) for place in page.places(glyph)]
    taken = letters.copy()
    for place in sorted(places, key=lambda place: -place.plainness):
        there, shape = taken[place.box], place.glyph.shape
        if not (there & shape).any():
            there |= shape
    return taken & ~letters


@dataclass(frozen=True, eq=False)
class _Page:
    """What is searched, see `standing_elsewhere`."""

    photo: Floats
    odds: Floats
    letters: Bools

    def places(self, glyph: Glyph) -> list[_Place]:
        """Where along its row a glyph may stand."""
        at = slice(glyph.top, glyph.top + glyph.size[0])
        mask = glyph.shape.astype(np.float32)
        size = float(mask.sum())
        free = _covered(self.letters[at].astype(np.float32), mask) < 0.5
        likely = _covered(self.odds[at], mask) / size >= LEAST_ODDS
        if not (free & likely).any():
            return []
        strip = self.photo[at] - MIDDLE
        colour = np.stack([_covered(strip[..., c], mask) / size for c in range(3)], axis=1)
        squares = np.stack([_covered(strip[..., c] ** 2, mask) / size for c in range(3)], axis=1)
        plain = (squares - colour**2).max(axis=1) <= SPREAD**2
        lefts = np.flatnonzero(plain & free & likely)
        edges = self._edges(glyph, lefts, colour[lefts].astype(np.float32) + MIDDLE)
        return [
            _Place(glyph, left, edge * math.log(size))
            for left, edge in zip(lefts.tolist(), edges.tolist(), strict=True)
            if edge >= EDGE
        ]

    def _edges(self, glyph: Glyph, lefts: npt.NDArray[np.intp], colour: Floats) -> Values:
        """Share of the pixels beside a glyph that are of another colour (n, 3), and no letter's: (n,)."""
        padded = np.pad(glyph.shape, 1)
        beside = (cv2.dilate(padded.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~padded
        down, right = np.nonzero(beside)
        rows, columns = np.broadcast_arrays(down + glyph.top - 1, right + lefts[:, None] - 1)
        height, width = self.letters.shape
        inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
        at = rows.clip(0, height - 1), columns.clip(0, width - 1)
        other = np.abs(self.photo[at] - colour[:, None]).max(axis=2) > APART
        share: Values = (other & inside & ~self.letters[at]).mean(axis=1)
        return share


def _covered(strip: Floats, mask: Floats) -> Values:
    """The sum of what a mask (h, w) covers of a strip (h, n), for each column that it may begin in."""
    sums: Values = cv2.matchTemplate(np.ascontiguousarray(strip), mask, cv2.TM_CCORR)[0].astype(np.float64)
    return sums
