"""Transparency: which transparent pixels are damage, and what becomes of them."""

from __future__ import annotations

import numpy as np

from inpaint_cli.photos.photo import Bools, Page, Pixels


def alpha_holes(page: Page) -> Bools | None:
    """Return (h, w) True where the page is more than half transparent, None where it is so nowhere."""
    if page.alpha is None:
        return None
    holes = _holes(page.alpha)
    return holes if holes.any() else None


def filled_alpha(alpha: Pixels, mask: Bools) -> Pixels:
    """Return alpha (h, w) made opaque at masked pixels that were more than half transparent."""
    opaque = np.iinfo(alpha.dtype).max
    filled: Pixels = np.where(mask & _holes(alpha), alpha.dtype.type(opaque), alpha)
    return filled


def _holes(alpha: Pixels) -> Bools:
    holes: Bools = alpha < (np.iinfo(alpha.dtype).max + 1) // 2
    return holes
