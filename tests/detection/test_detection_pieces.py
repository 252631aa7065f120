import math

import numpy as np
import pytest

from inpaint_cli.detection import pieces as module
from inpaint_cli.detection.nearest import nearest_piece
from inpaint_cli.detection.pieces import FEATURES, candidates, measured

BACKGROUND, PAINT = 0.25, 0.75


def blank(height=80, width=120):
    return np.zeros((height, width), np.bool_)


def with_stroke(plane, top, left, height, width):
    plane = plane.copy()
    plane[top : top + height, left : left + width] = True
    return plane


def measure(found, more=None, *, probability=None, odds=6.0, photo=None):
    """Measure strokes of one grey on another, all of the same log-odds."""
    more = np.zeros_like(found) if more is None else more
    where = found | more
    if photo is None:
        photo = np.where(where[..., None], PAINT, BACKGROUND).repeat(3, axis=2)
    if probability is None:
        probability = np.where(where, 1 / (1 + math.exp(-odds)), 0)
    return measured(photo.astype(np.float32), probability.astype(np.float32), found, more)


def feature(pieces, name, piece=1):
    return float(pieces.features[piece, FEATURES.index(name)])


def test_a_stroke_is_measured_by_its_pixels():
    pieces = measure(with_stroke(blank(), 40, 20, 4, 50), odds=5.0)
    assert feature(pieces, "mean-odds") == pytest.approx(5.0, abs=1e-3)
    assert feature(pieces, "highest-odds") == pytest.approx(5.0, abs=1e-3)
    assert feature(pieces, "area") == pytest.approx(math.log(200))
    assert feature(pieces, "half-width") == pytest.approx(math.log(2), abs=0.05)
    assert feature(pieces, "length") == pytest.approx(math.log(200 / 2**2), abs=0.1)
    assert feature(pieces, "contrast") == pytest.approx(PAINT - BACKGROUND)
    assert feature(pieces, "roughness") == pytest.approx(math.log(0.01), abs=1e-2)
    assert feature(pieces, "tint") == pytest.approx(math.log(0.01), abs=1e-3)
    assert feature(pieces, "photo-odds") == pytest.approx(5.0, abs=1e-3)


def test_a_coloured_stroke_on_grey_differs_in_tint():
    found = with_stroke(blank(), 40, 20, 4, 50)
    photo = np.where(found[..., None], [0.8, 0.5, 0.2], 0.5)
    pieces = measure(found, photo=photo)
    assert feature(pieces, "contrast") == pytest.approx(0, abs=1e-6)
    assert feature(pieces, "tint") == pytest.approx(math.log(0.3 + 0.01), abs=1e-3)


def test_texture_is_what_is_around_and_not_the_edge_of_the_stroke_itself():
    found = with_stroke(blank(), 40, 20, 4, 50)
    plain = measure(found)
    assert feature(plain, "texture") == pytest.approx(math.log(0.01), abs=1e-3)
    stripes = np.where(found[..., None], PAINT, np.arange(120)[None, :, None] // 2 % 2 * 0.5).repeat(
        3, axis=2
    )
    striped = measure(found, photo=stripes)
    assert feature(striped, "texture") > feature(plain, "texture") + 2
    assert feature(striped, "photo-texture") > feature(plain, "photo-texture") + 2


def test_what_only_may_be_damage_is_told_from_what_was_found():
    found = with_stroke(blank(), 10, 20, 4, 50)
    pieces = measure(found, with_stroke(blank(), 60, 20, 4, 50))
    assert pieces.found.tolist() == [False, True, False]
    assert np.array_equal(pieces.where(pieces.found), found)


def test_the_undamaged_is_never_chosen():
    pieces = measure(with_stroke(blank(), 10, 20, 4, 50))
    assert not pieces.where(np.array([True, False])).any()


