"""What a detector gives, and what every detector promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import PhotoError

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""(h, w), (h, w, 1) grey or (h, w, 3) RGB."""
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Detection:
    """What was found in one photo.

    mask: (h, w), True = damaged; all False where the photo counts as clean.
    probability: (h, w) float32 in 0..1, before thresholds; the mask's reason, to look at.
    score: of the whole photo, 0..1: how sure it is that something is damaged.
    """

    mask: Bools
    probability: Floats
    score: float

    @property
    def clean(self) -> bool:
        """Nothing is damaged: the photo should be kept as it is, byte for byte."""
        return not self.mask.any()


class Detector(Protocol):
    """Finds damage in pixels; pure, and safe from several threads."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def device(self) -> str:
        """Where its network really runs, "" where it has none."""
        ...

    def find(self, pixels: Pixels) -> Detection:
        """Find the damage in a photo: (h, w), (h, w, 1) or (h, w, 3), uint8 or uint16.

        Raises PhotoError for pixels that are not so, ModelError where its model fails.
        """
        ...


def as_colour(pixels: npt.NDArray[Any]) -> Floats:
    """Return a photo as float32 (h, w, 3) in 0..1, grey repeated. Raises PhotoError for what is no photo."""
    if pixels.dtype not in (np.uint8, np.uint16):
        raise PhotoError(f"pixels must be uint8 or uint16, not {pixels.dtype}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3)) or not pixels.size:
        raise PhotoError(f"pixels must be (height, width, 1 or 3) or (height, width), not {pixels.shape}")
    planes = pixels.reshape(*pixels.shape[:2], -1)
    scaled = np.multiply(planes, np.float32(1 / np.iinfo(pixels.dtype).max), dtype=np.float32)
    return scaled if planes.shape[2] == 3 else np.repeat(scaled, 3, axis=2)
