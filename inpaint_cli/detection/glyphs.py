"""Letters that run into something of exactly their colour, found by their shape.

Where a letter can't be told from what is behind it by colour, no edge is left to find it by. But print is set
from few shapes, pixel for pixel the same: one that was found is looked for along its row, wherever all pixels
that it would cover have one colour, and enough of those around it have another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Glyph:
    """A letter's shape: the row in which its box begins, and which pixels of the box (h, w) are its own."""

    top: int
    shape: Bools


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a glyph may stand: the column in which its box begins, and how plainly it stands out."""

    glyph: Glyph
    left: int
    plainness: float

    @property
    def box(self) -> tuple[slice, slice]:
        """The rows and columns of the glyph's box."""
        height, width = self.glyph.shape.shape
        return slice(self.glyph.top, self.glyph.top + height), slice(self.left, self.left + width)


def glyphs_of(labels: Labels, chosen: Bools) -> list[Glyph]:
    """The different shapes, with at least FEWEST pixels, of the chosen pieces (n,) of labels (h, w)."""
    rows, columns = np.nonzero(chosen[labels] & (labels > 0))
    order = np.argsort(labels[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    ends = np.flatnonzero(np.diff(labels[rows, columns])) + 1
    glyphs: dict[tuple[int, tuple[int, ...], bytes], Glyph] = {}
    for own_rows, own_columns in zip(np.split(rows, ends), np.split(columns, ends), strict=True):
        if len(own_rows) < FEWEST:
            continue
        top, left = int(own_rows.min()), int(own_columns.min())
        shape = np.zeros((int(own_rows.max()) - top + 1, int(own_columns.max()) - left + 1), np.bool_)
        shape[own_rows - top, own_columns - left] = True
        glyphs.setdefault((top, shape.shape, shape.tobytes()), Glyph(top, shape))
    return list(glyphs.values())


def standing_elsewhere(photo: Floats, odds: Floats, letters: Bools, glyphs: Sequence[Glyph]) -> Bools:
    """Where glyphs stand once more in their rows, (h, w), not over letters.

    photo: (h, w, 3) in 0..1; odds: (h, w) log-odds of damage; letters: (h, w) those that were found. The
    plainest of places that overlap is taken.
    """
    page = _Page(photo - np.float32(0.5), odds, letters)
    places = [place for glyph in glyphs for place in page.places(glyph)]
    taken = letters.copy()
    for place in sorted(places, key=lambda place: -place.plainness):
        there, shape = taken[place.box], place.glyph.shape
        if not (there & shape).any():
            there |= shape
    return taken & ~letters


@dataclass(frozen=True, eq=False)
class _Page:
    """What is searched, see `standing_elsewhere`; the photo's middle grey is 0, which keeps sums exact."""

    photo: Floats
    odds: Floats
    letters: Bools

    def places(self, glyph: Glyph) -> Iterator[_Place]:
        """Yield where along its row a glyph may stand."""
        at = slice(glyph.top, glyph.top + len(glyph.shape))
        mask = glyph.shape.astype(np.float32)
        size = float(mask.sum())
        colour = np.stack([_covered(self.photo[at][..., c], mask) / size for c in range(3)], axis=1)
        squares = np.stack([_covered(self.photo[at][..., c] ** 2, mask) / size for c in range(3)], axis=1)
        plain = (squares - colour**2).max(axis=1) <= SPREAD**2
        free = _covered(self.letters[at].astype(np.float32), mask) < 0.5
        likely = _covered(self.odds[at], mask) / size >= LEAST_ODDS
        for left in np.flatnonzero(plain & free & likely).tolist():
            edge = self._edge(glyph, left, colour[left])
            if edge >= EDGE:
                yield _Place(glyph, left, edge * float(np.log(size)))

    def _edge(self, glyph: Glyph, left: int, colour: Values) -> float:
        """Share of the pixels beside a glyph that are of another colour, and no letter's."""
        padded = np.pad(glyph.shape, 1)
        beside = (cv2.dilate(padded.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~padded
        rows, columns = np.nonzero(beside)
        rows, columns = rows + glyph.top - 1, columns + left - 1
        inside = (rows >= 0) & (columns >= 0) & (rows < len(self.letters)) & (columns < self.letters.shape[1])
        at = rows[inside], columns[inside]
        other = np.abs(self.photo[at] - colour).max(axis=1) > APART
        return float(np.count_nonzero(other & ~self.letters[at])) / len(rows)


def _covered(strip: Floats, mask: Floats) -> Values:
    """The sum of what a mask (h, w) covers of a strip (h, n), for each column that it may begin in."""
    sums: Values = cv2.matchTemplate(np.ascontiguousarray(strip), mask, cv2.TM_CCORR)[0].astype(np.float64)
    return sums
