"""The colour that a photo usually has at each brightness."""

import numpy as np
import pytest

from inpaint_cli.tint import Tint

DARK, LIGHT = np.array([0.15, 0.1, 0.05]), np.array([0.8, 0.8, 0.8])
"""Brightness 0.1 with 0.05 more red and less blue, and 0.8 without a tint."""


def test_colours_between_two_levels_are_in_proportion():
    tint = Tint.of(np.stack([DARK, LIGHT] * 10))
    assert tint.spread == pytest.approx(0)
    assert tint.at(np.array([0.1, 0.45, 0.8])) == pytest.approx(np.array([DARK, [0.475, 0.45, 0.425], LIGHT]))


def test_beyond_the_darkest_and_the_lightest_the_difference_stays():
    tint = Tint.of(np.stack([DARK, LIGHT]))
    assert tint.at(np.array([0.06, 0.9])) == pytest.approx(np.array([[0.11, 0.06, 0.01], [0.9, 0.9, 0.9]]))


def test_the_spread_is_the_mean_distance_from_the_usual_colour():
    red, blue = [0.6, 0.5, 0.4], [0.4, 0.5, 0.6]
    tint = Tint.of(np.array([red, blue]))
    assert tint.spread == pytest.approx(0.1)
    assert not tint.one_hue
    assert tint.at(np.array([0.5]))[0] == pytest.approx([0.5, 0.5, 0.5])
