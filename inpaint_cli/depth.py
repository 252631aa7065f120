"""What values of 8 and of 16 bits have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def eight_bits(values: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Return uint8 values of any shape: those of 16 bits without their lower eight, so that 65535 is 255."""
    return (values >> 8).astype(np.uint8) if values.dtype == np.uint16 else values.astype(np.uint8)


def in_lower_half(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say of uint8 or uint16 values of any shape which are less than half of their range: 0-127 of 255.

    Alpha there counts as transparent.
    """
    lower: npt.NDArray[np.bool_] = values < (np.iinfo(values.dtype).max + 1) // 2
    return lower
