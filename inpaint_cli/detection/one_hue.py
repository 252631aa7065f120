"""Whether a photo has one hue, as black-and-white and sepia prints have: these are often old and damaged."""

from __future__ import annotations

import cv2
import numpy as np

from inpaint_cli.detection.detection import Floats
from inpaint_cli.tint import Tint

_SIDE = 256


def has_one_hue(photo: Floats) -> bool:
    """Say so of (h, w, 3) float32 RGB in 0..1, looked at in small, where noise is averaged away."""
    height, width = photo.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return Tint.of(small.reshape(-1, 3)).one_hue
