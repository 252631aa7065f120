import cv2
import numpy as np
import pytest

from inpaint_cli.detection import (
    MarkerDetector,
    find_constant_strokes,
    find_marker,
    find_transparency,
    parse_colour,
)
from inpaint_cli.errors import UsageError


def scene(height=96, width=128, channels=3, seed=0):
    """A smooth photo with grain: no exact colour is frequent, values stay within 40..220."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = 120 + 50 * np.sin(x / 17.0) + 30 * np.cos(y / 11.0)
    grain = rng.normal(0, 6, (height, width, channels))
    return np.clip(base[..., None] + grain, 40, 220).astype(np.uint8)


def test_transparent_pixels_are_damage():
    alpha = np.array([[255, 128, 127, 0]], np.uint8)
    assert find_transparency(alpha).tolist() == [[False, False, True, True]]
    assert find_transparency(alpha.astype(np.uint16) * 257).tolist() == [[False, False, True, True]]


def test_a_photo_that_is_transparent_everywhere_says_nothing():
    assert not find_transparency(np.zeros((3, 3), np.uint8)).any()


def test_a_marker_is_found_exactly():
    photo = scene()
    photo[10:20, 30:60] = (255, 0, 255)
    expected = np.zeros(photo.shape[:2], np.bool_)
    expected[10:20, 30:60] = True
    assert (find_marker(photo, (255, 0, 255)) == expected).all()


def test_a_marker_of_nearly_the_colour_needs_tolerance():
    photo = scene()
    photo[10:20, 30:60] = (250, 8, 247)
    assert not find_marker(photo, (255, 0, 255)).any()
    assert find_marker(photo, (255, 0, 255), tolerance=8).sum() == 10 * 30


def test_a_marker_in_16_bits():
    photo = scene().astype(np.uint16) * 257
    photo[:5, :5] = (65535, 0, 65535)
    assert find_marker(photo, (255, 0, 255)).sum() == 25


def test_a_coloured_marker_is_not_in_a_grey_photo():
    photo = np.full((8, 8, 1), 255, np.uint8)
    assert not find_marker(photo, (255, 0, 255)).any()
    assert find_marker(photo, (255, 255, 255)).all()


def test_the_marker_detector_finds_only_the_marker():
    photo = scene()
    assert MarkerDetector((255, 0, 255)).find(photo).clean
    photo[4, 4:9] = (255, 0, 255)
    detection = MarkerDetector((255, 0, 255)).find(photo)
    assert detection.mask.sum() == 5
    assert detection.score == 1


def test_the_marker_is_widened_and_single_pixels_left_out_on_demand():
    photo = scene()
    photo[20, 4] = photo[4, 4:9] = (255, 0, 255)
    found = MarkerDetector((255, 0, 255), min_size=2, grow=1).find(photo).mask
    expected = np.zeros_like(found)
    expected[4, 3:10] = expected[3:6, 4:9] = True
    assert (found == expected).all()


def test_colours_are_six_hexadecimal_digits():
    assert parse_colour("#ff0080") == (255, 0, 128)
    assert parse_colour("FF0080") == (255, 0, 128)
    for wrong in ("red", "#fff", "#ff00ff00", ""):
        with pytest.raises(UsageError, match="mask-color"):
            parse_colour(wrong)


@pytest.mark.parametrize("channels", [1, 3])
def test_strokes_of_one_colour_are_found_exactly(channels):
    photo = scene(channels=channels)
    stroke = np.zeros(photo.shape[:2], np.uint8)
    cv2.line(stroke, (15, 20), (110, 70), 1, 4)
    photo[stroke > 0] = 255
    assert (find_constant_strokes(photo) == (stroke > 0)).all()


def test_a_photo_without_strokes_is_left_alone():
    assert not find_constant_strokes(scene()).any()


def test_blown_highlights_are_left_alone():
    """Light that fades from white has nearly white around it, unlike a stroke."""
    y, x = np.mgrid[0:96, 0:128]
    glow = 420 - 9 * np.hypot(x - 60, y - 40)
    photo = np.maximum(scene(), np.clip(glow, 0, 255).astype(np.uint8)[..., None])
    assert not find_constant_strokes(photo).any()


def test_a_frame_and_a_wide_flat_part_are_left_alone():
    photo = scene(160, 200)
    photo[:6], photo[-6:], photo[:, :6], photo[:, -6:] = 255, 255, 255, 255
    photo[40:120, 50:150] = 0
    assert not find_constant_strokes(photo).any()
