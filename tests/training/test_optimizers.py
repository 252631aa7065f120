"""Schedules by hand, the optimiser by what it promises."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaint_cli.errors import UsageError
from training.optimizers import Muon, orthogonalise, scheduled_rate, set_rate


def test_a_trapezoid_rises_stays_and_falls_over_the_last_quarter() -> None:
    rates = [scheduled_rate("trapezoid", step, 100, warmup=4) for step in (0, 3, 50, 75, 90, 99)]
    assert rates == pytest.approx([0.25, 1.0, 1.0, 1.0, 0.4, 0.04])


def test_a_cosine_is_half_way_down_in_the_middle() -> None:
    assert [scheduled_rate("cosine", step, 10) for step in (0, 5)] == pytest.approx([1.0, 0.5])


def test_a_constant_rate_stays() -> None:
    assert {scheduled_rate("constant", step, 10) for step in range(10)} == {1.0}


def test_an_unknown_schedule_lists_the_choices() -> None:
    with pytest.raises(UsageError, match="constant, cosine, trapezoid"):
        scheduled_rate("zigzag", 0, 1)


@pytest.mark.parametrize("shape", [(8, 8), (4, 36), (36, 4)])
def test_orthogonalising_brings_singular_values_near_one(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    singular = torch.linalg.svdvals(orthogonalise(matrix))
    assert singular.min() > 0.3
    assert singular.max() < 1.3


def test_a_kernel_moves_by_the_learning_rate_whatever_the_size_of_its_gradient() -> None:
    steps = []
    for scale in (1e-4, 1e4):
        kernel = nn.Parameter(torch.zeros(8, 4, 3, 3))
        kernel.grad = torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(0)) * scale
        Muon([kernel], lr=0.01).step()
        steps.append(kernel.detach())
    torch.testing.assert_close(steps[0], steps[1], rtol=1e-3, atol=1e-6)
    assert steps[0].square().mean().sqrt().item() == pytest.approx(0.01 * 0.2, rel=0.3)


def test_a_bias_takes_adams_first_step() -> None:
    bias = nn.Parameter(torch.zeros(3))
    bias.grad = torch.tensor([0.5, -2.0, 0.0])
    Muon([bias], lr=0.1).step()
    assert bias.tolist() == pytest.approx([-0.1, 0.1, 0.0], abs=1e-6)


def test_a_convolution_learns_the_identity() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 2, 3, padding=1)
    optimizer = Muon(layer.parameters(), lr=0.05)
    losses = []
    for step in range(60):
        pictures = torch.rand(16, 2, 8, 8)
        loss = (layer(pictures) - pictures).square().mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for group in optimizer.param_groups:
            group["lr"] = 0.05 * (1 - step / 60)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 20


def test_a_rate_may_be_a_tensor_which_a_recorded_step_reads_anew() -> None:
    moved = []
    for rate in (0.5, torch.tensor(0.5)):
        weight = nn.Parameter(torch.zeros(3))
        optimizer = Muon([weight], rate)
        set_rate(optimizer, 0.125)
        weight.grad = torch.ones(3)
        optimizer.step()
        moved.append(weight.tolist())

    assert moved[0] == pytest.approx([-0.125] * 3)  # the first step is as long as the rate
    assert moved[1] == pytest.approx(moved[0])
