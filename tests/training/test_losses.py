"""What training minimises, on values small enough to compute by hand."""

import math

import pytest
import torch

from training.losses import LOG_SCALE, SMALLEST_ERROR, log_squared_error, masked_squared_error

TRUTH = torch.zeros(1, 3, 2, 2)
HALF_VALID = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])


def test_weights_of_one_give_the_mean_squared_error() -> None:
    restored = torch.full((1, 3, 2, 2), 0.5)
    assert masked_squared_error(restored, TRUTH, HALF_VALID, 1.0, 1.0).item() == pytest.approx(0.25)


def test_known_pixels_of_weight_zero_do_not_count() -> None:
    restored = torch.full((1, 3, 2, 2), 0.5)
    assert masked_squared_error(restored, TRUTH, HALF_VALID, 1.0, 0.0).item() == pytest.approx(0.125)


def test_the_logarithm_is_taken_of_each_pictures_error_under_the_hole() -> None:
    restored = torch.cat([torch.full((1, 3, 2, 2), 0.1), torch.full((1, 3, 2, 2), 0.2)])
    errors = [0.01, 0.04]
    expected = LOG_SCALE * sum(math.log1p(error / SMALLEST_ERROR) for error in errors) / 2
    loss = log_squared_error(restored, TRUTH.expand(2, -1, -1, -1), HALF_VALID.expand(2, -1, -1, -1))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_picture_without_a_hole_counts_as_zero() -> None:
    assert log_squared_error(TRUTH + 0.3, TRUTH, torch.ones(1, 1, 2, 2)).item() == 0.0
