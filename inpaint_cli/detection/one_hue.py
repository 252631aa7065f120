"""Whether a photo has one hue, as black-and-white and sepia prints have: these are often old and damaged."""

from __future__ import annotations

from inpaint_cli.detection.detection import Floats
from inpaint_cli.tint import Tint, in_small


def has_one_hue(photo: Floats) -> bool:
    """Say so of (h, w, 3) float32 RGB in 0..1, looked at in small, where noise is averaged away."""
    return Tint.of(in_small(photo).reshape(-1, 3)).one_hue
