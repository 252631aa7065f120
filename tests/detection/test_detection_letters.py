"""What may be a letter is measured and compared with the letters around it."""

import numpy as np
import pytest
from printed_bars import ALL, HEIGHT, MISSED, WIDTH, ground, printed

from inpaint_cli.detection.letters import FEATURES, measured_letters
from inpaint_cli.detection.print_rows import letters_in_rows


def features_at(photo, probability, found, place):
    """The features of the piece at a pixel, by name, as the first tolerance gives them."""
    letters = next(measured_letters(photo, probability, found, letters_in_rows(found)))
    return dict(zip(FEATURES, letters.features[letters.labels[place]].tolist(), strict=True))


def test_a_piece_is_compared_with_the_letters_around_it():
    lower = np.zeros((HEIGHT, WIDTH), np.bool_)
    lower[33:39, 68:72] = True  # half as high as the others, a quarter of a height lower
    photo = printed(printed(ground(), ALL & ~MISSED), lower)
    found = ALL & ~MISSED
    probability = np.where(found, 0.99, np.where(lower, 0.5, 0.001)).astype(np.float32)
    measured = features_at(photo, probability, found, (35, 70))
    assert measured["mean-odds"] == measured["highest-odds"] == 0
    assert measured["area"] == pytest.approx(np.log(24))
    assert measured["height"] == pytest.approx(np.log(6 / 12), abs=0.02)
    assert measured["width"] == pytest.approx(np.log(4 / 12), abs=0.02)
    assert measured["stroke"] == pytest.approx(0, abs=0.1)
    assert measured["top"] == pytest.approx(3 / 12, abs=0.02)
    assert measured["bottom"] == pytest.approx(-3 / 12, abs=0.02)
    assert measured["rim"] == pytest.approx(0.55, abs=0.05)
    assert measured["rim-apart"] == measured["beyond-apart"] == measured["beyond-far"] == 1
    assert measured["found"] == 0
    assert measured["odds-around"] == pytest.approx(np.log(0.001 / 0.999), abs=0.01)


def test_what_was_measured_before_is_measured_anew_but_not_looked_for_again():
    photo = printed(ground(), ALL)
    found = ALL & ~MISSED
    probability = np.where(found, 0.99, np.where(MISSED, 0.05, 0.001)).astype(np.float32)
    rows = letters_in_rows(found)
    before = list(measured_letters(photo, probability, found, rows))
    nothing = np.zeros_like(probability)  # no piece could be begun from it
    after = list(measured_letters(photo, nothing, ALL, rows, before))
    assert [(one.labels == other.labels).all() for one, other in zip(before, after, strict=True)] == [
        True
    ] * 2
    missed = before[0].labels[36, 70]
    assert before[0].features[missed, FEATURES.index("odds-around")] > -7
    assert after[0].features[missed, FEATURES.index("odds-around")] < -13
