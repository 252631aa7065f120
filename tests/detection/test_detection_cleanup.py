import numpy as np
import pytest

from inpaint_cli.detection import Cleanup, clean_up
from inpaint_cli.detection.cleanup import grown, hysteresis, long_and_thin
from inpaint_cli.errors import UsageError

ROW = np.array([[0.0, 0.5, 0.9, 0.5, 0.0, 0.5, 0.5, 0.0, 0.9, 0.0]], np.float32)


def test_a_finding_begins_at_high_and_goes_on_down_to_low():
    found = hysteresis(ROW, high=0.8, low=0.4)
    assert found.tolist() == [[False, True, True, True, False, False, False, False, True, False]]


def test_findings_smaller_than_the_smallest_size_are_dropped():
    found = hysteresis(ROW, high=0.8, low=0.4, min_size=2)
    assert found.tolist() == [[False, True, True, True, False, False, False, False, False, False]]


def test_findings_that_touch_at_a_corner_are_one():
    diagonal = np.eye(4, dtype=np.float32) * 0.5
    diagonal[0, 0] = 0.9
    assert hysteresis(diagonal, high=0.8, low=0.4).sum() == 4


def test_nothing_certain_finds_nothing():
    assert not hysteresis(np.full((5, 5), 0.7, np.float32), high=0.8, low=0.4).any()


def test_growing_widens_on_every_side():
    mask = np.zeros((7, 7), np.bool_)
    mask[3, 3] = True
    assert grown(mask, 1).sum() == 5
    assert grown(mask, 2)[1:6, 3].all() and grown(mask, 2)[3, 1:6].all()
    assert grown(mask, 0) is mask


def test_clean_up_is_hysteresis_then_growth():
    found = clean_up(ROW, Cleanup(high=0.8, low=0.4, min_size=2, grow=1))
    assert found.tolist() == [[True, True, True, True, True, False, False, False, False, False]]


@pytest.mark.parametrize(
    "wrong",
    [{"high": 0.3, "low": 0.4}, {"high": 1.2, "low": 0.4}, {"min_size": -1}, {"grow": -1}, {"grow": 65}],
)
def test_thresholds_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError):
        Cleanup(**{"high": 0.8, "low": 0.4, **wrong})


def test_laxer_thresholds_ask_for_lower_odds():
    laxer = Cleanup(high=0.9, low=0.75).laxer(np.log(3))  # odds of 9 and 3 become odds of 3 and 1
    assert (laxer.high, laxer.low) == (pytest.approx(0.75), pytest.approx(0.5))


def test_a_crack_is_long_and_thin_and_a_speck_a_dash_and_a_wide_band_are_not():
    mask = np.zeros((60, 80), np.bool_)
    mask[5:8, 10:70] = True  # 3 wide and 60 long
    mask[20:23, 10:18] = True  # 3 wide and 8 long
    mask[20:24, 40:44] = True
    mask[30:44, 10:70] = True  # 14 wide
    crack = np.zeros_like(mask)
    crack[5:8, 10:70] = True
    assert (long_and_thin(mask) == crack).all()


def test_of_a_crack_that_leads_into_a_hole_the_crack_is_kept():
    mask = np.zeros((60, 90), np.bool_)
    mask[20:40, 60:80] = True
    mask[29:32, 5:60] = True
    kept = long_and_thin(mask)
    assert kept[29:32, 5:50].all() and not kept[:, 62:].any()


def test_a_long_piece_may_be_asked_to_have_more_pixels():
    mask = np.zeros((20, 80), np.bool_)
    mask[5:8, 10:70] = True
    assert long_and_thin(mask, 180).any() and not long_and_thin(mask, 181).any()


def test_nothing_is_neither_long_nor_thin():
    assert not long_and_thin(np.zeros((8, 8), np.bool_)).any()
