"""A first guess that continues textures in a few learned steps, on brightness alone.

As `SpectralGuess`, it looks for the sparsest spectrum that agrees with the known pixels; but the thresholds
and the sizes of the steps are learned with the network that corrects the guess (LISTA: Gregor and LeCun 2010,
section 3), so that half as many steps suffice, and only the brightness is explained: colours seldom have a
texture of their own. It takes a small part of `SpectralGuess`'s time.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.spectral import FREQUENCIES, SIDE, explain_tiles

HALF = FREQUENCIES // 2 + 1
REACH = 4
"""Distance from the hole, in pixels, from which on the weight of a known pixel falls no further."""
FIRST_FADE = 0.6
FIRST_THRESHOLD, LAST_THRESHOLD = 2.0, 0.03
FIRST_MOMENTUM, FIRST_SIZE, FIRST_LEAP = 0.9, 1.3, 2.6
"""What the learned numbers begin with; the first step goes furthest, as it begins from nothing."""


class LearnedSpectralGuess(nn.Module):
    """Fills the hole of 32x32 tiles with waves that continue the brightness known around it."""

    basis: Tensor

    def __init__(self, steps: int) -> None:
        super().__init__()
        with torch.device("cpu"):  # constants have values even where a network is built without memory
            basis, thresholds = _cosines_and_sines(), _thresholds(steps)
        self.register_buffer("basis", basis, persistent=False)
        self.log_thresholds = nn.Parameter(thresholds.log())
        self.momentum = nn.Parameter(torch.full((steps,), FIRST_MOMENTUM))
        self.sizes = nn.Parameter(torch.tensor([FIRST_LEAP, *[FIRST_SIZE] * (steps - 1)]))
        self.fade = nn.Parameter(torch.tensor([FIRST_FADE]))

    def forward(self, luma: Tensor, valid: Tensor) -> Tensor:
        """Look for the waves that explain what is known.

        luma: float32 (n, 1, h, w) in 0..1, values under the hole do not matter; valid: (n, 1, h, w), 1 =
        known; h and w multiples of 32: each 32x32 tile is explained by what is known in itself. Returns the
        waves' sum everywhere, in about 0..1; 0 in a tile in which nothing is known.
        """
        return explain_tiles(luma, valid, self._explain, self.fade, REACH)

    def _explain(self, known: Tensor, weight: Tensor) -> Tensor:
        """Iterate from nothing; known: (n, 1, 32, 32), the weighted picture. Returns the waves' sum."""
        spectrum = ahead = self._shrink(self.sizes[0] * self._analyse(known), 0)
        for step in range(1, len(self.sizes)):
            gradient = self._analyse(known - weight * self._synthesise(ahead))
            following = self._shrink(ahead + self.sizes[step] * gradient, step)
            ahead = following + self.momentum[step] * (following - spectrum)
            spectrum = following
        return self._synthesise(spectrum)

    def _shrink(self, spectrum: Tensor, step: int) -> Tensor:
        """Shrink what belongs to one frequency of rows and columns, two waves of any phase, by one factor."""
        parts = spectrum.view(-1, 2, HALF, 2, HALF)
        size = parts.square().sum((1, 3), keepdim=True).clamp_min(1e-12).sqrt()
        threshold = self.log_thresholds[step].exp().view(1, 1, HALF, 1, HALF)
        return (parts * functional.relu(1 - threshold / size)).view(spectrum.shape)

    def _analyse(self, picture: Tensor) -> Tensor:
        """Pictures (n, 1, 32, 32) to spectra (n, 1, 2 * HALF, 2 * HALF), cosines before sines."""
        return self.basis @ (picture @ self.basis.T)

    def _synthesise(self, spectrum: Tensor) -> Tensor:
        """Turn spectra back into pictures: the transpose of `_analyse`, and its inverse."""
        return self.basis.T @ (spectrum @ self.basis)


def _cosines_and_sines() -> Tensor:
    """Waves of a side padded to FREQUENCIES, as float32 (2 * HALF, SIDE); its transpose is its inverse.

    Two of the sines are 0 everywhere; they are kept so that cosines and sines have the same shape.
    """
    angle = 2 * math.pi / FREQUENCIES * torch.outer(torch.arange(HALF), torch.arange(SIDE)).double()
    size = torch.full((HALF, 1), math.sqrt(2 / FREQUENCIES), dtype=torch.float64)
    size[0] = size[-1] = math.sqrt(1 / FREQUENCIES)
    sines = angle.sin() * size
    sines[0] = sines[-1] = 0
    return torch.cat([angle.cos() * size, sines]).float()


def _thresholds(steps: int) -> Tensor:
    """What the thresholds begin with: falling from step to step, rising with the frequency.

    Returns float32 (steps, HALF, HALF); next to nothing for the mean.
    """
    frequency = torch.arange(HALF) / FREQUENCIES
    penalty = (0.1 + 2 * torch.hypot(frequency[:, None], frequency[None])) ** 1.3
    penalty = penalty / penalty.mean()
    penalty[0, 0] = 1e-3
    levels = torch.logspace(math.log10(FIRST_THRESHOLD), math.log10(LAST_THRESHOLD), steps)
    return levels[:, None, None] * penalty
