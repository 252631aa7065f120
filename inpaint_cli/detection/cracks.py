"""Where a crack goes on: over a light face little is seen of it, but it is in line with the rest."""

from __future__ import annotations

import cv2

from inpaint_cli.detection.cleanup import pieces_with
from inpaint_cli.detection.detection import Bools, Floats
from inpaint_cli.detection.odds import log_odds

STANDS_OUT = 2.0
"""Log-odds by which damage has to be likelier along a crack than within half WIDEST on both sides of it."""
FAINTEST = -4.0
"""Log-odds of damage below which no crack goes on."""
WIDEST = 9
"""Diameter in pixels of a disc that goes into no crack."""
SMOOTHED = 0.7
"""Standard deviation in pixels over which log-odds are averaged first."""


def continued(cracks: Bools, probability: Floats) -> Bools:
    """Return cracks (h, w) with all that, connected (8) with them, stands out as a ridge of probability."""
    if not cracks.any():
        return cracks
    odds = cv2.GaussianBlur(log_odds(probability), (0, 0), sigmaX=SMOOTHED)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WIDEST, WIDEST))
    ridge = odds - cv2.morphologyEx(odds, cv2.MORPH_OPEN, disc) >= STANDS_OUT
    further: Bools = ridge & (odds > FAINTEST)
    return pieces_with(cracks, cracks | further)
