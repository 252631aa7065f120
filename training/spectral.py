"""A first guess that continues textures: iterative shrinkage of the tile's spectrum.

A periodic structure (a fence, bricks, windows) is a few peaks in the spectrum, whatever hole is in it. As in
frequency selective reconstruction (Seiler and Kaup 2010), the picture is looked for that agrees with the
known pixels, near ones most, and has the sparsest spectrum; but by iterative shrinkage with momentum (Beck
and Teboulle 2009, equations 4.1 to 4.3), which takes few steps, all of them products of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.layers import distance_from

SIDE = 32
FREQUENCIES = 40
"""Of each direction; more than the side, so that waves need not fit the tile a whole number of times."""
FADE = 0.35
"""How fast the weight of a known pixel falls with its distance from the hole, per pixel ..."""
REACH = 8
"""... up to this distance, from which on it falls no further."""
MOMENTUM = (0.0, 1.11, 0.94, 0.79, 0.71, 0.69, 0.66, 0.52, 0.48, 0.80, 1.67, 0.80)
"""Of each iteration, as gradient descent on tiles of photos found them; 0.1 to 0.4 dB more than (4.2)."""
FIRST_THRESHOLD, LAST_THRESHOLD = 0.6, 0.005


class SpectralGuess(nn.Module):
    """Fills the hole of 32x32 tiles with waves that continue what is known around it; nothing is learned."""

    analysis_rows: Tensor
    analysis_columns: Tensor
    synthesis_rows: Tensor
    synthesis_columns: Tensor
    thresholds: Tensor

    def __init__(self) -> None:
        super().__init__()
        with torch.device("cpu"):  # constants have values even where a network is built without memory
            constants = {**_transforms(), "thresholds": _thresholds()}
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    @torch.no_grad()
    def forward(self, photo: Tensor, valid: Tensor) -> Tensor:
        """Look for the waves that explain what is known.

        photo: float32 (n, c, h, w) in 0..1, values under the hole do not matter; valid: (n, 1, h, w), 1 =
        known; h and w multiples of 32: each 32x32 tile is explained by what is known in itself. Returns the
        waves' sum everywhere, in about 0..1: beside the hole it comes near the photo, far from it less so. It
        is 0 in a tile in which nothing is known.
        """
        return explain_tiles(photo, valid, self._shrink, FADE, REACH)

    def _shrink(self, known: Tensor, weight: Tensor) -> Tensor:
        """Iterate from nothing; known: (n, c, 32, 32), the weighted picture. Returns the waves' sum."""
        spectrum = ahead = self._threshold(self._analyse(known), 0)
        for step, momentum in enumerate(MOMENTUM[1:], start=1):
            gradient = self._analyse(known - weight * self._synthesise(ahead))
            following = self._threshold(ahead + gradient, step)
            ahead = following + momentum * (following - spectrum)
            spectrum = following
        return self._synthesise(spectrum)

    def _threshold(self, spectrum: Tensor, step: int) -> Tensor:
        """Shrink each wave by a threshold, all its channels by one factor: (n, c, 2, rows, columns)."""
        size = spectrum.square().sum((1, 2), keepdim=True).clamp_min(1e-12).sqrt()
        return spectrum * functional.relu(1 - self.thresholds[step] / size)

    def _analyse(self, picture: Tensor) -> Tensor:
        """Pictures (n, c, 32, 32) to spectra (n, c, 2, rows, columns), real parts before imaginary ones."""
        n, c = picture.shape[:2]
        parts = (picture @ self.analysis_columns).view(n, c, SIDE, 2, -1).transpose(2, 3).flatten(2, 3)
        return (self.analysis_rows @ parts).view(n, c, 2, FREQUENCIES, -1)

    def _synthesise(self, spectrum: Tensor) -> Tensor:
        """Turn spectra back into pictures, the transpose of `_analyse` but for waves that stand for two."""
        n, c = spectrum.shape[:2]
        parts = self.synthesis_rows @ spectrum.flatten(2, 3)
        return parts.view(n, c, 2, SIDE, -1).transpose(2, 3).flatten(3, 4) @ self.synthesis_columns


