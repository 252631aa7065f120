"""From a probability for each pixel to a mask: hysteresis, smallest size, growth."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import overload

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels
from inpaint_cli.errors import UsageError
from inpaint_cli.limits import MOST_GROWN

THIN = 11
"""Diameter in pixels of a disc that goes into nothing thin."""
LONG, FEWEST = 20, 20
"""Pixels of a long piece: at least so many times the square of half its width, and at least so many."""


@dataclass(frozen=True, kw_only=True)
class Cleanup:
    """How a mask is cut out of probabilities (0..1).

    high, low: damage begins where `high` is reached and goes on, connected, down to `low`.
    min_size: connected damage of fewer pixels is dropped.
    grow: pixels that the mask is widened by on every side, to cover the rim of what was found;
    where that has a hard edge, one less.
    Raises UsageError for numbers that make no sense.
    """

    high: float
    low: float
    min_size: int = 6
    grow: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise UsageError(f"thresholds must be 0 <= low <= high <= 1, not {self.low} and {self.high}")
        if self.min_size < 0:
            raise UsageError(f"--min-size {self.min_size} must not be negative")
        if not 0 <= self.grow <= MOST_GROWN:
            raise UsageError(f"--grow {self.grow} must be between 0 and {MOST_GROWN}")

    def laxer(self, by: float) -> Cleanup:
        """The same with thresholds that are lower by so much in log-odds; below 0: higher."""
        return replace(self, high=lowered(self.high, by), low=lowered(self.low, by))


@overload
def lowered(threshold: float, by: float) -> float: ...
@overload
def lowered(threshold: float, by: Floats) -> Floats: ...
def lowered(threshold: float, by: float | Floats) -> float | Floats:
    """Lower a probability threshold (between 0 and 1) by so much in log-odds, by each of an array its own."""
    odds = math.log(threshold / (1 - threshold)) - by
    return 1 / (1 + (np.exp(-odds) if isinstance(odds, np.ndarray) else math.exp(-odds)))


def clean_up(probability: Floats, how: Cleanup) -> Bools:
    """Cut the mask out of (h, w) probabilities, in the order hysteresis, smallest size, growth."""
    return grown(hysteresis(probability, how.high, how.low, how.min_size), how.grow)


def hysteresis(probability: Floats, high: float, low: float, min_size: int = 1) -> Bools:
    """Keep pieces (8-connected) of probability >= low that reach `high` and have `min_size` pixels."""
    return pieces_with(probability >= high, probability >= low, min_size)


def pieces_with(seeds: Bools, candidates: Bools, min_size: int = 1) -> Bools:
    """Keep connected (8) pieces of the candidates that hold a seed and have `min_size` pixels.

    seeds, candidates: (h, w); a seed that is no candidate counts for nothing.
    """
    if not seeds.any():
        return np.zeros(seeds.shape, np.bool_)
    _, pieces, statistics, _ = cv2.connectedComponentsWithStats(candidates.astype(np.uint8), connectivity=8)
    kept = np.zeros(len(statistics), np.bool_)
    kept[np.unique(pieces[seeds])] = True
    kept &= statistics[:, cv2.CC_STAT_AREA] >= min_size
    kept[0] = False
    found: Bools = kept[pieces]
    return found


def long_and_thin(mask: Bools, min_size: int = 0) -> Bools:
    """Keep what of a mask (h, w) is less than THIN pixels wide, in pieces that are far longer than wide.

    min_size: pixels that a piece has at least, where that is more than FEWEST.
    """
    plane = mask.astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (THIN, THIN))
    wide = cv2.morphologyEx(plane, cv2.MORPH_OPEN, disc)
    thin = mask & (cv2.dilate(wide, np.ones((5, 5), np.uint8)) == 0)
    pieces, area, half_width = measured_pieces(thin)
    kept = area >= np.maximum(LONG * half_width**2, max(FEWEST, min_size))
    kept[0] = False
    found: Bools = kept[pieces]
    return found


def measured_pieces(mask: Bools) -> tuple[Labels, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Label the connected (8) pieces of a mask (h, w), and measure each.

    Returns labels (h, w), 0 = none; by label (n,) the area in pixels, and half the width where it is widest.
    """
    plane = mask.astype(np.uint8)
    _, pieces, statistics, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
    labels, area = (np.asarray(each, np.int32) for each in (pieces, statistics[:, cv2.CC_STAT_AREA]))
    half_width = np.zeros(len(area))
    np.maximum.at(half_width, labels[mask], cv2.distanceTransform(plane, cv2.DIST_L2, 3)[mask])
    return labels, area, half_width


def grown(mask: Bools, by: int) -> Bools:
    """Widen a mask by a disc of this radius; 0 returns it as it is."""
    if by == 0 or not mask.any():
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(np.bool_)


def grown_from_hard_edge(mask: Bools, by: int) -> Bools:
    """Widen a mask that ends exactly where the damage does: by one less than what has a rim to cover."""
    return grown(mask, max(by - 1, 0))
