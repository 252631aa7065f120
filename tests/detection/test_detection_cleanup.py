import numpy as np
import pytest

from inpaint_cli.detection import Cleanup, clean_up
from inpaint_cli.detection.cleanup import grown, hysteresis
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
