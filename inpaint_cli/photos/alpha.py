"""Transparency: what becomes of transparent pixels that were damage."""

from __future__ import annotations

import numpy as np

from inpaint_cli.photos.photo import Bools, Pixels


def filled_alpha(alpha: Pixels, mask: Bools) -> Pixels:
    """Return alpha (h, w) made opaque at masked pixels that were more than half transparent."""
    opaque = np.iinfo(alpha.dtype).max
    filled: Pixels = np.where(mask & _holes(alpha), alpha.dtype.type(opaque), alpha)
    return filled


def _holes(alpha: Pixels) -> Bools:
    holes: Bools = alpha < (np.iinfo(alpha.dtype).max + 1) // 2
    return holes
