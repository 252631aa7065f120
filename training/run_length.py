"""How long a run is: a number of steps, or minutes by the clock."""

from __future__ import annotations

import math

from inpaint_cli.errors import UsageError

SHORTEST = 1e-9
"""Seconds: keeps a run that has just begun from dividing by 0."""


def is_over(step: int, steps: int, seconds: float, minutes: float | None) -> bool:
    """Whether all ``steps`` are done; where ``minutes`` are given, whether those are over."""
    return step >= steps if minutes is None else seconds >= minutes * 60


def expected_steps(step: int, steps: int, seconds: float, minutes: float | None) -> int:
    """Steps of the whole run; where the clock ends it, an estimate from the ``step`` reached so far."""
    if minutes is None:
        return steps
    if is_over(step, steps, seconds, minutes):
        return max(step, 1)
    return max(step + 1, round(step * minutes * 60 / max(seconds, SHORTEST)))


def check_minutes(minutes: float | None) -> None:
    """Raise UsageError where a run by the clock would have no time, or no end."""
    if minutes is not None and not 0 < minutes < math.inf:
        raise UsageError(f"--minutes {minutes:g} must be greater than 0, and a number of minutes")
