"""The classical detector: oriented top-hat and black-hat filters with hysteresis, without any learning.

As used for scratches on film and in old photos (Joyeux et al. 1999; Bruni and Vitulano 2004): what is narrow
and brighter (or darker) than its surroundings in every direction but its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.cleanup import Cleanup, clean_up
from inpaint_cli.detection.detection import Bools, Detection, Floats, Pixels, as_colour
from inpaint_cli.detection.score import photo_score

WIDEST = 9
"""Pixels: structures of at least this width are not looked for."""
ORIENTATIONS, LENGTH = 12, 21
LEAST, SLOPE = 6.0, 0.8
"""A response of LEAST times the photo's usual one is as likely damage as not."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class ClassicalDetector:
    """Morphology alone: needs no model."""

    cleanup: Cleanup
    clean_below: float = 0.0
    name: str = "classical"
    device: str = ""

    def find(self, pixels: Pixels) -> Detection:
        """Find the damage, see `Detector`."""
        grey = as_colour(pixels) @ GREY
        probability = from_response(np.maximum(oriented_hat(grey), oriented_hat(1 - grey)))
        mask: Bools = clean_up(probability, self.cleanup)
        score = photo_score(probability, mask)
        return Detection(mask & (score >= self.clean_below), probability, score)


def oriented_hat(grey: Floats) -> Floats:
    """Return how much bright structures narrower than WIDEST and as long as LENGTH stand out.

    grey and the answer: (h, w), 0..1.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WIDEST, WIDEST))
    hat = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, disc)
    longest = np.zeros_like(grey)
    for bar in bars():
        np.maximum(longest, cv2.morphologyEx(hat, cv2.MORPH_OPEN, bar), out=longest)
    return longest


def bars() -> list[npt.NDArray[np.uint8]]:
    """Straight structuring elements of LENGTH pixels in ORIENTATIONS directions."""
    result = []
    middle = LENGTH // 2
    for angle in np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS:
        bar = np.zeros((LENGTH, LENGTH), np.uint8)
        dx, dy = round(middle * np.cos(angle)), round(middle * np.sin(angle))
        cv2.line(bar, (middle - dx, middle - dy), (middle + dx, middle + dy), 1)
        result.append(bar)
    return result


def from_response(response: Floats) -> Floats:
    """Turn responses (h, w) into probabilities, relative to the photo's texture (mean of the lower 95 %)."""
    limit = np.quantile(response, 0.95)
    usual = float(response[response <= limit].mean()) + 0.01
    odds = (response / usual - LEAST) / SLOPE
    probability: Floats = (1 / (1 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)
    return probability
