"""What training minimises."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.layers import distance_from

SMALLEST_ERROR = 1e-4
"""Squared error (40 dB) below which a picture that is restored well hardly counts further."""
LOG_SCALE = 1e-3
"""Brings the logarithm to the size of squared errors."""
DEEPEST = 8
"""Pixels from the known, beyond which a damaged pixel counts no less."""
MARGIN = 4
"""Pixels along a tile's edge, which `restore` takes from a neighbouring tile where it can."""


def pixel_weights(valid: Tensor, hole: float, known: float, depth_power: float, margin: float) -> Tensor:
    """How much the squared error of each pixel counts.

    valid: (n, 1, h, w), 1 = known, which counts ``known``. A damaged pixel counts ``hole``, divided by its
    depth (pixels to the nearest known one, at most DEEPEST) to the power of ``depth_power``: what lies deep
    can't be known well, and its errors would outweigh all of those beside known pixels. The MARGIN along the
    edge counts ``margin`` times as much. Weights that depend on the mask alone leave the best answer for each
    pixel what it was, the mean of what it may be. Returns (n, 1, h, w).
    """
    weight = known * valid + hole * (1 - valid)
    if depth_power:
        weight = weight * distance_from(valid, DEEPEST).clamp_min(1).pow(-depth_power)
    if margin != 1:
        inside = torch.ones_like(valid[..., MARGIN:-MARGIN, MARGIN:-MARGIN])
        weight = weight * functional.pad(inside, [MARGIN] * 4, value=margin)
    return weight


def weighted_squared_error(restored: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Mean over all pixels and channels of the weighted squared error.

    restored, truth: float32 (n, 3, h, w) in 0..1; weight: (n, 1, h, w), see `pixel_weights`. With all weights
    1 it is the plain mean squared error; with 1 for damaged and 0 for known pixels it is the error of the
    composite, into which known pixels are pasted back.
    """
    return ((restored - truth).square() * weight).mean()


def log_squared_error(restored: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Mean over pictures of the logarithm of each one's squared error under the hole.

    Where quality is the mean of decibels over photos, every photo counts alike, a smooth one as much as a
    busy one; this loss says the same (the PSNR loss of Chen et al. 2022, "Simple Baselines for Image
    Restoration"). restored, truth: float32 (n, 3, h, w) in 0..1; valid: (n, 1, h, w), 1 = known. A picture
    without a hole counts as 0.
    """
    hole = 1 - valid
    error = ((restored - truth).square() * hole).sum((1, 2, 3)) / (3 * hole.sum((1, 2, 3))).clamp_min(1)
    return (error / SMALLEST_ERROR).log1p().mean() * LOG_SCALE
