"""Answers keep within what is known of their tile, and half of its range beyond."""

import numpy as np
import pytest
from fake_networks import BLIND, GUIDED, SEEING, Fake, FillWithGrey, Plane
from test_wide_holes import hole

from inpaint_cli.restoration import Restorer
from inpaint_cli.restoration.within_known import WithinKnown


class FillWith(Fake):
    value = 0.0

    def answer(self, inputs):
        return np.full_like(inputs["photo"], self.value)


def answer(value: float, photo: list[float], valid: list[float], guide: list[float] | None = None) -> float:
    """What becomes of a network's answer in a tile that has these values in its first row."""
    tiles = {"photo": np.zeros((1, 3, 32, 32), np.float32), "valid": np.zeros((1, 1, 32, 32), np.float32)}
    tiles["photo"][0, :, 0, : len(photo)] = photo
    tiles["valid"][0, 0, 0, : len(valid)] = valid
    if guide is not None:
        tiles["guide"] = np.full_like(tiles["photo"], guide[-1])
        tiles["guide"][0, :, 0, : len(guide)] = guide
    network = FillWith(card=SEEING if guide is None else GUIDED)
    network.value = value
    return float(WithinKnown(network)(tiles)[0, 0, 5, 5])


def test_answers_go_half_of_the_known_range_beyond_it():
    assert answer(0.5, photo=[0.4, 0.6], valid=[1, 1]) == pytest.approx(0.5)
    assert answer(0.9, photo=[0.4, 0.6], valid=[1, 1]) == pytest.approx(0.7)
    assert answer(0.1, photo=[0.4, 0.6], valid=[1, 1]) == pytest.approx(0.3)


def test_what_is_missing_is_no_black():
    assert answer(0.1, photo=[0.4, 0.4, 0.0], valid=[1, 1, 0]) == pytest.approx(0.4)


def test_black_that_is_known_counts():
    assert answer(0.1, photo=[0.4, 0.0], valid=[1, 1]) == pytest.approx(0.1)


def test_a_guide_counts_as_known():
    assert answer(0.9, photo=[0.4, 0.0], valid=[1, 0], guide=[0.4, 0.6]) == pytest.approx(0.7)
    assert answer(0.9, photo=[0.4, 0.0], valid=[1, 0], guide=[0.0, 0.0]) == pytest.approx(0.4)


def test_where_nothing_is_known_any_answer_stands():
    assert answer(0.9, photo=[0.0], valid=[0]) == pytest.approx(0.9)


@pytest.mark.parametrize("quality", ["fast", "standard", "best"])
@pytest.mark.parametrize("side", [6, 30, 90])
def test_flat_surroundings_are_continued_quite_flat_by_the_shipped_models(quality, side):
    photo, mask = np.full((200, 200, 3), (255, 180, 0), np.uint8), hole((200, 200), 50, 50, side, side)
    damaged = np.where(mask[..., None], 128, photo).astype(np.uint8)
    assert (Restorer(quality=quality).restore(damaged, mask) == photo).all()


@pytest.mark.parametrize("quality", ["fast", "standard", "best"])
@pytest.mark.parametrize("grain", [0.6, 1.0])
def test_faint_grain_is_not_taken_for_a_texture_by_the_shipped_models(quality, grain):
    noise = np.random.default_rng(0).normal(0, grain, (100, 100, 1))
    photo = np.clip(np.rint(np.full((100, 100, 3), (255, 180, 0)) + noise), 0, 255).astype(np.uint8)
    mask = hole((100, 100), 10, 10, 80, 4) | hole((100, 100), 50, 50, 16, 16)
    off = Restorer(quality=quality).restore(photo, mask)[mask].astype(float) - (255, 180, 0)
    assert np.abs(off).max() <= 3
    assert np.abs(off).mean() <= 0.5


def test_a_gradient_goes_on_into_the_corner():
    rows, columns = np.mgrid[0:60, 0:60]
    photo = np.repeat((2 * (rows + columns)).astype(np.uint8)[..., None], 3, axis=2)
    mask = hole((60, 60), 53, 53, 7, 7)
    damaged = np.where(mask[..., None], 0, photo).astype(np.uint8)
    restored = Restorer(network=Plane()).restore(damaged, mask)
    assert np.abs(restored.astype(int) - photo).max() <= 1


def test_a_blind_network_does_not_know_what_is_known_and_is_left_alone():
    photo, mask = np.full((40, 40, 3), 20, np.uint8), hole((40, 40), 5, 5, 5, 5)
    assert (Restorer(network=FillWithGrey(card=BLIND)).restore(photo, mask)[mask] == 128).all()
