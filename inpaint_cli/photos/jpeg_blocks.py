"""New DCT coefficients for the blocks that a mask touches, and for no other."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.photos.photo import Bools

Floats = npt.NDArray[np.float32]
_BLOCK = 8
_CENTRE = np.float32(128)
# Rows: Y, Cb, Cr of JFIF (ITU-R BT.601, full range), already centred on zero.
_YCBCR = np.array(
    [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]], np.float32
)


@cache
def dct_matrix() -> Floats:
    """The orthonormal 8x8 matrix C of the DCT: coefficients = C @ block @ C.T."""
    k, x = np.mgrid[0:_BLOCK, 0:_BLOCK]
    matrix = np.sqrt(2 / _BLOCK) * np.cos((2 * x + 1) * k * np.pi / (2 * _BLOCK))
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)


def touched_blocks(mask: Bools, factors: tuple[int, int], blocks: tuple[int, int]) -> Bools:
    """Return (rows, columns) True for each block of a component that covers a masked pixel.

    mask: (h, w); factors: rows and columns of pixels that one sample covers; blocks: rows and columns of
    blocks.
    """
    high, wide = _BLOCK * factors[0], _BLOCK * factors[1]
    padded = np.zeros((blocks[0] * high, blocks[1] * wide), np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(blocks[0], high, blocks[1], wide).any(axis=(1, 3)), np.bool_)


def gather(
    plane: npt.NDArray[Any],
    rows: npt.NDArray[np.intp],
    columns: npt.NDArray[np.intp],
    factors: tuple[int, int],
) -> npt.NDArray[Any]:
    """Cut out of (h, w, ...) what the blocks at `rows`, `columns` (n,) cover: (n, 8 * down, 8 * across, ...).

    Beyond the plane's edge its last row and column are repeated, as encoders do.
    """
    high, wide = _BLOCK * factors[0], _BLOCK * factors[1]
    y = np.minimum(rows[:, None] * high + np.arange(high), plane.shape[0] - 1)
    x = np.minimum(columns[:, None] * wide + np.arange(wide), plane.shape[1] - 1)
    cut: npt.NDArray[Any] = plane[y[:, :, None], x[:, None, :]]
    return cut


def component_samples(pixels: npt.NDArray[Any], component: int, *, ycbcr: bool) -> Floats:
    """Return one component of (..., 1|3) pixels, centred on zero, float32."""
    if pixels.shape[-1] == 1 or not ycbcr:
        return pixels[..., component].astype(np.float32) - _CENTRE
    samples: Floats = pixels.astype(np.float32) @ _YCBCR[component]
    return samples - _CENTRE if component == 0 else samples


def subsample(samples: npt.NDArray[np.float32], factors: tuple[int, int]) -> Floats:
    """Mean of each `factors` rectangle of (n, 8 * rows, 8 * columns): (n, 8, 8)."""
    n = samples.shape[0]
    mean: Floats = samples.reshape(n, _BLOCK, factors[0], _BLOCK, factors[1]).mean(
        axis=(2, 4), dtype=np.float32
    )
    return mean


def subsample_mask(mask: Bools, factors: tuple[int, int]) -> Bools:
    """A sample is masked when any pixel that it covers is."""
    rectangles = mask.reshape(mask.shape[0], _BLOCK, factors[0], _BLOCK, factors[1])
    return np.asarray(rectangles.any(axis=(2, 4)), np.bool_)


def new_coefficients(
    old: npt.NDArray[np.int16], table: npt.NDArray[np.int32], new: Floats, masked: Bools
) -> npt.NDArray[np.int16]:
    """Quantise blocks that take `new` samples where masked and keep the decoder's own elsewhere.

    old: (n, 64) quantised; table: (64,); new: (n, 8, 8) centred samples; masked: (n, 8, 8). Returns (n, 64).
    The kept samples come from the old coefficients, unclipped, so that requantising moves them as little as
    it can.
    """
    dct = dct_matrix()
    scale = table.astype(np.float32)
    kept = dct.T @ (old.astype(np.float32) * scale).reshape(-1, _BLOCK, _BLOCK) @ dct
    coefficients = (dct @ np.where(masked, new, kept) @ dct.T).reshape(-1, _BLOCK * _BLOCK)
    quantised: npt.NDArray[np.int16] = np.rint(coefficients / scale).clip(-1023, 1023).astype(np.int16)
    return quantised
