"""What `--sensitivity` means: one number from 0 to 1 that moves every threshold of a detector together."""

from __future__ import annotations

from inpaint_cli.detection.cleanup import lowered
from inpaint_cli.errors import UsageError

DEFAULT_SENSITIVITY = 0.5
"""Calibrated on photos of the validation set: misses a faint speck rather than touch an eye."""

REACH = 4.0
"""Log-odds: sensitivity 1 finds what is e^4 = 55 times less certain."""


def check_sensitivity(sensitivity: float) -> float:
    """Return it where it is in 0..1, else raise UsageError."""
    if not 0 <= sensitivity <= 1:
        raise UsageError(
            f"--sensitivity {sensitivity} must be between 0 (only the obvious) and 1 (every trace)"
        )
    return sensitivity


def moved(threshold: float, sensitivity: float) -> float:
    """Move a probability threshold by up to REACH in log-odds: up (stricter) below 0.5, down above it.

    At 0.5 it stays as it is.
    """
    return lowered(threshold, 2 * REACH * (sensitivity - DEFAULT_SENSITIVITY))
