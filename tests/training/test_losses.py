"""What training minimises, on values small enough to compute by hand."""

import math

import pytest
import torch

from training.layers import distance_from
from training.losses import (
    DEEPEST,
    LOG_SCALE,
    SMALLEST_ERROR,
    log_squared_error,
    pixel_weights,
    weighted_squared_error,
)

TRUTH = torch.zeros(1, 3, 2, 2)
HALF_VALID = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])


def plainly(valid: torch.Tensor, hole: float, known: float) -> torch.Tensor:
    return pixel_weights(valid, hole, known, depth_power=0.0, margin=1.0)


def test_weights_of_one_give_the_mean_squared_error() -> None:
    restored = torch.full((1, 3, 2, 2), 0.5)
    loss = weighted_squared_error(restored, TRUTH, plainly(HALF_VALID, 1.0, 1.0))
    assert loss.item() == pytest.approx(0.25)


def test_known_pixels_of_weight_zero_do_not_count() -> None:
    restored = torch.full((1, 3, 2, 2), 0.5)
    loss = weighted_squared_error(restored, TRUTH, plainly(HALF_VALID, 1.0, 0.0))
    assert loss.item() == pytest.approx(0.125)


def test_depth_is_the_way_to_the_nearest_known_pixel() -> None:
    valid = torch.tensor([1.0, 1, 0, 0, 0, 0, 0, 1]).view(1, 1, 1, 8)
    assert distance_from(valid, DEEPEST).flatten().tolist() == [0, 0, 1, 2, 3, 2, 1, 0]
    assert distance_from(torch.zeros(1, 1, 3, 3), DEEPEST).unique().tolist() == [DEEPEST]


def test_what_lies_deep_counts_less() -> None:
    valid = torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 0]).view(1, 1, 1, 8)
    weights = pixel_weights(valid, hole=2.0, known=0.5, depth_power=1.0, margin=1.0)
    expected = [0.5, 2, 1, 2 / 3, 1 / 2, 2 / 5, 1 / 3, 2 / 7]
    torch.testing.assert_close(weights.flatten(), torch.tensor(expected))


def test_the_margin_of_a_tile_counts_as_much_as_is_said() -> None:
    weights = pixel_weights(torch.ones(1, 1, 32, 32), hole=1.0, known=1.0, depth_power=0.0, margin=0.25)
    assert weights[0, 0, 4:28, 4:28].unique().tolist() == [1.0]
    assert weights.sum().item() == pytest.approx(24 * 24 + (32 * 32 - 24 * 24) / 4)


def test_the_logarithm_is_taken_of_each_pictures_error_under_the_hole() -> None:
    restored = torch.cat([torch.full((1, 3, 2, 2), 0.1), torch.full((1, 3, 2, 2), 0.2)])
    errors = [0.01, 0.04]
    expected = LOG_SCALE * sum(math.log1p(error / SMALLEST_ERROR) for error in errors) / 2
    loss = log_squared_error(restored, TRUTH.expand(2, -1, -1, -1), HALF_VALID.expand(2, -1, -1, -1))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_picture_without_a_hole_counts_as_zero() -> None:
    assert log_squared_error(TRUTH + 0.3, TRUTH, torch.ones(1, 1, 2, 2)).item() == 0.0
