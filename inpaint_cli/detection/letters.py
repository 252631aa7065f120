"""Letters of one plain colour in rows of print, to their very edge: also those that were missed.

A network finds most letters of a caption, overlooks those that are hardly to be told from what is behind,
and takes what is behind others along. But a letter is of one colour, as high as the others, and stands where
they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels
from inpaint_cli.detection.odds import log_odds
from inpaint_cli.detection.piece_pixels import AROUND, Places, around, mean_colours
from inpaint_cli.detection.plain import plain_pieces
from inpaint_cli.detection.print_rows import BROADEST, Row, covered_by

FEATURES = (
    "mean-odds", "highest-odds", "area", "height", "width", "stroke", "top", "bottom", "length", "letters",
    "rim", "rim-apart", "beyond", "beyond-apart", "beyond-far", "found", "odds-around", "hardness",
)  # fmt: skip
"""What is measured of a piece, in this order:

mean-odds, highest-odds: log-odds of damage of its pixels;
area: in pixels, as a logarithm;
height, width: as logarithms of multiples of the height of the letters around it; stroke: half the width of
its strokes, as a logarithm of multiples of theirs; top, bottom: how much lower than theirs, in heights;
length: logarithm of the area in squares of half the width of its strokes;
letters: how densely letters stand around it, as a logarithm;
rim, beyond: mean difference of the largest channel between the piece's colour and the pixels 1 and 2 away;
rim-apart, beyond-apart, beyond-far: shares of those that differ by APART, and by FAR;
found: share of the pixels beside it that were found; odds-around: mean log-odds of the pixels 2 away;
hardness: `rim` as a share of `beyond`, of all pieces in rows whose mean log-odds are CERTAIN or more.
"""
CONCEIVABLE = 0.03
"""Probability from which a letter is looked for at a pixel."""
TOLERANCES = (11, 7)
"""Differences (of 255) from a letter's colour that its pixels may have: what looks much like its surroundings
is apart from them with the smaller one only, and what is grainy holds together with the larger one only."""
TALLEST = 2.0
"""A piece that is higher than so many of the letters around it is none."""
APART, FAR = 0.08, 0.15
"""Differences (0..1) of a channel at which a piece has an edge."""
CERTAIN = 3.0
"""Mean log-odds from which a piece is a letter for sure."""
HARD = 0.97
"""Hardness from which letters have hard edges: those of 34 validation photos had 0.99 and more, soft ones
less than 0.94."""
WEIGHTS = Path(__file__).with_name("letter_weights.json")
"""Of the judge of letters that ships."""
_FEW = 1e-6

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Letters:
    """Pieces that may be letters.

    labels: (h, w), 0 = none; by label, 0 among them: features (n, len(FEATURES)), area in pixels (n,), and
    in_row (n,), whether there are letters around it to compare it with, upright (n,), whether in a row so.
    searched: (h, w) where they were looked for.
    """

    labels: Labels
    searched: Bools
    features: Floats
    area: Values
    in_row: Bools
    upright: Bools

    @property
    def hard(self) -> bool:
        """Whether letters have hard edges here."""
        return bool(self.features[0, FEATURES.index("hardness")] >= HARD)


def measured_letters(
    photo: Floats,
    probability: Floats,
    found: Bools,
    rows: Sequence[Row],
    earlier: Sequence[Letters] = (),
) -> Iterator[Letters]:
    """Measure what may be a letter in rows of them, for each of TOLERANCES.

    photo: (h, w, 3) in 0..1; probability, found: (h, w), the latter brought to the edge of the damage; rows:
    see `letters_in_rows`; without any there is nothing to measure; earlier: what this gave for fewer rows,
    whose pieces are measured anew.
    """
    if not rows:
        return
    highest = max(float(row.height[row.in_row].max()) for row in rows)
    largest = round(TALLEST * BROADEST * highest)
    covered, odds = covered_by(rows, found.shape), log_odds(probability)
    before = earlier[0].searched if earlier else np.zeros_like(found)
    chance = np.where(covered & ~before, probability, np.float32(0))
    known = [pieces.labels for pieces in earlier] if earlier else [None] * len(TOLERANCES)
    for alike, labels_before in zip(TOLERANCES, known, strict=True):
        labels = plain_pieces(photo, chance, CONCEIVABLE, alike, largest, labels_before)
        pieces = _Pieces.of(labels)
        placed, in_row, upright = pieces.in_rows(rows)
        mean_odds, highest_odds = pieces.odds(odds)
        rim = pieces.rim(photo, found, odds)
        hardness = _hardness(rim, pieces.area * (in_row & (mean_odds >= CERTAIN)))
        features = np.stack(
            [mean_odds, highest_odds, np.log(np.maximum(pieces.area, 1)), *placed, *rim, hardness]
        )
        yield Letters(labels, covered | before, features.T.astype(np.float32), pieces.area, in_row, upright)


def _hardness(rim: Sequence[Values], weight: Values) -> Values:
    """The `hardness` of FEATURES, the same for each piece (n,), from `rim` to `odds-around`."""
    beside, beyond = weight @ rim[0], weight @ rim[2]
    return np.full(len(weight), beside / beyond if beyond > 0 else 0.0)


@dataclass(frozen=True)
class _Pieces:
    """Labelled pieces: the place and owner of each pixel (m,); area and half the stroke's width (n,)."""

    labels: Labels
    places: Places
    owner: Labels
    area: Values
    half_width: Values

    @classmethod
    def of(cls, labels: Labels) -> _Pieces:
        rows, columns = np.nonzero(labels)
        owner = labels[rows, columns]
        area = np.bincount(owner, minlength=int(labels.max()) + 1).astype(np.float64)
        inner = np.ones(labels.shape, np.uint8)
        for down, right in AROUND:
            inner &= _moved(labels, down, right) == labels
        half_width = np.zeros(len(area))
        depth = cv2.distanceTransform(inner, cv2.DIST_L2, 3)
        np.maximum.at(half_width, owner, depth[rows, columns])
        return cls(labels, (rows, columns), owner, area, half_width + 1)

    def odds(self, odds: Floats) -> tuple[Values, Values]:
        """The mean and the highest log-odds of each piece (n,)."""
        inside = odds[self.places]
        highest = np.full(len(self.area), float(odds.min()))
        np.maximum.at(highest, self.owner, inside)
        return self._sum(self.owner, inside) / np.maximum(self.area, 1), highest

    def in_rows(self, rows: Sequence[Row]) -> tuple[list[Values], Bools, Bools]:
        """Compare size and place of each piece with those of the letters around it (n,).

        Returns height to `letters` of FEATURES, which pieces could be compared, and which of them in an
        upright row. Of several rows the one counts whose letters stand most densely around the piece.
        """
        count = len(self.area)
        first, end = np.full((2, count), np.iinfo(np.int32).max), np.zeros((2, count), np.int64)
        for axis, places in enumerate(self.places):
            np.minimum.at(first[axis], self.owner, places)
            np.maximum.at(end[axis], self.owner, places + 1)
        first[:, self.area == 0] = 0
        densest, placed, upright = np.zeros(count), np.zeros((5, count)), np.zeros(count, np.bool_)
        for row in rows:
            (top, left), (bottom, right) = (first[::-1], end[::-1]) if row.upright else (first, end)
            cells = (top + bottom) // 2 // row.step, (left + right) // 2 // row.step
            tall, wide = bottom - top, right - left
            fits = row.in_row[cells] & (row.count[cells] > densest) & (tall <= TALLEST * row.height[cells])
            height = np.maximum(row.height[cells], 1).astype(np.float64)
            stroke = np.maximum(row.half_width[cells], 0.5)
            compared = np.stack(
                [
                    np.log(np.maximum(tall, 1) / height), np.log(np.maximum(wide, 1) / height),
                    np.log(self.half_width / stroke),
                    (top - row.top[cells]) / height, (bottom - row.bottom[cells]) / height,
                ]
            )  # fmt: skip
            placed[:, fits] = compared[:, fits]
            densest[fits], upright[fits] = row.count[cells][fits], row.upright
        length = np.log(np.maximum(self.area, 1) / self.half_width**2)
        in_row = densest > 0
        in_row[0] = False
        return [*placed, length, np.log(densest + _FEW)], in_row, upright

    def rim(self, photo: Floats, found: Bools, odds: Floats) -> list[Values]:
        """Measure the edge of each piece (n,): `rim` to `odds-around` of FEATURES."""
        colour = mean_colours(self.owner, photo[self.places], len(self.area)).astype(np.float32)
        beside, beyond = (self._met(photo, found, odds, colour, away) for away in (1, 2))
        return [beside[0], beside[1], beyond[0], beyond[1], beyond[2], beside[3], beyond[4]]

    def _met(self, photo: Floats, found: Bools, odds: Floats, colour: Floats, away: int) -> list[Values]:
        """Mean difference, shares APART, FAR and found, and mean odds of what is so many pixels away (n,)."""
        met, difference, apart, far, were_found, their_odds = np.zeros((6, len(self.area)))
        for there, (rows, columns) in around(self.places, self.labels.shape, away):
            owner = self.owner[there]
            other = self.labels[rows, columns] != owner
            at, owner = (rows[other], columns[other]), owner[other]
            change = np.abs(photo[at] - colour[owner])
            furthest = np.maximum(np.maximum(change[:, 0], change[:, 1]), change[:, 2])
            met += self._sum(owner)
            difference += self._sum(owner, furthest)
            apart += self._sum(owner, furthest > APART)
            far += self._sum(owner, furthest > FAR)
            were_found += self._sum(owner, found[at])
            their_odds += self._sum(owner, odds[at])
        return [each / np.maximum(met, 1) for each in (difference, apart, far, were_found, their_odds)]

    def _sum(self, owner: Labels, values: npt.NDArray[np.generic] | None = None) -> Values:
        return np.bincount(owner, values, len(self.area)).astype(np.float64)


def _moved(labels: Labels, down: int, right: int) -> Labels:
    """The labels of the pixels that are so many rows and columns away; -1 beyond the photo."""
    height, width = labels.shape
    padded = np.pad(labels, 1, constant_values=-1)
    return padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
