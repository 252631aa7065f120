import numpy as np
import pytest

from inpaint_cli.detection import Detection
from inpaint_cli.detection.measure import mean_score, score_photo


def found(mask, probability=None):
    mask = np.asarray(mask, np.bool_)
    given = mask.astype(np.float32) if probability is None else probability
    return Detection(mask, given, float(mask.any()))


def stripe(column, size=21):
    mask = np.zeros((size, size), np.bool_)
    mask[:, column] = True
    return mask


def test_the_truth_itself_scores_1():
    score = score_photo(found(stripe(10)), stripe(10))
    assert (score.precision, score.recall, score.f1) == (1, 1, 1)
    assert score.area == pytest.approx(1)


@pytest.mark.parametrize(("off", "expected"), [(1, 1.0), (2, 1.0), (3, 0.0)])
def test_two_pixels_off_are_tolerated(off, expected):
    score = score_photo(found(stripe(10 + off)), stripe(10))
    assert score.precision == score.recall == score.f1 == expected


def test_half_of_it_found():
    half = stripe(10)
    half[10:] = False
    score = score_photo(found(half), stripe(10))
    assert score.precision == 1
    assert score.recall == pytest.approx(12 / 21)


def test_false_alarms_cost_precision():
    score = score_photo(found(stripe(10) | stripe(2)), stripe(10))
    assert score.precision == 0.5
    assert score.recall == 1
    assert score.f1 == pytest.approx(2 / 3)


def test_a_clean_photo_left_alone_scores_1_and_touched_0():
    nothing = np.zeros((5, 5), np.bool_)
    assert score_photo(found(nothing), nothing).f1 == 1
    assert score_photo(found(~nothing), nothing).precision == 0


def test_the_area_is_about_the_order_of_probabilities_alone():
    truth = stripe(10)
    right = np.where(truth, 0.3, 0.1).astype(np.float32)
    wrong = np.where(truth, 0.1, 0.3).astype(np.float32)
    assert score_photo(found(~truth, right), truth).area > 0.95
    assert score_photo(found(~truth, wrong), truth).area < 0.6


def test_a_kind_is_the_mean_of_its_photos():
    scores = [score_photo(found(stripe(10)), stripe(10)), score_photo(found(stripe(2)), stripe(10))]
    kind = mean_score(scores)
    assert kind.photos == 2
    assert kind.f1 == kind.precision == kind.recall == 0.5