def explain_tiles(
    picture: Tensor,
    valid: Tensor,
    explain: Callable[[Tensor, Tensor], Tensor],
    fade: float | Tensor,
    reach: int,
) -> Tensor:
    """Explain each 32x32 tile by what is known in it, near the hole most, with its mean taken off meanwhile.

    explain: weighted tiles and their weights to the waves' sum. The weight of a known pixel is 1 beside the
    hole and falls by `fade` a pixel up to the distance `reach`; in the hole it is 0.
    """
    with torch.autocast(picture.device.type, enabled=False):
        tiles, known = _to_tiles(picture.float()), _to_tiles(valid.float())
        beyond = distance_from(1 - known, reach + 1) - known  # 0 for the known pixels right beside the hole
        weight = known * torch.exp(-fade * beyond)
        total = weight.sum((2, 3), keepdim=True).clamp_min(1e-3)
        mean = (tiles * weight).sum((2, 3), keepdim=True) / total
        return _from_tiles(explain((tiles - mean) * weight, weight) + mean, picture.shape)


def _to_tiles(picture: Tensor) -> Tensor:
    """Cut pictures (n, c, h, w), h and w multiples of 32, into tiles (n * tiles, c, 32, 32), by rows."""
    n, c, h, w = picture.shape
    grid = picture.reshape(n, c, h // SIDE, SIDE, w // SIDE, SIDE)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(-1, c, SIDE, SIDE)


def _from_tiles(tiles: Tensor, shape: torch.Size) -> Tensor:
    """Put the tiles of `_to_tiles` together again to pictures of this shape."""
    n, c, h, w = shape
    grid = tiles.view(n, h // SIDE, w // SIDE, c, SIDE, SIDE)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(n, c, h, w)


def _transforms() -> dict[str, Tensor]:
    """The real matrices of the two-dimensional Fourier transform of a tile padded to FREQUENCIES."""
    place = torch.arange(SIDE, dtype=torch.float64)
    rows, columns = torch.arange(FREQUENCIES), torch.arange(FREQUENCIES // 2 + 1)
    row_angle = 2 * math.pi / FREQUENCIES * rows[:, None] * place[None]
    column_angle = 2 * math.pi / FREQUENCIES * place[:, None] * columns[None]
    cos, sin = row_angle.cos(), row_angle.sin()
    across_cos, across_sin = column_angle.cos(), column_angle.sin()
    double = torch.full((len(columns), 1), 2.0, dtype=torch.float64)
    double[0] = double[-1] = 1
    size = 1 / FREQUENCIES
    return {
        "analysis_columns": torch.cat([across_cos, -across_sin], 1).float(),
        "analysis_rows": (size * torch.cat([torch.cat([cos, sin], 1), torch.cat([-sin, cos], 1)])).float(),
        "synthesis_rows": torch.cat([torch.cat([cos.T, -sin.T], 1), torch.cat([sin.T, cos.T], 1)]).float(),
        "synthesis_columns": (size * torch.cat([double * across_cos.T, -double * across_sin.T])).float(),
    }


def _thresholds() -> Tensor:
    """Falling from step to step, rising with the frequency as photos' spectra fall; none for the mean.

    Returns float32 (iterations, rows, columns).
    """
    along = torch.fft.fftfreq(FREQUENCIES)[:, None]
    across = torch.fft.rfftfreq(FREQUENCIES)[None]
    penalty = (0.1 + 2 * torch.sqrt(along**2 + across**2)) ** 1.3
    penalty = penalty / penalty.mean()
    penalty[0, 0] = 0
    levels = torch.logspace(math.log10(FIRST_THRESHOLD), math.log10(LAST_THRESHOLD), len(MOMENTUM))
    return math.sqrt(3) * FREQUENCIES / 20 * levels[:, None, None] * penalty
