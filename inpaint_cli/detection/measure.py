"""How good a detector is: precision, recall, F1 and the area under their curve, with a tolerance in pixels.

A found pixel is right where true damage is within the tolerance, and true damage is found where a found pixel
is: a mask that is a pixel too wide or a pixel off is as good for a restorer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.cleanup import grown
from inpaint_cli.detection.detection import Bools, Detection, Floats
from inpaint_cli.detection.odds import log_odds

TOLERANCE = 2
LEVELS = 200
"""Thresholds at which the precision-recall curve is taken, equally spaced in log-odds."""


@dataclass(frozen=True)
class PhotoScore:
    """One photo against its true mask. The curves count pixels at or above each of LEVELS thresholds."""

    precision: float
    recall: float
    f1: float
    area: float
    found_curve: npt.NDArray[np.float64]
    right_curve: npt.NDArray[np.float64]
    seen_curve: npt.NDArray[np.float64]
    damaged: int


@dataclass(frozen=True)
class KindScore:
    """Many photos: means of precision, recall and F1 over photos; one curve of all pixels."""

    photos: int
    precision: float
    recall: float
    f1: float
    area: float


def score_photo(detection: Detection, truth: Bools) -> PhotoScore:
    """Compare what was found with the true mask (h, w). Without damage, finding nothing scores 1."""
    near, probability = grown(truth, TOLERANCE), detection.probability
    precision, recall, f1 = _score(detection.mask, truth, near)
    reached = _largest_around(probability, TOLERANCE)
    found, right = _curve(probability), _curve(probability[near])
    seen = _curve(reached[truth])
    return PhotoScore(
        precision, recall, f1, _area(found, right, seen, truth.sum()), found, right, seen, int(truth.sum())
    )


def score_mask(mask: Bools, truth: Bools) -> tuple[float, float, float]:
    """Return precision, recall and F1 of a mask (h, w) alone."""
    return _score(mask, truth, grown(truth, TOLERANCE))


def _score(mask: Bools, truth: Bools, near: Bools) -> tuple[float, float, float]:
    """near: where a found pixel is right."""
    precision = _share((mask & near).sum(), mask.sum())
    recall = _share((truth & grown(mask, TOLERANCE)).sum(), truth.sum())
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def mean_score(scores: Sequence[PhotoScore]) -> KindScore:
    """Sum up the photos of one kind of damage."""
    found, right, seen = (
        np.asarray(np.sum([getattr(each, f"{name}_curve") for each in scores], axis=0), np.float64)
        for name in ("found", "right", "seen")
    )
    damaged = sum(each.damaged for each in scores)
    return KindScore(
        photos=len(scores),
        precision=float(np.mean([each.precision for each in scores])),
        recall=float(np.mean([each.recall for each in scores])),
        f1=float(np.mean([each.f1 for each in scores])),
        area=_area(found, right, seen, damaged),
    )


def _share(part: np.integer | int, whole: np.integer | int) -> float:
    """A share of nothing is 1: nothing was wrong."""
    return float(part) / float(whole) if whole else 1.0


def _largest_around(probability: Floats, radius: int) -> Floats:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(probability, disc).astype(np.float32)


def _curve(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Count the values at or above each threshold, from the highest threshold to the lowest."""
    odds = log_odds(probability)
    counts = np.histogram(odds, bins=LEVELS, range=(-14, 14))[0]
    curve: npt.NDArray[np.float64] = np.cumsum(counts[::-1]).astype(np.float64)
    return curve


def _area(
    found: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float64],
    damaged: int,
) -> float:
    """The area under the precision-recall curve, in steps (average precision)."""
    if not damaged:
        return 1.0
    precision = np.divide(right, found, out=np.ones_like(right), where=found > 0)
    recall = seen / damaged
    return float((np.diff(recall, prepend=0.0) * precision).sum())
