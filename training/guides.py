"""What a coarser level would have given, for networks that refine it (`guide`)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

LARGEST_ERROR = 0.08
"""Standard deviation of the coarser level's simulated error at most, of values in 0..1."""


def coarse_guide(truth: Tensor, valid: Tensor, generator: torch.Generator) -> Tensor:
    """Simulate the coarser level's answer under the hole.

    What a level of half the size fills is at best the truth without its finest detail, often softer, and its
    tones drift. So each picture is reduced to 1/2, 1/4 or 1/8, enlarged again, and gets a smooth error.

    truth: float32 (n, 3, s, s) in 0..1, s a multiple of 8; valid: (n, 1, s, s), 1 = known. Returns the truth
    where it is known and the simulated answer under the hole, both in 0..1.
    """
    n, side, device = len(truth), truth.shape[-1], truth.device
    softened = [_enlarge(functional.avg_pool2d(truth, factor), side) for factor in (2, 4, 8)]
    kind = torch.rand((n, 1, 1, 1), generator=generator, device=device)
    coarse = torch.where(kind < 0.5, softened[0], torch.where(kind < 0.8, softened[1], softened[2]))
    size = torch.rand((n, 1, 1, 1), generator=generator, device=device).square() * LARGEST_ERROR
    error = torch.randn((n, 3, 4, 4), generator=generator, device=device) * size
    answer = (coarse + _enlarge(error, side)).clamp(0, 1)
    return torch.where(valid > 0, truth, answer)


def _enlarge(pictures: Tensor, side: int) -> Tensor:
    return functional.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False)
