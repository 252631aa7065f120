"""Pixel values to the network's numbers and back."""

from __future__ import annotations

import numpy as np
import pytest

from inpaint_cli.restoration.values import copy_where, from_floats, to_floats


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_value_comes_back(dtype):
    values = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    floats = np.empty(values.shape, np.float32)
    to_floats(values, floats)
    assert (floats[0], floats[-1]) == (0, 1)
    assert (from_floats(floats, np.dtype(dtype)) == values).all()


def test_what_is_beyond_black_and_white_is_clipped():
    assert from_floats(np.array([-0.1, 0.5, 1.1]), np.dtype(np.uint8)).tolist() == [0, 128, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_wanted_pixels_are_copied_into_a_part_of_a_picture(dtype, channels):
    picture = np.zeros((40, 50, channels), dtype)
    values = np.random.default_rng(0).integers(1, 255, (20, 30, channels)).astype(dtype)
    wanted = np.random.default_rng(1).random((40, 50)) < 0.5
    inside = wanted[10:30, 5:35]
    copy_where(inside, values, picture[10:30, 5:35])
    assert (picture[10:30, 5:35][inside] == values[inside]).all()
    assert np.count_nonzero(picture) == inside.sum() * channels
