"""A letter's shape is found again along its row where no edge is left to find the letter by."""

import numpy as np
import pytest

from inpaint_cli.detection.glyphs import glyphs_of, standing_elsewhere

L_SHAPE = np.array([[1, 1, 0, 0]] * 6 + [[1, 1, 1, 1]] * 3, np.bool_)
"""24 pixels in 9 rows."""


def page_with(*places, value=0.8):
    """A grey photo (h, w, 3) in 0..1 with the shape at some places, and where it is."""
    photo, where = np.full((20, 40, 3), 0.3, np.float32), np.zeros((20, 40), np.bool_)
    for row, column in places:
        where[row : row + 9, column : column + 4] |= L_SHAPE
    photo[where] = value
    return photo, where


def found_again(photo, letters, *, odds=0.0):
    """Where the shapes of the letters stand once more."""
    glyphs = glyphs_of(letters.astype(np.int32), np.array([False, True]))
    return standing_elsewhere(photo, np.full(letters.shape, odds, np.float32), letters, glyphs)


def test_shapes_are_told_apart_by_their_pixels_and_by_the_row_they_begin_in():
    labels = np.zeros((20, 40), np.int32)
    for label, (row, column) in enumerate([(5, 2), (5, 12), (6, 22)], start=1):
        labels[row : row + 9, column : column + 4][L_SHAPE] = label
    glyphs = glyphs_of(labels, np.array([False, True, True, True]))
    assert [glyph.top for glyph in glyphs] == [5, 6]
    assert all((glyph.shape == L_SHAPE).all() for glyph in glyphs)
    assert len(glyphs_of(labels, np.array([False, False, False, True]))) == 1


def test_what_has_few_pixels_is_no_shape_to_look_for():
    labels = np.zeros((9, 9), np.int32)
    labels[2:6, 2:6] = 1
    assert glyphs_of(labels, np.array([False, True])) == []


def test_a_shape_is_found_where_it_stands_in_another_colour():
    photo, both = page_with((5, 3), (5, 20))
    photo[:, 15:][both[:, 15:]] = 0.1
    _, letter = page_with((5, 3))
    assert (found_again(photo, letter) == both & ~letter).all()


def test_half_of_its_edge_suffices():
    photo, both = page_with((5, 3), (5, 20))
    photo[:, 23:] = 0.8  # to its right everything is of its colour
    _, letter = page_with((5, 3))
    again = found_again(photo, letter)
    assert again[both & ~letter].all()


def test_where_nothing_has_an_edge_nothing_is_found():
    photo, letter = page_with((5, 3))
    assert not found_again(photo, letter).any()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda photo: photo.__setitem__((slice(5, 9), slice(20, 22)), 0.6),
        lambda photo: photo.__setitem__((slice(5, 14), slice(20, 24)), 0.3),
    ],
    ids=["of two colours", "not there"],
)
def test_what_is_not_of_one_colour_is_not_taken(spoil):
    photo, _ = page_with((5, 3), (5, 20))
    spoil(photo)
    _, letter = page_with((5, 3))
    assert not found_again(photo, letter).any()


def test_it_is_looked_for_in_its_own_rows_only_and_where_damage_is_conceivable():
    photo, _ = page_with((5, 3), (8, 20))
    _, letter = page_with((5, 3))
    assert not found_again(photo, letter).any()
    photo, _ = page_with((5, 3), (5, 20))
    assert not found_again(photo, letter, odds=-5.0).any()


def test_letters_do_not_overlap():
    photo, both = page_with((5, 3), (5, 20))
    _, letter = page_with((5, 3))
    taken = letter.copy()
    taken[9, 20] = True  # of another letter
    glyphs = glyphs_of(letter.astype(np.int32), np.array([False, True]))
    odds = np.zeros(letter.shape, np.float32)
    assert not standing_elsewhere(photo, odds, taken, glyphs).any()
    assert standing_elsewhere(photo, odds, letter, glyphs)[both & ~letter].all()
