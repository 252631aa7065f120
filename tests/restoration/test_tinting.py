"""What was mended in a print of one hue has the print's tint."""

import numpy as np
import pytest

from inpaint_cli.restoration.tinting import keep_tint

SEPIA = np.array([1.0, 0.8, 0.5])
WASHED_OUT = np.array([100, 100, 100])
"""What a network says in a print in which the same brightness is 130, 104, 65."""


def sepia(height=120, width=160):
    brightness = np.tile(np.linspace(20, 250, width), (height, 1))
    return (brightness[..., None] * SEPIA).round().astype(np.uint8)


def scratch(picture):
    hole = np.zeros(picture.shape[:2], np.bool_)
    hole[40:44, 30:130] = True
    picture[hole] = WASHED_OUT * (picture.dtype.type(257) if picture.dtype == np.uint16 else 1)
    return hole


def test_a_grey_answer_gets_the_tint_of_the_print_and_keeps_its_brightness():
    picture = sepia()
    hole = scratch(picture)
    keep_tint(picture, hole, hole)
    assert np.abs(picture[hole].astype(int) - (130, 104, 65)).max() <= 2
    assert np.abs(picture[hole].mean(axis=1) - 100).max() < 1


def test_what_is_undamaged_stays_to_the_bit():
    picture = sepia()
    hole = scratch(picture)
    before = picture.copy()
    keep_tint(picture, hole, hole)
    assert (picture == before)[~hole].all()


def test_a_washed_out_rim_is_not_taken_for_the_tint():
    picture = sepia()
    hole = scratch(picture)
    picture[36:48, 26:134] = WASHED_OUT
    keep_tint(picture, hole, hole)
    assert np.abs(picture[hole].astype(int) - (130, 104, 65)).max() <= 2


def test_16_bits():
    picture = sepia().astype(np.uint16) * 257
    hole = scratch(picture)
    keep_tint(picture, hole, hole)
    assert np.abs(picture[hole].astype(int) - np.array([130, 104, 65]) * 257).max() <= 2 * 257


def test_a_grey_photo_that_is_stored_in_colour_stays_without_any():
    picture = np.tile(np.linspace(20, 250, 160).round().astype(np.uint8)[None, :, None], (120, 1, 3))
    hole = scratch(picture)
    picture[hole] = 98, 100, 102
    keep_tint(picture, hole, hole)
    assert (picture[hole] == 100).all()


def test_a_photo_in_colour_is_left_alone():
    picture = sepia()
    picture[60:] = picture[60:, :, ::-1]
    hole = scratch(picture)
    keep_tint(picture, hole, hole)
    assert (picture[hole] == WASHED_OUT).all()


def test_a_part_with_a_colour_of_its_own_keeps_it():
    picture = np.tile(np.linspace(20, 250, 400).round().astype(np.uint8)[None, :, None], (300, 1, 3))
    picture[100:140, 200:240] = 200, 40, 40  # a stamp
    hole = np.zeros((300, 400), np.bool_)
    hole[118:122, 210:230] = hole[118:122, 20:40] = True
    picture[hole] = 210, 50, 50
    keep_tint(picture, hole, hole)
    assert (picture[118:122, 210:230] == (210, 50, 50)).all()
    assert np.ptp(picture[118:122, 20:40], axis=2).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (3, 600), (32, 32)])
def test_of_a_few_pixels_nothing_is_said(shape):
    picture = np.full((*shape, 3), 90, np.uint8)
    hole = np.zeros(shape, np.bool_)
    hole[0, 0] = True
    picture[hole] = 80, 90, 100
    keep_tint(picture, hole, hole)
    assert picture[0, 0].tolist() == [80, 90, 100]
