"""Whether a photo has one hue, as black-and-white and sepia prints have: these are often old and damaged."""

from __future__ import annotations

import cv2
import numpy as np

from inpaint_cli.detection.detection import Floats

MOST_SPREAD = 0.012
"""Typical distance (0..1) of a pixel's colour from what is usual at its brightness, with noise."""
_LEVELS = 32
_SIDE = 256


def has_one_hue(photo: Floats) -> bool:
    """Say so of (h, w, 3) float32 RGB in 0..1, looked at in small, where noise is averaged away.

    At each level of brightness the colour differences are compared with their mean at that level, so that a
    print whose shadows and lights are tinted differently counts as well.
    """
    height, width = photo.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    brightness = small.mean(axis=2)
    level = np.minimum((brightness * _LEVELS).astype(np.intp), _LEVELS - 1).ravel()
    count = np.bincount(level, minlength=_LEVELS).clip(1)
    spread = np.zeros(level.shape)
    for channel in (0, 2):
        difference = (small[..., channel] - brightness).ravel()
        usual = np.bincount(level, difference, _LEVELS) / count
        spread += np.abs(difference - usual[level])
    return bool(np.mean(spread) / 2 <= MOST_SPREAD)
