"""One number for a whole photo: how sure it is that anything is damaged."""

from __future__ import annotations

import math

from inpaint_cli.detection.detection import Bools, Floats

CERTAIN = 0.99
"""Probability from which a pixel speaks for the whole photo: natural wires and edges rarely reach it."""
HALF_SURE = 0.0015
"""Share of certain pixels at which a photo is as likely damaged as not."""
STEEPNESS = 1.5


def photo_score(
    probability: Floats, found: Bools, *, certain: float = CERTAIN, half_sure: float = HALF_SURE
) -> float:
    """Return 0..1 from (h, w) probabilities and what hysteresis kept of them.

    The logistic of the logarithm of the share of pixels that were found and are certain; 0.5 where that
    share is `half_sure`.
    """
    share = certain_share(probability, found, certain)
    if share <= 0:
        return 0.0
    return 1 / (1 + math.exp(-STEEPNESS * math.log(share / half_sure)))


def certain_share(probability: Floats, found: Bools, certain: float) -> float:
    """The share (0..1) of a photo's pixels that were found and whose probability reaches `certain`."""
    return float((probability[found] >= certain).sum()) / probability.size
