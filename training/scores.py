"""Scores of restored pictures against the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SSIM_WINDOW = 7


@dataclass(frozen=True)
class Score:
    """Scores of one picture, or their means over many.

    error: mean over all pixels and channels of the squared difference in 0..1. psnr, ssim: over the damaged
    pixels alone, dB and 0..1.
    """

    error: float
    psnr: float
    ssim: float
    pictures: int = 1


def score(restored: Pixels, truth: Pixels, mask: Mask) -> Score:
    """Score one uint8 picture (h, w, 3); some pixel must be damaged."""
    difference = restored.astype(np.float64) - truth
    in_hole = max(float(np.mean(difference[mask] ** 2)), 1e-9)
    window = min(SSIM_WINDOW, *truth.shape[:2])
    window -= 1 - window % 2
    return Score(
        error=float(np.mean(difference**2)) / 255**2,
        psnr=float(10 * np.log10(255**2 / in_hole)),
        ssim=float(np.mean([_similarity(truth[..., c], restored[..., c], mask, window) for c in range(3)])),
    )


def _similarity(truth: Pixels, restored: Pixels, mask: Mask, window: int) -> float:
    """Mean structural similarity of one channel under the mask.

    A channel at a time saves memory on large photos.
    """
    if window < 3:
        return float(np.array_equal(truth[mask], restored[mask]))
    _, similarity = structural_similarity(truth, restored, full=True, win_size=window)  # type: ignore[no-untyped-call]
    return float(similarity[mask].mean())


def mean_score(scores: Iterable[Score]) -> Score:
    """Return the mean of each score over the pictures."""
    each = list(scores)
    if not each:
        raise ValueError("no scores to average")
    error, psnr, ssim = (
        float(np.mean([getattr(s, name) for s in each])) for name in ("error", "psnr", "ssim")
    )
    return Score(error, psnr, ssim, len(each))
