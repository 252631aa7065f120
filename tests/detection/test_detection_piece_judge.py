import numpy as np
import pytest

from inpaint_cli.detection.learned import Judging
from inpaint_cli.detection.piece_judge import PieceJudge, shipped_judge
from inpaint_cli.detection.pieces import FEATURES, WEIGHTS, Pieces

COUNT = len(FEATURES)


def judge_of(name, *, weight=1.0, bias=0.0):
    """Log-odds are the positive part of one feature times `weight`, plus `bias`."""
    hidden = np.zeros((COUNT, 1))
    hidden[FEATURES.index(name)] = 1
    return PieceJudge(
        np.zeros(COUNT), np.ones(COUNT), hidden, np.zeros(1), np.array([weight]), np.array(bias),
        features=FEATURES, made_by="by hand", training_data="none",
    )  # fmt: skip


def features(**values):
    row = np.zeros((1, COUNT), np.float32)
    for name, value in values.items():
        row[0, FEATURES.index(name.replace("_", "-"))] = value
    return row


def test_the_probability_is_the_logistic_of_what_the_units_add_up_to():
    judge = judge_of("contrast", weight=2.0, bias=-1.0)
    assert judge.probability(features(contrast=1.5)) == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert judge.probability(features(contrast=-1.0)) == pytest.approx(1 / (1 + np.exp(1.0)))


def test_what_is_rarer_than_three_standard_deviations_tells_no_more():
    judge = judge_of("area")
    assert judge.probability(features(area=50)) == judge.probability(features(area=3))


def test_json_gives_the_same_judge_back():
    judge = judge_of("gap", weight=0.25)
    again = PieceJudge.from_json(judge.to_json(), FEATURES)
    assert again.made_by == "by hand"
    assert np.array_equal(again.hidden, judge.hidden)
    assert again.probability(features(gap=2)) == pytest.approx(judge.probability(features(gap=2)))


def test_weights_of_other_features_are_refused():
    with pytest.raises(ValueError, match="other features"):
        PieceJudge.from_json(judge_of("gap").to_json().replace("clutter", "dirt"), FEATURES)


def test_what_ships_takes_a_plain_stroke_for_damage_and_a_doubtful_bar_in_texture_not():
    common = {"half_width": 0.9, "photo_odds": 6.0, "photo_texture": -3.2, "found": 1, "tint": -3.5}
    plain = features(
        mean_odds=6, highest_odds=9, area=5, length=3.2, roughness=-4, texture=-3.5, contrast=0.5,
        alike=-1.5, clutter=-4, kin=0.4, company=0.4, gap=2, **common,
    )  # fmt: skip
    doubtful = features(
        mean_odds=2.0, highest_odds=3.6, area=5, length=3.2, roughness=-2.5, texture=-2.2, contrast=0.1,
        alike=-8, clutter=-1, kin=0, company=0.1, gap=4, **common,
    )  # fmt: skip
    judge = shipped_judge(WEIGHTS, FEATURES)
    assert judge.probability(plain) > 0.95
    assert judge.probability(doubtful) < 0.2


def judging(**thresholds):
    """Says 0.5 of every piece."""
    even = judge_of("contrast", weight=0.0)
    return Judging(judge=even, high=0.5, low=0.4, min_size=1, **thresholds)


def found_and_not_found():
    rows = np.concatenate([features(), features(contrast=1, found=1), features(contrast=1)])
    return Pieces(np.array([[0, 1, 2]], np.int32), rows)


@pytest.mark.parametrize(
    ("add", "add_in_doubt", "sure", "expected"),
    [(0.6, 0.9, True, [0, 1, 0]), (0.4, 0.6, True, [0, 1, 1]), (0.4, 0.6, False, [0, 1, 0])],
)
def test_more_is_asked_of_what_was_not_found_and_most_of_a_photo_in_doubt(add, add_in_doubt, sure, expected):
    thresholds = judging(keep=0.4, add=add, add_in_doubt=add_in_doubt)
    assert thresholds.taken(found_and_not_found(), sure=sure).astype(int).tolist() == [expected]


def test_what_was_found_is_kept_only_from_its_own_threshold():
    thresholds = judging(keep=0.6, add=0.4, add_in_doubt=0.4)
    assert thresholds.taken(found_and_not_found(), sure=True).astype(int).tolist() == [[0, 0, 1]]
