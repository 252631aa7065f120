"""Pieces of what may be damage, measured: how each looks, and how it compares with the rest that was found.

A network says of each pixel how it looks. What it can't see is the photo as a whole: that all else that was
found are specks, so that a bright band is no damage; that there is as much detail everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.cleanup import grown, hysteresis, measured_pieces
from inpaint_cli.detection.detection import Bools, Floats, Labels
from inpaint_cli.detection.nearest import nearest_piece
from inpaint_cli.detection.odds import log_odds
from inpaint_cli.detection.piece_pixels import mean_colours

FEATURES = (
    "mean-odds", "highest-odds", "area", "half-width", "length", "roughness", "texture", "photo-texture",
    "contrast", "tint", "found", "alike", "photo-odds", "clutter", "kin", "company", "gap",
)  # fmt: skip
"""What is measured of a piece, in this order:

mean-odds, highest-odds: log-odds of damage of its pixels;
area, half-width: in pixels, as logarithms; length: logarithm of the area in squares of half the width;
roughness: spread of its brightness; texture: mean gradient within RING pixels around it; photo-texture: the
same of all that is undamaged; tint: difference in tint to its surroundings, all four as logarithms;
contrast: difference in brightness to its surroundings;
found: 1 where it was found, 0 where it only may be damage;
alike: how much of what is surely damaged is about as wide and long, as a logarithm of the share;
photo-odds: mean log-odds of all that is surely damaged;
clutter: share of POSSIBLE pixels within NEIGHBOURHOOD pixels around it, as a logarithm;
kin, company: how near the nearest surely damaged piece is, of about its colour and of any, 0 to 1;
gap: pixels to the nearest such piece, as a logarithm.
"""

WEIGHTS = Path(__file__).with_name("piece_weights.json")
"""Of the judge of pieces that ships."""

Values = npt.NDArray[np.float64]

APART = 2
"""Pixels that what else may be damage is away from what was found."""
RING, NEIGHBOURHOOD = 7, 20
"""Pixels from a piece's rim up to which its surroundings are looked at, and what else is near."""
BAND, MARGIN = 1024, 64
"""Rows of pixels that are looked at together, so that memory stays small, and how far they overlap."""
POSSIBLE = 0.05
"""Probability from which a pixel is clutter where it is near a piece."""
SURE_ODDS = 4.0
"""Mean log-odds at which a piece counts by half as surely damaged."""
NEAR, SAME_COLOUR = 16.0, 0.08
"""Pixels over which nearness falls to 1/e, and the difference in colour (0..1) over which kinship does."""
FAR = 2.0 * MARGIN
"""Pixels from which a gap counts as no nearness at all."""
_CELLS, _CELL, _SPREAD = (64, 64), (0.1, 0.2), (3.0, 2.5)
"""Alike pieces are counted in cells of half width and length, and spread over so many of these."""
_FAINT, _NOTHING = 0.01, 1e-7
"""Added before logarithms are taken, of values in 0..1 and of shares of a photo's pixels."""


@dataclass(frozen=True)
class Pieces:
    """labels: (h, w), 0 = no piece; features: (n, len(FEATURES)) by label, label 0 among them."""

    labels: Labels
    features: Floats

    def where(self, chosen: Bools) -> Bools:
        """Where the chosen pieces (n,) are, (h, w)."""
        chosen = chosen.copy()
        chosen[0] = False
        mask: Bools = chosen[self.labels]
        return mask

    @property
    def found(self) -> Bools:
        """Which pieces (n,) were found, and not only may be damage."""
        found: Bools = self.features[:, FEATURES.index("found")] > 0
        return found


def candidates(probability: Floats, found: Bools, high: float, low: float, min_size: int) -> Bools:
    """What may be damage beside what was found (h, w): less likely, and not connected with it."""
    apart = np.where(grown(found, APART), np.float32(0), probability)
    return hysteresis(apart, high, low, min_size)


