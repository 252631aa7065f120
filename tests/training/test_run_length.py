"""How long a run is, by steps and by the clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inpaint_cli.errors import UsageError
from training.optimizers import check_rate
from training.run_length import check_minutes, expected_steps, is_over


@pytest.mark.parametrize(
    ("step", "seconds", "minutes", "over", "expected"),
    [
        (9, 1e9, None, False, 10),
        (10, 0.0, None, True, 10),
        (0, 0.0, 1.0, False, 1),
        (30, 15.0, 1.0, False, 120),
        (30, 59.9, 1.0, False, 31),
        (31, 60.0, 1.0, True, 31),
    ],
)
def test_steps_end_a_run_of_ten_and_the_clock_one_of_minutes(
    step: int, seconds: float, minutes: float | None, over: bool, expected: int
) -> None:
    assert is_over(step, 10, seconds, minutes) is over
    assert expected_steps(step, 10, seconds, minutes) == expected


@pytest.mark.parametrize("check", [check_minutes, check_rate])
@pytest.mark.parametrize("number", [0.0, -1.0, float("inf"), float("nan")])
def test_what_is_no_length_and_no_rate_is_refused(check: Callable[[float], None], number: float) -> None:
    with pytest.raises(UsageError, match="must be greater than 0"):
        check(number)
