"""Pieces of one plain colour are parted from their surroundings at their very edge."""

import numpy as np
import pytest

from inpaint_cli.detection.plain import SMALLEST, plain_pieces


def photo_of(grey):
    """A photo (h, w, 3) in 0..1 from rows of greys of 255."""
    return np.repeat(np.array(grey, np.float32)[..., None] / 255, 3, axis=2)


def likely_at(*places, shape):
    chance = np.zeros(shape, np.float32)
    for row, column in places:
        chance[row, column] = 0.5
    return chance


BAR = photo_of(
    [
        [90, 90, 90, 90, 90],
        [90, 203, 200, 197, 90],
        [90, 199, 201, 206, 90],
        [90, 90, 90, 90, 90],
    ]
)


def test_one_likely_pixel_brings_its_whole_piece_and_nothing_beside_it():
    labels = plain_pieces(BAR, likely_at((1, 2), shape=(4, 5)), 0.1, alike=11, largest=4)
    assert labels.tolist() == [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]]


def test_known_pieces_stay_as_they_are_and_others_are_added():
    photo = photo_of([[200, 200, 200, 90, 201, 201, 90]] * 3)
    known = np.zeros((3, 7), np.int32)
    known[1, 0:3] = 4
    chance = likely_at((0, 1), (0, 4), shape=(3, 7))
    labels = plain_pieces(photo, chance, 0.1, alike=11, largest=4, known=known)
    assert labels.tolist() == [[5, 5, 5, 0, 6, 6, 0], [4, 4, 4, 0, 6, 6, 0], [0, 0, 0, 0, 6, 6, 0]]
    assert known.max() == 4


def test_what_is_less_likely_than_asked_for_begins_no_piece():
    assert not plain_pieces(BAR, likely_at((1, 2), shape=(4, 5)), 0.6, alike=11, largest=4).any()


def test_what_is_larger_is_no_piece():
    assert not plain_pieces(BAR, likely_at((1, 2), shape=(4, 5)), 0.1, alike=11, largest=2).any()


def test_the_smaller_tolerance_parts_what_the_larger_one_joins():
    photo = photo_of([[100] * 4 + [109] * 4] * 2)
    both = likely_at((0, 0), (0, 7), shape=(2, 8))
    assert plain_pieces(photo, both, 0.1, alike=11, largest=8).tolist() == [[1] * 8] * 2
    assert plain_pieces(photo, both, 0.1, alike=7, largest=8).tolist() == [[1] * 4 + [2] * 4] * 2


def test_pixels_that_touch_at_a_corner_are_one_piece():
    steps = np.zeros((5, 5))
    steps[np.arange(5), np.arange(5)] = 220
    labels = plain_pieces(photo_of(steps), likely_at((2, 2), shape=(5, 5)), 0.1, alike=11, largest=5)
    assert labels.tolist() == np.eye(5, dtype=int).tolist()


@pytest.mark.parametrize(("pixels", "pieces"), [(SMALLEST - 1, 0), (SMALLEST, 1)])
def test_a_piece_has_some_pixels(pixels, pieces):
    grey = np.full((3, 7), 90)
    grey[1, 1 : 1 + pixels] = 220
    chance = likely_at((1, 2), shape=(3, 7))
    assert plain_pieces(photo_of(grey), chance, 0.1, alike=11, largest=4).max() == pieces


def test_a_difference_in_one_channel_is_one_of_colour():
    photo = photo_of([[100] * 6] * 3)
    photo[:, 3:, 2] += 0.2
    labels = plain_pieces(photo, likely_at((1, 1), shape=(3, 6)), 0.1, alike=11, largest=6)
    assert labels.tolist() == [[1, 1, 1, 0, 0, 0]] * 3


def test_far_from_everything_else_a_piece_is_parted_as_well():
    photo = photo_of(np.full((300, 400), 90))
    photo[200:203, 310:314] = 0.8
    labels = plain_pieces(photo, likely_at((201, 312), shape=(300, 400)), 0.1, alike=11, largest=9)
    assert labels.sum() == 12 and (labels[200:203, 310:314] == 1).all()
