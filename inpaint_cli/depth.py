"""Bit depths: what is looked at, and not kept, needs 8 bits a value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def eight_bits(values: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Return uint8 values of any shape: those of 16 bits without their lower eight, so that 65535 is 255."""
    return (values >> 8).astype(np.uint8) if values.dtype == np.uint16 else values.astype(np.uint8)
