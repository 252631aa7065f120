"""What training minimises."""

from __future__ import annotations

from torch import Tensor


def masked_squared_error(restored: Tensor, truth: Tensor, valid: Tensor, hole: float, known: float) -> Tensor:
    """Mean squared error over all pixels and channels, damaged and known ones weighted apart.

    restored, truth: float32 (n, 3, h, w) in 0..1; valid: (n, 1, h, w), 1 = known. With both weights 1 it is
    the plain mean squared error; with ``known`` 0 it is the error of the composite, into which known pixels
    are pasted back.
    """
    weight = known * valid + hole * (1 - valid)
    return ((restored - truth).square() * weight).mean()
