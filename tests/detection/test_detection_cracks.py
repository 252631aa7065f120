"""A crack goes on where it is faint, as long as it stands out of what is around it."""

import numpy as np

from inpaint_cli.detection.cracks import continued


def scene(faint, around):
    """A crack of three rows, certain up to column 30, of probability `faint` further on; what is certain."""
    probability = np.full((60, 80), around, np.float32)
    probability[29:32, :30] = 0.99
    probability[29:32, 30:60] = faint
    return probability, probability > 0.9


def test_where_it_is_faint_it_is_followed():
    probability, crack = scene(faint=0.1, around=0.001)
    found = continued(crack, probability)
    assert found[30, :58].all() and not found[30, 63:].any()
    assert not found[:26].any() and not found[36:].any()


def test_not_where_all_around_is_as_likely():
    probability, crack = scene(faint=0.1, around=0.05)  # log-odds of -2.2 and -2.9
    assert not continued(crack, probability)[:, 34:].any()


def test_nor_where_there_is_next_to_nothing():
    probability, crack = scene(faint=0.01, around=0.0001)  # log-odds of -4.6
    assert not continued(crack, probability)[:, 34:].any()


def test_nor_to_what_is_not_connected():
    probability, crack = scene(faint=0.1, around=0.001)
    probability[29:32, 40:50] = 0.001
    found = continued(crack, probability)
    assert found[30, :38].all() and not found[:, 45:].any()


def test_a_wide_band_is_no_crack():
    probability, crack = scene(faint=0.001, around=0.001)
    probability[20:42, 30:60] = 0.1
    assert not continued(crack, probability)[:, 40:].any()


def test_without_a_crack_there_is_nothing_to_follow():
    probability, _ = scene(faint=0.1, around=0.001)
    assert not continued(np.zeros(probability.shape, np.bool_), probability).any()
