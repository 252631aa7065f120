"""The partial convolution and the push-pull pyramid, against answers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from training.layers import PartialConv2d, ResidualBlock, push_pull


def layer_of_ones(bias: float = 0.0, stride: int = 1) -> PartialConv2d:
    layer = PartialConv2d(1, 1, stride=stride)
    with torch.no_grad():
        layer.convolution.weight.fill_(1.0)
        layer.bias.fill_(bias)
    return layer


def picture(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows).view(1, 1, len(rows), len(rows[0]))


def random_mask(seed: int, side: int = 16) -> Tensor:
    return (torch.rand(2, 1, side, side, generator=torch.Generator().manual_seed(seed)) > 0.4).float()


def test_missing_pixels_are_replaced_by_the_weight_of_the_known_ones() -> None:
    # The middle window sees 3 + 5 of nine pixels: W·(X⊙M) = 8, sum(1)/sum(M) = 9/2, so 8 · 4.5 + 0.25.
    answer, seen = layer_of_ones(bias=0.25)(
        picture([[3.0, 7.0, 7.0], [7.0, 7.0, 7.0], [7.0, 7.0, 5.0]]),
        picture([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    )
    assert answer[0, 0, 1, 1].item() == pytest.approx(36.25)
    assert seen.eq(1).sum() == 7, "only the two corners see no valid pixel"


def test_where_the_window_saw_nothing_answer_and_mask_are_zero() -> None:
    valid = torch.zeros(1, 1, 5, 5)
    valid[..., 0, 0] = 1
    answer, seen = layer_of_ones(bias=0.25)(torch.ones(1, 1, 5, 5), valid)
    assert answer[0, 0, 2:, 2:].eq(0).all()
    assert seen[0, 0].tolist() == [[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0] * 5, [0] * 5, [0] * 5]


def test_the_border_counts_as_missing() -> None:
    # A corner window holds four of nine pixels: 4 ones · 9/4 = 9, as in the middle.
    answer, _ = layer_of_ones()(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4))
    assert answer.flatten().tolist() == pytest.approx([9.0] * 16)


def test_with_nothing_missing_it_is_an_ordinary_convolution_away_from_the_border() -> None:
    layer = PartialConv2d(3, 4)
    photo = torch.rand(2, 3, 8, 8)
    answer, seen = layer(photo, torch.ones(2, 1, 8, 8))
    ordinary = functional.conv2d(photo, layer.convolution.weight, layer.bias)
    torch.testing.assert_close(answer[..., 1:-1, 1:-1], ordinary)
    assert seen.eq(1).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_values_under_the_hole_do_not_matter(seed: int) -> None:
    layer, valid = PartialConv2d(3, 4, stride=2), random_mask(seed)
    photo = torch.rand(2, 3, 16, 16)
    other = torch.where(valid > 0, photo, torch.rand_like(photo))
    torch.testing.assert_close(layer(photo, valid)[0], layer(other, valid)[0], rtol=0, atol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_mask_only_grows(seed: int) -> None:
    valid = random_mask(seed)
    _, seen = layer_of_ones()(torch.rand(2, 1, 16, 16), valid)
    assert (seen >= valid).all()
    assert set(seen.unique().tolist()) <= {0.0, 1.0}


def test_one_mask_a_channel_counts_every_channel() -> None:
    # Channel 1 is missing altogether: 9 ones of channel 0 stand for 18.
    layer = PartialConv2d(2, 1, mask_channels=2)
    with torch.no_grad():
        layer.convolution.weight.fill_(1.0)
    valid = torch.stack([torch.ones(3, 3), torch.zeros(3, 3)]).unsqueeze(0)
    answer, _ = layer(torch.ones(1, 2, 3, 3), valid)
    assert answer[0, 0, 1, 1].item() == pytest.approx(18.0)


def test_a_number_of_masks_that_fits_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="mask_channels must be 1 or 4"):
        PartialConv2d(4, 1, mask_channels=2)


def test_push_pull_keeps_known_pixels_and_fills_a_constant_picture_exactly() -> None:
    photo = torch.full((1, 3, 32, 32), 0.6)
    valid = torch.ones(1, 1, 32, 32)
    valid[..., 4:28, 6:20] = 0
    torch.testing.assert_close(push_pull(photo * valid, valid), photo)


def test_push_pull_averages_only_what_is_known() -> None:
    # Two known pixels of four: the coarser pixel is their mean, and so is all that is filled from it.
    photo = torch.zeros(1, 1, 32, 32)
    photo[..., 0, 0], photo[..., 0, 1] = 0.8, 0.4
    valid = (photo > 0).float()
    filled = push_pull(photo, valid)[valid == 0]
    torch.testing.assert_close(filled, torch.full_like(filled, 0.6))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_push_pull_stays_within_the_known_values(seed: int) -> None:
    valid = random_mask(seed, 32)
    photo = torch.rand(2, 3, 32, 32)
    filled = push_pull(photo, valid)
    assert filled[valid.expand_as(photo) > 0].equal(photo[valid.expand_as(photo) > 0])
    assert filled.min() >= 0
    assert filled.max() <= 1


def test_a_fresh_residual_block_changes_nothing() -> None:
    features = torch.rand(1, 8, 4, 4)
    torch.testing.assert_close(ResidualBlock(8)(features), features)
