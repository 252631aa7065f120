"""Black-and-white and sepia photos are told from colour ones."""

import numpy as np
import pytest

from inpaint_cli.detection.one_hue import has_one_hue

GREY = np.linspace(0, 1, 64 * 48, dtype=np.float32).reshape(64, 48, 1)


@pytest.mark.parametrize(
    "tint",
    [(1, 1, 1), (1, 0.9, 0.7), (0.8, 0.9, 1)],
    ids=["grey", "sepia", "cyanotype"],
)
def test_a_print_of_one_hue(tint):
    assert has_one_hue(GREY * np.float32(tint))


def test_shadows_and_lights_may_be_tinted_differently():
    warm_shadows = np.concatenate([GREY, GREY * 0.9 + 0.05, GREY * 0.6 + 0.3], axis=2).astype(np.float32)
    assert has_one_hue(warm_shadows)


def test_grain_does_not_make_a_colour_photo():
    scan = GREY.repeat(12, axis=0).repeat(12, axis=1)
    grain = np.random.default_rng(0).normal(0, 0.02, (*scan.shape[:2], 3)).astype(np.float32)
    assert has_one_hue((scan + grain).clip(0, 1))


def test_a_colour_photo():
    half = np.where(np.arange(48)[None, :, None] < 24, np.float32([1, 0.4, 0.4]), np.float32([0.4, 0.4, 1]))
    assert not has_one_hue(GREY * half)


def test_a_photo_one_pixel_wide_is_looked_at_as_well():
    assert has_one_hue(np.full((2000, 1, 3), 0.5, np.float32))
