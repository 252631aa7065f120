"""The tint of a photo: what colour it usually has at each brightness. Prints of one hue keep to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

MOST_SPREAD = 0.012
"""Typical distance (0..1) of a pixel's colour from what is usual at its brightness, with noise."""
SIDE = 256
"""Pixels of the longer side, at most, of a photo in small."""
LEVELS = 32
"""Levels of brightness at which colours are compared."""

Values = npt.NDArray[np.floating[Any]]


def in_small(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Average (h, w) or (h, w, 3) float32 to SIDE, so that noise goes."""
    height, width = plane.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Tint:
    """The usual colour at each level of brightness that a photo has.

    brightness: (k,) rising, 0..1; difference: (k, 3), how far each channel is from it; spread: how far pixels
    typically are from their level's usual colour, in red and blue.
    """

    brightness: npt.NDArray[np.float64]
    difference: npt.NDArray[np.float64]
    spread: float

    @classmethod
    def of(cls, colours: Values) -> Tint:
        """Measure pixels (n, 3) in 0..1, at least one of them.

        At each level the differences are compared with their mean there, so that a print whose shadows and
        lights are tinted differently keeps to its tint as well.
        """
        brightness = colours.mean(axis=1)
        level = np.minimum((brightness * LEVELS).astype(np.intp), LEVELS - 1)
        count = np.bincount(level, minlength=LEVELS)
        usual = np.stack(
            [np.bincount(level, each - brightness, LEVELS) / count.clip(1) for each in colours.T], axis=1
        )
        apart = np.abs(colours - brightness[:, None] - usual[level])[:, [0, 2]]
        middle = np.bincount(level, brightness, LEVELS) / count.clip(1)
        return cls(middle[count > 0], usual[count > 0], float(apart.mean()))

    @property
    def one_hue(self) -> bool:
        """Whether it is that of a print of one hue, black and white or sepia."""
        return self.spread <= MOST_SPREAD

    def at(self, brightness: Values) -> npt.NDArray[np.float64]:
        """The usual colours (n, 3) of some brightness (n,), between levels in proportion."""
        differences = [np.interp(brightness, self.brightness, each) for each in self.difference.T]
        colours: npt.NDArray[np.float64] = brightness[:, None] + np.stack(differences, axis=1)
        return colours
