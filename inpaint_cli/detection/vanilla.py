"""The blind detector: where the vanilla network's answer departs from what it was given."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inpaint_cli.backends import Network
from inpaint_cli.detection.cleanup import Cleanup, clean_up
from inpaint_cli.detection.detection import Detection, Floats, Pixels, as_colour
from inpaint_cli.detection.score import photo_score
from inpaint_cli.detection.windows import over_windows

WINDOW, MARGIN = 256, 32
USUAL_AROUND = 31
"""Side of the neighbourhood whose mean departure counts as usual: texture, which the network blurs."""
LEAST, SLOPE = 0.10, 0.025
"""A departure of LEAST (0..1) beyond the usual is as likely damage as not; SLOPE says how fast it changes."""


@dataclass(frozen=True)
class VanillaDetector:
    """Runs a blind network over the photo and takes what it changes most for damage."""

    network: Network
    cleanup: Cleanup
    clean_below: float = 0.0
    name: str = "vanilla"
    threads: int = 1

    @property
    def device(self) -> str:
        """Where the network really runs."""
        return self.network.device

    def find(self, pixels: Pixels) -> Detection:
        """Find the damage, see `Detector`."""
        photo = as_colour(pixels)
        restored = over_windows(
            {"photo": photo}, self.network, window=WINDOW, margin=MARGIN, threads=self.threads
        )
        probability = from_departure(np.abs(restored - photo).max(axis=2))
        mask = clean_up(probability, self.cleanup)
        score = photo_score(probability, mask)
        return Detection(mask & (score >= self.clean_below), probability, score)


def from_departure(departure: Floats) -> Floats:
    """Turn departures (h, w) in 0..1 into probabilities, robustly: the usual one around is taken off."""
    capped = np.minimum(departure, LEAST)
    usual = cv2.blur(capped, (USUAL_AROUND, USUAL_AROUND), borderType=cv2.BORDER_REFLECT)
    odds = (departure - 1.5 * usual - LEAST) / SLOPE
    return (1 / (1 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)
