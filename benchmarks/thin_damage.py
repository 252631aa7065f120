"""Thin damage of a wanted share, for photos of any size."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

THICKNESS = (1, 5)
"""In pixels, from and below."""
LONGEST = 800


def thin_mask(height: int, width: int, share: float, seed: int) -> Mask:
    """Draw straight scratches, 1-4 px wide and up to 800 px long, until `share` of the photo is damaged."""
    rng = np.random.default_rng(seed)
    drawing = np.zeros((height, width), np.uint8)
    wanted = max(1, round(share * drawing.size))
    longest = min(LONGEST, max(height, width))
    while (missing := wanted - cv2.countNonZero(drawing)) > 0.01 * wanted:
        this_time = missing / 2  # strokes overlap and their ends are round: come near in steps
        while this_time > 0:
            angle, length = rng.uniform(0, 2 * np.pi), min(rng.uniform(0.2, 1) * longest, this_time)
            start = rng.uniform((0, 0), (width, height))
            ends = np.round([start, start + length * np.array([np.cos(angle), np.sin(angle)])]).astype(int)
            thickness = int(rng.integers(*THICKNESS))
            cv2.line(drawing, ends[0].tolist(), ends[1].tolist(), 255, thickness)
            this_time -= max(1.0, length * thickness)
    return drawing > 0
