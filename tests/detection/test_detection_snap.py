"""Plain pieces of damage are masked to their edge, whatever the network blurred; all others as found."""

from __future__ import annotations

import cv2
import numpy as np

from inpaint_cli.detection.cleanup import grown
from inpaint_cli.detection.snap import WINDOW, snapped

RNG = np.random.default_rng


def slope(height: int = 60, width: int = 80, seed: int = 0) -> np.ndarray:
    """A photo: a grey slope with a little grain, float32 RGB in 0..1."""
    ramp = np.linspace(0.3, 0.6, width, dtype=np.float32)[None, :, None]
    grain = RNG(seed).normal(0, 0.01, (height, width, 3)).astype(np.float32)
    return np.repeat(np.repeat(ramp, height, 0), 3, 2) + grain


def bar(shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    mask = np.zeros(shape, np.bool_)
    mask[20:24, 10:70] = True
    return mask


def painted(photo: np.ndarray, mask: np.ndarray, value: float, noise: float = 0.012) -> np.ndarray:
    colour = value + RNG(1).normal(0, noise, photo.shape).astype(np.float32)
    return np.where(mask[..., None], colour, photo).astype(np.float32)


def blurry(mask: np.ndarray) -> np.ndarray:
    """What a network says of it: sure inside, half sure around."""
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2).clip(0, 1) * 0.2 + 0.8 * mask


def test_a_bar_of_one_colour_is_masked_exactly() -> None:
    truth = bar()
    for value in (0.05, 0.95):
        photo = painted(slope(), truth, value)
        for found in (truth, grown(truth, 2), truth & (np.indices(truth.shape)[0] > 20)):
            assert (snapped(photo, blurry(truth), found, grow=1) == truth).all()


def test_a_hard_piece_is_widened_by_one_less_than_others() -> None:
    truth = bar()
    photo = painted(slope(), truth, 0.95)
    assert (snapped(photo, blurry(truth), truth, grow=0) == truth).all()
    assert (snapped(photo, blurry(truth), truth, grow=3) == grown(truth, 2)).all()


def test_a_bar_with_a_soft_edge_keeps_what_was_found_and_its_rim() -> None:
    truth = bar()
    opacity = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 1.0)[..., None]
    photo = (slope() * (1 - opacity) + 0.95 * opacity).astype(np.float32)
    found = grown(truth, 1)
    assert (snapped(photo, blurry(truth), found, grow=1) == grown(found, 1)).all()


def test_damage_of_changing_colour_is_left_as_found() -> None:
    truth = bar()
    photo = painted(slope(), truth, 0.8, noise=0.15)
    assert (snapped(photo, blurry(truth), truth, grow=1) == grown(truth, 1)).all()


def test_where_most_damage_has_a_hard_edge_the_rest_is_widened_by_one_less_too() -> None:
    for changing, wider in (((40, 44, 10, 40), False), ((40, 50, 10, 70), True)):
        top, bottom, left, right = changing
        other = np.zeros((60, 80), np.bool_)
        other[top:bottom, left:right] = True
        photo = painted(painted(slope(), bar(), 0.95), other, 0.8, noise=0.15)
        found = bar() | other
        expected = bar() | (grown(other, 1) if wider else other)
        assert (snapped(photo, blurry(found), found, grow=1) == expected).all()


def test_black_and_white_pieces_that_touch_have_their_own_colours() -> None:
    truth = bar()
    right = truth & (np.indices(truth.shape)[1] >= 40)
    photo = painted(painted(slope(), truth, 0.05), right, 0.95)
    assert (snapped(photo, blurry(truth), grown(truth, 1), grow=1) == truth).all()


def test_a_bar_that_crosses_a_longer_one_of_another_colour_has_its_own() -> None:
    long, short = bar(), np.zeros((60, 80), np.bool_)
    short[24:40, 40:45] = True
    photo = painted(painted(slope(), long, 0.05), short, 0.2)
    truth = long | short
    assert (snapped(photo, blurry(truth), truth, grow=1) == truth).all()


def test_the_nooks_of_a_ragged_edge_are_the_photos_and_a_speck_inside_is_noise() -> None:
    truth = bar()
    top = int(np.flatnonzero(truth.any(1))[0])
    truth[top, 20:60:2] = False
    photo = painted(slope(), truth, 0.95)
    middle = top + 2, 41
    photo[middle] = 0.7
    assert truth[middle]
    assert (snapped(photo, blurry(truth), truth, grow=1) == truth).all()


def test_a_photo_without_damage_stays_without() -> None:
    nothing = np.zeros((60, 80), np.bool_)
    assert not snapped(slope(), nothing.astype(np.float32), nothing, grow=1).any()


def test_a_bar_across_windows_is_masked_as_one() -> None:
    shape = (40, WINDOW + 100)
    truth = np.zeros(shape, np.bool_)
    truth[18:21, 30:-30] = True
    photo = painted(slope(*shape), truth, 0.95)
    assert (snapped(photo, blurry(truth), grown(truth, 1), grow=1) == truth).all()


def left_third(mask: np.ndarray) -> np.ndarray:
    return mask & (np.indices(mask.shape)[1] < 30)


def test_a_bar_goes_on_where_the_network_has_lost_it() -> None:
    truth = bar()
    photo = painted(slope(), truth, 0.95)
    seen = blurry(left_third(truth)) + 0.005
    mask = snapped(photo, seen, left_third(truth), grow=1)
    assert (mask & truth).sum() > 0.95 * truth.sum()
    assert not (mask & ~truth).any()


def test_it_does_not_go_on_into_what_is_certainly_undamaged_or_of_another_colour() -> None:
    truth = bar()
    found = left_third(truth)
    photo = painted(slope(), truth, 0.95)
    assert (snapped(photo, blurry(found), found, grow=1) <= grown(found, 3)).all()
    photo = painted(photo, truth & ~found, 0.88)
    assert (snapped(photo, blurry(found) + 0.005, found, grow=1) <= grown(found, 3)).all()


def test_a_bar_that_runs_into_a_wall_of_its_colour_is_not_continued_into_the_wall() -> None:
    truth = bar()
    wall = np.indices(truth.shape)[1] >= 30
    photo = painted(slope(), truth | wall, 0.95)
    found = left_third(truth)
    assert (snapped(photo, blurry(found) + 0.005, found, grow=1) <= grown(found, 3)).all()


def test_a_bar_is_followed_past_a_small_false_piece_that_lies_nearer() -> None:
    truth = bar()
    photo = painted(slope(), truth, 0.95)
    false = np.zeros_like(truth)
    false[25:28, 40:60] = True
    photo = painted(photo, false, 0.1)
    found = left_third(truth) | false
    mask = snapped(photo, blurry(found) + 0.005, found, grow=1)
    assert (mask & truth).sum() > 0.95 * truth.sum()


def test_a_few_sure_pixels_at_the_rim_of_a_bar_do_not_widen_it() -> None:
    truth = bar()
    photo = painted(slope(), truth, 0.95)
    found = truth.copy()
    found[24, 30:33] = True
    probability = np.maximum(blurry(truth), found)
    assert (snapped(photo, probability, found, grow=1) == truth).all()
