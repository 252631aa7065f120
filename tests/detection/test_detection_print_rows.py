import math

import numpy as np
import pytest

from inpaint_cli.detection.cleanup import Cleanup, hysteresis
from inpaint_cli.detection.print_rows import (
    BAND,
    FEWEST,
    GRID,
    cut_in_rows,
    letters_in_rows,
    likelier_in_rows,
)


def letters(count, *, size=8, left_out=(), height=120, width=240):
    """Strokes `size` high in a row in the middle, a height apart, without some of them."""
    found = np.zeros((height, width), np.bool_)
    for k in set(range(count)) - set(left_out):
        found[56 : 56 + size, 20 + size * k : 20 + size * k + size // 2] = True
    return found


def cells(likelier, rows, columns):
    """The part of it that these pixels lie in."""
    return likelier[rows.start // GRID : rows.stop // GRID, columns.start // GRID : columns.stop // GRID]


def test_between_letters_of_a_row_another_one_is_likelier_and_far_from_it_is_not():
    likelier = likelier_in_rows(letters(12, left_out=[5]))
    assert likelier is not None and likelier.shape == (60, 120)
    assert (cells(likelier, slice(56, 64), slice(60, 64)) > 2).all()
    assert not cells(likelier, slice(0, 40), slice(0, 240)).any()
    assert not cells(likelier, slice(80, 120), slice(0, 240)).any()


def test_it_is_likeliest_at_the_height_of_the_letters():
    likelier = likelier_in_rows(letters(12))
    assert likelier is not None
    assert likelier[:, 34].argmax() in range(28, 32)


@pytest.mark.parametrize("size", [6, 16, 40])
def test_print_of_any_size_makes_rows(size):
    found = letters(9, size=size, width=500)
    likelier = likelier_in_rows(found)
    assert likelier is not None
    assert (cells(likelier, slice(56, 56 + size), slice(40 + size, 40 + 2 * size)) > 1.5).all()


def test_fewer_letters_make_no_row():
    assert likelier_in_rows(letters(FEWEST - 1)) is None
    assert likelier_in_rows(letters(FEWEST)) is not None
    assert likelier_in_rows(np.zeros((40, 50), np.bool_)) is None


def test_rows_may_run_upright():
    level, upright = likelier_in_rows(letters(12)), likelier_in_rows(letters(12).T)
    assert level is not None and upright is not None
    np.testing.assert_allclose(upright.T, level, atol=1e-4)


def test_long_strokes_and_scattered_specks_make_no_row():
    lines = np.zeros((120, 240), np.bool_)
    lines[10:110:12, 20:220] = True
    assert likelier_in_rows(lines) is None
    rng = np.random.default_rng(1)
    specks = np.zeros((400, 600), np.bool_)
    for y, x in zip(rng.integers(0, 390, 60), rng.integers(0, 590, 60), strict=True):
        specks[y : y + 6, x : x + 5] = True
    assert likelier_in_rows(specks) is None


def test_a_threshold_falls_by_as_much_in_log_odds_as_damage_is_likelier():
    probability = np.array([[0.9, 0.49, 0.51, 0.49, 0.51, 0.1]], np.float32)
    likelier = np.array([[0.0, math.log(4), 0.0]], np.float32)  # odds of 0.8, 4 to 1, fall to even ones
    how = Cleanup(high=0.8, low=0.8, min_size=1)
    assert cut_in_rows(probability, how, likelier).tolist() == [[True, False, True, False, False, False]]


def test_where_nothing_is_likelier_it_cuts_out_what_hysteresis_does():
    rng = np.random.default_rng(2)
    probability = rng.random((BAND + 7, 31), np.float32)  # longer than what is cut out at once, and odd
    how = Cleanup(high=0.95, low=0.7, min_size=3)
    cut = cut_in_rows(probability, how, np.zeros((516, 16), np.float32))
    assert (cut == hysteresis(probability, 0.95, 0.7, 3)).all() and cut.any()


def test_the_letters_around_a_place_in_a_row_are_measured():
    found = letters(12)
    for row in letters_in_rows(found):
        cell = 60 // row.step, 68 // row.step
        assert row.in_row[cell]
        assert (row.height[cell], row.top[cell], row.bottom[cell]) == pytest.approx((8, 56, 64), abs=0.01)
        assert row.half_width[cell] == pytest.approx(2, abs=0.1)  # strokes are 4 wide
        assert row.covers(found.shape)[60, 20:116].all()
        assert not row.covers(found.shape)[:30].any()
    assert not letters_in_rows(letters(FEWEST - 1))
