"""Transparency: what becomes of transparent pixels that were damage."""

from __future__ import annotations

import numpy as np

from inpaint_cli.depth import in_lower_half
from inpaint_cli.photos.photo import Bools, Pixels


def filled_alpha(alpha: Pixels, mask: Bools) -> Pixels:
    """Return alpha (h, w) made opaque at masked pixels that were more than half transparent."""
    opaque = np.iinfo(alpha.dtype).max
    filled: Pixels = np.where(mask & in_lower_half(alpha), alpha.dtype.type(opaque), alpha)
    return filled


def stays_transparent(alpha: Pixels) -> bool:
    """Say whether some of alpha (h, w) is neither opaque nor made so by `filled_alpha`, whatever the mask."""
    return bool((~in_lower_half(alpha) & (alpha < np.iinfo(alpha.dtype).max)).any())


def is_opaque(alpha: Pixels) -> bool:
    """Say whether alpha (h, w) hides nothing, so that it can be left out."""
    return bool((alpha == np.iinfo(alpha.dtype).max).all())
