"""Where the tiles go."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaint_cli.restoration.tiles import TILE, cut, place_tiles


def covered(shape: tuple[int, int], placement, core: int) -> np.ndarray:
    """What lies in the cores, which reach the photo's border where their tile does."""
    height, width = shape
    margin = (TILE - core) // 2
    seen = np.zeros(shape, bool)
    for top, left in zip(placement.tops.tolist(), placement.lefts.tolist(), strict=True):
        assert 0 <= top <= height - TILE
        assert 0 <= left <= width - TILE
        rows = slice(0 if top == 0 else top + margin, height if top == height - TILE else top + TILE - margin)
        columns = slice(
            0 if left == 0 else left + margin, width if left == width - TILE else left + TILE - margin
        )
        seen[rows, columns] = True
    return seen


@given(
    height=st.integers(32, 130),
    width=st.integers(32, 130),
    core=st.sampled_from([2, 16, 24, 32]),
    seed=st.integers(0, 999),
    share=st.sampled_from([0.001, 0.02, 0.3, 0.9]),
)
@settings(max_examples=80, deadline=None)
def test_every_target_is_in_the_core_of_a_tile(height, width, core, seed, share):
    targets = np.random.default_rng(seed).random((height, width)) < share
    assert covered((height, width), place_tiles(targets, core), core)[targets].all()


def tiles_for(targets: np.ndarray) -> int:
    return len(place_tiles(targets, 24))


def test_a_speck_takes_one_tile_with_the_speck_in_its_middle():
    targets = np.zeros((100, 100), bool)
    targets[50:55, 60:64] = True
    placement = place_tiles(targets, 24)
    assert (placement.tops.tolist(), placement.lefts.tolist()) == ([52 - 16], [62 - 16])


def test_a_speck_in_the_corner_takes_one_tile_inside_the_photo():
    targets = np.zeros((100, 100), bool)
    targets[98:, 97:] = True
    placement = place_tiles(targets, 24)
    assert (placement.tops.tolist(), placement.lefts.tolist()) == ([68], [68])


def test_specks_side_by_side_share_a_tile():
    targets = np.zeros((100, 100), bool)
    targets[40, 40] = targets[60, 45] = targets[45, 63] = True
    assert tiles_for(targets) == 1


@pytest.mark.parametrize(
    ("start", "end", "most"),
    [
        ((10, 500), (970, 500), 42),  # 963 pixels across, 24 a tile
        ((500, 10), (500, 970), 42),
        ((10, 10), (970, 970), 44),
        ((10, 490), (970, 520), 46),
        ((10, 300), (970, 700), 56),
    ],
)
def test_a_long_line_takes_few_tiles(start, end, most):
    picture = np.zeros((1000, 1000), np.uint8)
    cv2.line(picture, start, end, 1, 2)
    assert tiles_for(picture.astype(bool)) <= most


def test_a_square_hole_takes_as_many_tiles_as_its_area_needs():
    targets = np.zeros((400, 400), bool)
    targets[100:292, 100:292] = True
    assert tiles_for(targets) == 64


def test_without_targets_there_are_no_tiles():
    assert tiles_for(np.zeros((50, 50), bool)) == 0


def test_tiles_come_in_the_order_of_their_rows():
    targets = np.random.default_rng(0).random((300, 300)) < 0.01
    tops = place_tiles(targets, 24).tops
    assert (np.diff(tops) >= 0).all()


def test_tiles_are_cut_with_their_channels_first():
    photo = np.random.default_rng(0).integers(0, 256, (70, 80, 3), dtype=np.uint8)
    targets = np.zeros((70, 80), bool)
    targets[35, 40] = True
    placement = place_tiles(targets, 24)
    top, left = int(placement.tops[0]), int(placement.lefts[0])
    assert (cut(photo, placement)[0] == photo[top : top + 32, left : left + 32].transpose(2, 0, 1)).all()
    assert (cut(targets, placement)[0] == targets[top : top + 32, left : left + 32]).all()
