"""What every run must hold: settings that something can be learned with, and a loss that is a number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from torch import Tensor

from inpaint_cli.errors import UsageError
from training.optimizers import OPTIMIZERS, SCHEDULES, check_rate
from training.precision import PRECISIONS
from training.run_length import check_minutes

DIVERGED = "the loss is no number any more; lower --lr (what was saved before that stays as it is)"


def check_settings(
    *,
    counts: Mapping[str, int],
    minutes: float | None,
    learning_rate: float,
    optimizer: str,
    precision: str,
    schedule: str,
) -> None:
    """Raise UsageError for a run of no length, one that learns nothing, and for names that there are not.

    counts: what there must be at least one of, such as steps, by the name that a message gives it.
    """
    check_minutes(minutes)
    for name, count in counts.items():
        if count < 1:
            raise UsageError(f"{name} {count} must be at least 1")
    check_rate(learning_rate)
    for kind, chosen, known in (
        ("optimizer", optimizer, OPTIMIZERS),
        ("precision", precision, PRECISIONS),
        ("schedule", schedule, SCHEDULES),
    ):
        if chosen not in known:
            raise UsageError(f"no {kind} {chosen!r}; there are: {', '.join(known)}")


def check_losses(*losses: float) -> None:
    """Raise UsageError where a loss is infinite or no number: the run has diverged."""
    if not all(map(math.isfinite, losses)):
        raise UsageError(DIVERGED)


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether all values are numbers, none of them infinite."""
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
