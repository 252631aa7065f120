"""One number for a whole photo: how sure it is that anything is damaged."""

from __future__ import annotations

import math

import numpy as np

from inpaint_cli.detection.detection import Bools, Floats

HALF_SURE = 60.0
"""Certain pixels in the largest findings of a photo of one megapixel at which it counts as half sure."""
STEEPNESS = 1.5


def photo_score(probability: Floats, found: Bools) -> float:
    """Return 0..1 from (h, w) probabilities and what hysteresis kept of them.

    It counts the found pixels, each by how certain it is beyond 0.5, and takes the logistic of the logarithm
    of that count, relative to the root of the photo's size: ten times the pixels on a hundred times the photo
    weigh the same.
    """
    certainty = float((2 * probability[found] - 1).clip(0, None).sum())
    if certainty <= 0:
        return 0.0
    relative = certainty / (HALF_SURE * math.sqrt(probability.size / 1e6))
    return float(1 / (1 + np.exp(-STEEPNESS * math.log(relative))))