def measured(photo: Floats, probability: Floats, found: Bools, more: Bools) -> Pieces:
    """Measure the connected pieces of what was found and of what else may be damage.

    photo: (h, w, 3) in 0..1; probability, found, more: (h, w), see `candidates`.
    """
    labels, area, half_width = measured_pieces(found | more)
    inside = _Inside.of(photo, probability, labels, len(area))
    was_found = np.zeros(len(area))
    was_found[np.unique(labels[found])] = 1
    sure = was_found / (1 + np.exp(SURE_ODDS - inside.mean_odds))
    around = _Around(inside, sure)
    for top in range(0, len(labels), BAND):
        first = max(top - MARGIN, 0)
        rows, inner = slice(first, top + BAND + MARGIN), slice(top - first, top - first + BAND)
        around.add(photo[rows], probability[rows], labels[rows], inner)
    width = np.log(np.maximum(half_width, 0.7))
    length = np.log(np.maximum(inside.size / np.maximum(half_width, 0.5) ** 2, 1))
    sure_area = sure * area
    photo_odds = (sure_area * inside.mean_odds).sum() / max(sure_area.sum(), 1e-6)
    surroundings = around.colour(inside.colour)
    grey, beside = inside.colour.mean(axis=1), surroundings.mean(axis=1)
    tint = np.abs((inside.colour - grey[:, None]) - (surroundings - beside[:, None])).max(axis=1)
    features = np.stack(
        [
            inside.mean_odds, inside.highest, np.log(inside.size), width, length, _log(inside.spread),
            _log(around.texture), np.full(len(area), _log(around.photo_texture)), np.abs(grey - beside),
            _log(tint), was_found, _alike(width, length, sure_area, labels.size),
            np.full(len(area), photo_odds), _log(around.clutter), around.kin, around.company,
            np.log1p(around.gap),
        ],
        axis=1,
    )  # fmt: skip
    features[0] = 0
    return Pieces(labels, features.astype(np.float32))


def _log(value: Values | float) -> Values:
    return np.log(np.asarray(value, np.float64) + _FAINT)


@dataclass(frozen=True)
class _Inside:
    """Of each piece (n,): pixels, mean and highest log-odds, mean colour (n, 3), spread of brightness."""

    size: Values
    mean_odds: Values
    highest: Values
    colour: Values
    spread: Values

    @classmethod
    def of(cls, photo: Floats, probability: Floats, labels: Labels, count: int) -> _Inside:
        piece = labels > 0
        each, pixels = labels[piece], photo[piece]
        odds = log_odds(probability[piece])
        size = np.maximum(np.bincount(each, minlength=count), 1).astype(np.float64)
        highest = np.full(count, odds.min(initial=0), np.float64)
        np.maximum.at(highest, each, odds)
        colour = mean_colours(each, pixels, count)
        squares = np.bincount(each, pixels.mean(axis=1) ** 2, count) / size
        spread = np.sqrt(np.maximum(squares - colour.mean(axis=1) ** 2, 0))
        return cls(size, np.bincount(each, odds, count) / size, highest, colour, spread)