def specks(count):
    plane = blank(200, 300)
    for k in range(count):
        plane = with_stroke(plane, 20 + 30 * (k // 8), 20 + 30 * (k % 8), 4, 4)
    return plane


def test_one_speck_of_many_is_like_the_rest_and_a_bar_among_them_is_not():
    pieces = measure(with_stroke(specks(24), 140, 20, 12, 240))
    alike = pieces.features[1:, FEATURES.index("alike")]
    assert len(alike) == 25
    assert alike[-1] < alike[:-1].min() - 3


def test_a_piece_is_not_alike_to_itself():
    alone = measure(with_stroke(blank(), 40, 20, 4, 50))
    assert feature(alone, "alike") < -10


def test_what_is_not_sure_makes_nothing_alike():
    faint = measure(specks(24), odds=0.0)
    sure = measure(specks(24), odds=8.0)
    assert feature(faint, "photo-odds") == pytest.approx(0.0, abs=1e-3)
    assert feature(sure, "photo-odds") == pytest.approx(8.0, abs=1e-2)


def two_strokes(colour, gap):
    found = with_stroke(with_stroke(blank(), 40, 10, 4, 30), 40, 40 + gap, 4, 30)
    photo = np.full((80, 120, 3), BACKGROUND)
    photo[40:44, 10:40], photo[40:44, 40 + gap : 70 + gap] = PAINT, colour
    return measure(found, photo=photo, odds=12.0)


def test_a_stroke_that_goes_on_after_a_gap_has_kin_there():
    pieces = two_strokes(PAINT, gap=16)
    assert feature(pieces, "kin") == pytest.approx(math.exp(-16 / 16), abs=0.06)
    assert feature(pieces, "company") == pytest.approx(feature(pieces, "kin"))
    assert feature(pieces, "gap") == pytest.approx(math.log1p(16), abs=0.1)


def test_another_colour_is_company_and_no_kin():
    pieces = two_strokes(0.25, gap=16)
    assert feature(pieces, "company") > 0.3
    assert feature(pieces, "kin") < 1e-6


def test_what_only_may_be_damage_is_no_company():
    pieces = measure(with_stroke(blank(), 40, 10, 4, 30), with_stroke(blank(), 40, 60, 4, 30), odds=12.0)
    assert feature(pieces, "company", piece=1) == 0
    assert feature(pieces, "company", piece=2) > 0.2


def test_clutter_is_what_is_possible_near_by():
    found = with_stroke(blank(), 40, 20, 4, 50)
    quiet = np.where(found, 0.99, 0.0)
    loud = np.where(found, 0.99, 0.06)
    assert feature(measure(found, probability=quiet), "clutter") == pytest.approx(math.log(0.01), abs=1e-3)
    assert feature(measure(found, probability=loud), "clutter") == pytest.approx(math.log(1.01), abs=1e-3)


def test_a_photo_that_is_damaged_all_over_has_finite_values():
    whole = np.ones((30, 40), np.bool_)
    assert np.isfinite(measure(whole).features).all()


def test_of_nothing_there_is_nothing_to_measure():
    pieces = measure(blank())
    assert pieces.features.tolist() == [[0] * len(FEATURES)]


def test_bands_change_nothing_where_pieces_are_near_each_other(monkeypatch):
    found = specks(24)
    photo = np.random.default_rng(1).random((200, 300, 3))
    at_once = measure(found, photo=photo).features
    monkeypatch.setattr(module, "BAND", 48)
    assert np.allclose(measure(found, photo=photo).features, at_once, atol=1e-4)


def test_candidates_are_apart_from_what_was_found_and_reach_the_high_threshold():
    found = with_stroke(blank(), 10, 20, 4, 50)
    probability = np.zeros((80, 120), np.float32)
    probability[10:16, 20:70] = 0.6  # its own rim
    probability[40:44, 20:70] = 0.45
    probability[41, 30] = 0.6
    probability[60:64, 20:70] = 0.45  # reaches only the low one
    more = candidates(probability, found, 0.5, 0.4, 8)
    assert np.array_equal(more, with_stroke(blank(), 40, 20, 4, 50))


def test_the_nearest_piece_and_how_far_it_is():
    labels = np.zeros((1, 9), np.int32)
    labels[0, 1], labels[0, 7] = 1, 2
    away, nearest = nearest_piece(labels)
    assert away[0].tolist() == [1, 0, 1, 2, 3, 2, 1, 0, 1]
    assert nearest[0, [0, 1, 2, 3, 5, 6, 7, 8]].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]


def test_without_pieces_the_nearest_is_infinitely_far():
    away, nearest = nearest_piece(np.zeros((2, 3), np.int32))
    assert np.isinf(away).all()
    assert not nearest.any()
