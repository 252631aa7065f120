"""A print's plain border is not damage."""

import numpy as np
import pytest

from inpaint_cli.detection.border import without_border

EVERYWHERE = np.ones((100, 80), np.float32)


def bordered(width=6, colour=1.0):
    photo = np.random.default_rng(0).random((100, 80, 3)).astype(np.float32)
    framed = np.full((100, 80, 3), colour, np.float32)
    framed[width:-width, width:-width] = photo[width:-width, width:-width]
    return framed


def test_the_border_is_found_to_the_pixel_on_all_sides():
    expected = np.zeros((100, 80))
    expected[6:-6, 6:-6] = 1
    assert (without_border(bordered(6), EVERYWHERE) == expected).all()


def test_a_photo_that_fills_its_file_has_none():
    photo = bordered(1)[1:-1, 1:-1]
    assert without_border(photo, EVERYWHERE[1:-1, 1:-1]).all()


def test_a_scratch_across_the_border_is_damage_and_the_rest_of_the_line_is_not():
    photo = bordered(6)
    photo[:10, 40:42] = 0.2
    cleared = without_border(photo, EVERYWHERE)
    assert cleared[:6, 40:42].all() and not cleared[:6, :40].any() and not cleared[:6, 42:].any()


@pytest.mark.parametrize(("damaged", "is_border"), [(28, True), (32, False)])
def test_a_line_of_which_most_is_damaged_is_no_border(damaged, is_border):
    photo = bordered(6)
    photo[:6, 20 : 20 + damaged] = np.random.default_rng(1).random((6, damaged, 3))
    assert (without_border(photo, EVERYWHERE)[:6, 8:18] == 0).all() == is_border


def test_where_the_border_runs_into_the_photo_only_damage_that_goes_on_counts():
    probability = np.zeros((100, 80), np.float32)
    probability[6:9] = 0.9
    probability[6:40, 30] = 0.8
    cleared = without_border(bordered(6), probability)
    assert (cleared[6:9, 30] == np.float32(0.8)).all() and (cleared[9:40, 30] == np.float32(0.8)).all()
    assert not cleared[6:9, 10:26].any() and not cleared[6:9, 35:70].any()


def test_no_more_than_the_outer_parts_of_a_plain_photo_are_border():
    cleared = without_border(np.full((100, 80, 3), 0.5, np.float32), EVERYWHERE)
    assert not cleared[:15].any() and cleared[15:85, 12:68].all()


def test_the_probability_that_is_given_stays_as_it_is():
    given = EVERYWHERE.copy()
    without_border(bordered(6), given)
    assert (given == 1).all()
