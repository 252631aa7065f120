"""Moving averages by hand."""

from __future__ import annotations

import pytest
import torch

from training.averages import move_average


@pytest.mark.parametrize(("most", "step", "expected"), [(0.5, 1000, 6.0), (0.9, 0, 7.6), (0.0, 5, 8.0)])
def test_an_average_moves_less_the_higher_the_decay_and_counters_are_copied(
    most: float, step: int, expected: float
) -> None:
    average = {"weight": torch.tensor([4.0]), "batches": torch.tensor(3)}
    move_average(average, {"weight": torch.tensor([8.0]), "batches": torch.tensor(4)}, most, step)
    assert average["weight"].item() == pytest.approx(expected)
    assert average["batches"].item() == 4
