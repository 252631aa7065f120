"""One number for a whole photo: how sure it is that anything is damaged."""

from __future__ import annotations

import math

from inpaint_cli.detection.detection import Bools, Floats

CERTAIN = 0.99
"""Probability from which a pixel speaks for the whole photo: natural wires and edges rarely reach it."""
HALF_SURE = 0.0015
"""Share of certain pixels at which a photo counts as half sure to be damaged."""
STEEPNESS = 1.5


def photo_score(probability: Floats, found: Bools) -> float:
    """Return 0..1 from (h, w) probabilities and what hysteresis kept of them.

    The logistic of the logarithm of the share of pixels that were found and are certain.
    """
    share = float((probability[found] >= CERTAIN).sum()) / probability.size
    if share <= 0:
        return 0.0
    return 1 / (1 + math.exp(-STEEPNESS * math.log(share / HALF_SURE)))
