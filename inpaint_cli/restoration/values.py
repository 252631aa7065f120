"""Pixel values to the network's float32 in 0..1 and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
"""(height, width, channels) of uint8, uint16, or float32 in 0..1 (the coarser levels)."""
Mask = npt.NDArray[np.bool_]
"""(height, width), True = damaged."""
Floats = npt.NDArray[np.float32]

PHOTO_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16))


def largest(dtype: np.dtype[Any]) -> float:
    """Return the value that stands for white."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def to_floats(values: Pixels, out: Floats) -> None:
    """Write values as float32 in 0..1 into `out` of the same shape (or one that `values` broadcasts to)."""
    out[...] = values  # faster than to convert while multiplying
    out *= np.float32(1.0 / largest(values.dtype))


def floats_of(values: Pixels) -> Floats:
    """Return values of any shape as float32 in 0..1."""
    floats = np.empty(values.shape, dtype=np.float32)
    to_floats(values, floats)
    return floats


def from_floats(values: npt.NDArray[np.floating[Any]], dtype: np.dtype[Any]) -> Pixels:
    """Return values of 0..1 in a photo's dtype: clipped, scaled and rounded to the nearest."""
    clipped = np.clip(values, 0.0, 1.0)
    scaled: Pixels = clipped if dtype.kind == "f" else np.rint(clipped * largest(dtype))
    return scaled.astype(dtype)


def copy_where(wanted: Mask, values: Pixels, out: Pixels) -> None:
    """Copy the wanted (h, w) pixels of `values` into `out`, much faster than by a boolean index."""
    cv2.copyTo(values, wanted.view(np.uint8), out)
