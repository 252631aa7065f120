"""What training minimises."""

from __future__ import annotations

from torch import Tensor

SMALLEST_ERROR = 1e-4
"""Squared error (40 dB) below which a picture that is restored well hardly counts further."""
LOG_SCALE = 1e-3
"""Brings the logarithm to the size of squared errors."""


def masked_squared_error(restored: Tensor, truth: Tensor, valid: Tensor, hole: float, known: float) -> Tensor:
    """Mean squared error over all pixels and channels, damaged and known ones weighted apart.

    restored, truth: float32 (n, 3, h, w) in 0..1; valid: (n, 1, h, w), 1 = known. With both weights 1 it is
    the plain mean squared error; with ``known`` 0 it is the error of the composite, into which known pixels
    are pasted back.
    """
    weight = known * valid + hole * (1 - valid)
    return ((restored - truth).square() * weight).mean()


def log_squared_error(restored: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Mean over pictures of the logarithm of each one's squared error under the hole.

    Where quality is the mean of decibels over photos, every photo counts alike, a smooth one as much as a
    busy one; this loss says the same (the PSNR loss of Chen et al. 2022, "Simple Baselines for Image
    Restoration"). Shapes and ranges as in `masked_squared_error`. A picture without a hole counts as 0.
    """
    hole = 1 - valid
    error = ((restored - truth).square() * hole).sum((1, 2, 3)) / (3 * hole.sum((1, 2, 3))).clamp_min(1)
    return (error / SMALLEST_ERROR).log1p().mean() * LOG_SCALE