class _Around:
    """What is around each piece, summed up band by band."""

    def __init__(self, inside: _Inside, sure: Values) -> None:
        """`sure`: (n,) how surely each piece is damaged, 0..1."""
        count = len(sure)
        self._piece_colour, self._sure = inside.colour, sure
        self._ring, self._gradient, self._near, self._clutter = np.zeros((4, count))
        self._ring_colour = np.zeros((count, 3))
        self._undamaged, self._undamaged_gradient = 0, 0.0
        self.kin, self.company = np.zeros((2, count))
        self.gap = np.full(count, FAR)

    @property
    def texture(self) -> Values:
        """Mean gradient in the ring of each piece (n,)."""
        return self._gradient / np.maximum(self._ring, 1)

    @property
    def photo_texture(self) -> float:
        """Mean gradient of all that is undamaged."""
        return self._undamaged_gradient / max(self._undamaged, 1)

    @property
    def clutter(self) -> Values:
        """Share of possible damage near each piece (n,)."""
        return self._clutter / np.maximum(self._near, 1)

    def colour(self, otherwise: Values) -> Values:
        """Mean colour in the ring of each piece (n, 3); `otherwise` where it has no ring."""
        mean = self._ring_colour / np.maximum(self._ring, 1)[:, None]
        return np.where(self._ring[:, None] > 0, mean, otherwise)

    def add(self, photo: Floats, probability: Floats, labels: Labels, inner: slice) -> None:
        """Add a band of rows, of which those of `inner` are counted; the others are counted with others."""
        away, nearest = nearest_piece(labels)
        grey = photo.mean(axis=2)
        gradient = np.hypot(*(cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, scale=0.25) for dx in (0, 1)))[inner]
        self._meet(away, nearest)
        photo, probability, away, nearest = photo[inner], probability[inner], away[inner], nearest[inner]
        undamaged = away > APART
        self._undamaged += int(np.count_nonzero(undamaged))
        self._undamaged_gradient += float(gradient[undamaged].sum(dtype=np.float64))
        near = undamaged & (away <= NEIGHBOURHOOD)
        self._near += self._sum(nearest[near])
        self._clutter += self._sum(nearest[near], probability[near] > POSSIBLE)
        ring = near & (away <= RING)
        beside, colours = nearest[ring], photo[ring]
        self._ring += self._sum(beside)
        self._gradient += self._sum(beside, gradient[ring])
        for channel in range(3):
            self._ring_colour[:, channel] += self._sum(beside, colours[:, channel])

    def _sum(self, each: Labels, values: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        return np.bincount(each, values, len(self._sure))

    def _meet(self, away: Floats, nearest: Labels) -> None:
        """Compare pieces whose nearest pixels meet: the gap between them is what both are away there."""
        for axis in (0, 1):
            before, after = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
            border = nearest[before] != nearest[after]
            one, other = nearest[before][border], nearest[after][border]
            gap = (away[before] + away[after])[border].astype(np.float64)
            apart = np.abs(self._piece_colour[one] - self._piece_colour[other]).max(axis=1, initial=0)
            nearness = np.exp(-gap / NEAR)
            kinship = nearness * np.exp(-((apart / SAME_COLOUR) ** 2))
            for piece, neighbour in ((one, other), (other, one)):
                sure = self._sure[neighbour]
                np.maximum.at(self.kin, piece, kinship * sure)
                np.maximum.at(self.company, piece, nearness * sure)
                np.minimum.at(self.gap, piece, np.where(sure > 0.5, np.minimum(gap, FAR), FAR))


def _alike(width: Values, length: Values, sure: Values, pixels: int) -> Values:
    """Logarithm of the share that other pieces of about this width and length have in all that is sure.

    width, length: logarithms (n,); sure: pixels of each piece that are surely damaged; pixels: of the photo.
    """
    place = tuple(
        np.clip((value / cell).astype(np.intp) + 4, 0, count - 1)
        for value, cell, count in zip((width, length), _CELL, _CELLS, strict=True)
    )
    counted, point = np.zeros((2, *_CELLS))
    np.add.at(counted, place, sure)
    point[_CELLS[0] // 2, _CELLS[1] // 2] = 1
    spread, peak = (
        cv2.GaussianBlur(plane, (0, 0), sigmaX=_SPREAD[1], sigmaY=_SPREAD[0], borderType=cv2.BORDER_CONSTANT)
        for plane in (counted, point)
    )
    others = np.maximum(spread[place] / peak.max() - sure, 0)
    alike: Values = np.log(others / pixels + _NOTHING) - np.log(sure.sum() / pixels + _NOTHING)
    return alike
