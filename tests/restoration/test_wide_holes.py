"""Holes wider than a tile, coarse to fine."""

from __future__ import annotations

import numpy as np
import pytest
from fake_networks import GUIDED, Fake, FillWithGrey, MeanOfKnown, Plane, PushPull
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaint_cli.restoration import Restorer
from inpaint_cli.restoration.pyramid import (
    REACH,
    depth_of,
    double,
    halve,
    halve_any,
    wide_regions,
)


def hole(shape: tuple[int, int], top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def test_halving_takes_the_mean_of_known_pixels_only():
    picture = np.array([[10, 20, 99, 99], [30, 99, 99, 99]], np.uint8)[..., None]
    missing = picture[..., 0] == 99
    small, gone = halve(picture, missing)
    assert small[0, 0, 0] * 255 == pytest.approx(20, abs=1e-4)
    assert gone.tolist() == [[False, True]]


def test_halving_an_odd_size_keeps_the_last_row_and_column():
    small, gone = halve(np.full((601, 3, 3), 51, np.uint8), np.zeros((601, 3), bool))
    assert small.shape == (301, 2, 3)
    assert np.allclose(small, 0.2)
    assert not gone.any()


def a_row(small: np.ndarray) -> np.ndarray:
    """Enlarge rows along their length only, to 13 columns."""
    return np.concatenate(
        [large[:1] for row in small for _, large in double(row[None], np.ones((2, 13), bool))]
    )


def test_doubling_in_bands_is_doubling():
    small = np.random.default_rng(0).random((300, 7, 3), dtype=np.float32)
    bands = list(double(small, np.ones((599, 13), bool)))
    assert [(rows.start, rows.stop) for rows, _ in bands] == [(0, 256), (256, 512), (512, 599)]
    wished = [rows for rows, _ in double(small, hole((599, 13), 300, 5, 100, 1))]
    assert wished == [slice(256, 512)]
    whole = np.concatenate([large for _, large in bands])
    assert whole.shape == (599, 13, 3)
    flat = np.concatenate(
        [large for _, large in double(np.full((300, 7, 1), 0.3, np.float32), np.ones((600, 14), bool))]
    )
    assert np.allclose(flat, 0.3)
    assert np.allclose(whole[255:257], 0.75 * a_row(small[127:129]) + 0.25 * a_row(small[128:126:-1]))


def test_halving_a_wish_keeps_every_wish():
    assert halve_any(hole((5, 5), 4, 4, 1, 1)).tolist() == [[False] * 3, [False] * 3, [False, False, True]]


def test_thin_damage_has_no_wide_regions():
    mask = np.zeros((200, 200), bool)
    mask[:, ::40] = mask[:, 1::40] = True
    mask[100:116, 50:150] = True
    assert wide_regions(mask) == []


@given(
    size=st.tuples(st.integers(1, 120), st.integers(1, 120)),
    corner=st.tuples(st.integers(0, 119), st.integers(0, 119)),
    shape=st.tuples(st.integers(1, 120), st.integers(1, 120)),
)
@settings(max_examples=200, deadline=None)
def test_pixels_that_are_deep_lie_in_a_region_that_sees_known_pixels(size, corner, shape):
    mask = hole(size, *corner, *shape)
    if mask.all():
        mask[0, 0] = False
    deep = depth_of(mask) > REACH
    for region in wide_regions(mask):
        assert not region.of(mask).all()
        region.of(deep)[:] = False
    assert not deep.any()


def test_a_wide_hole_in_a_gradient_continues_it():
    rows, columns = np.mgrid[0:400, 0:500]
    photo = np.stack([rows // 2, columns // 2, (rows + columns) // 4], axis=2).astype(np.uint8)
    mask = hole((400, 500), 100, 120, 200, 260)
    damaged = np.where(mask[..., None], 255, photo).astype(np.uint8)
    restored = Restorer(network=Plane()).restore(damaged, mask)
    assert np.abs(restored.astype(int) - photo).max() <= 3


@pytest.mark.parametrize(("core", "least"), [(24, 130), (26, 125)])
@pytest.mark.parametrize("network", [MeanOfKnown, PushPull])
def test_a_wide_hole_takes_the_colours_around_it_and_no_grey(network, core, least):
    photo = np.zeros((300, 300, 3), np.uint8)
    photo[:, :150] = (200, 30, 30)
    photo[:, 150:] = (30, 30, 200)
    mask = hole((300, 300), 60, 60, 180, 180)
    photo[mask] = 0
    restorer = Restorer(network=network(), core=core)
    restored = restorer.restore(photo, mask)[mask.nonzero()].reshape(180, 180, 3)
    assert restored[..., 0].min() >= 25
    assert restored[:, :20, 0].min() > least
    assert restored[:, -20:, 2].min() > least
    assert restored[..., 1].min() >= 28
    assert restored[..., 1].max() <= 32


def test_from_the_rim_to_the_middle_there_is_no_step():
    columns = np.mgrid[0:256, 0:256][1]
    photo = np.repeat((columns // 2 + 50).astype(np.uint8)[..., None], 3, axis=2)
    mask = hole((256, 256), 50, 50, 150, 150)
    restored = Restorer(network=PushPull()).restore(
        np.where(mask[..., None], 0, photo).astype(np.uint8), mask
    )
    steps = np.abs(np.diff(restored[50:200, 50:200, 0].astype(int), axis=0))
    assert steps.max() <= 12
    assert steps.mean() <= 1.0


def test_a_photo_with_a_single_known_pixel_takes_its_colour():
    photo, mask = np.zeros((90, 200, 3), np.uint8), np.ones((90, 200), bool)
    photo[70, 13], mask[70, 13] = (200, 100, 50), False
    restored = Restorer(network=MeanOfKnown()).restore(photo, mask)
    assert np.abs(restored.astype(int) - (200, 100, 50)).max() <= 1


def test_a_hole_that_runs_off_the_photo_is_filled_from_its_one_side():
    photo, mask = np.full((200, 300, 3), 90, np.uint8), hole((200, 300), 0, 100, 200, 200)
    photo[mask] = 255
    assert (Restorer(network=MeanOfKnown()).restore(photo, mask) == 90).all()


def test_a_narrow_strip_with_a_long_hole():
    photo, mask = np.full((12, 900, 3), 90, np.uint8), hole((12, 900), 0, 100, 12, 700)
    photo[mask] = 255
    assert (Restorer(network=MeanOfKnown()).restore(photo, mask) == 90).all()


def test_no_tile_of_a_wide_hole_is_without_known_pixels():
    network = MeanOfKnown()
    Restorer(network=network).restore(np.zeros((500, 500, 3), np.uint8), hole((500, 500), 50, 50, 400, 400))
    assert network.all("valid").max(axis=(1, 2, 3)).min() == 1


def test_a_wide_hole_costs_its_rim_and_not_its_area():
    network = FillWithGrey()
    Restorer(network=network).restore(
        np.zeros((1000, 1000, 3), np.uint8), hole((1000, 1000), 100, 100, 800, 800)
    )
    assert network.tiles <= 320  # its area would be 1111 tiles


@pytest.mark.parametrize(("core", "below"), [(24, 202), (26, 212)])
def test_a_guide_is_given_for_wide_holes_and_is_black_without(core, below):
    network = PushPullWithGuide(card=GUIDED)
    photo = np.full((400, 400, 3), 102, np.uint8)
    mask = hole((400, 400), 40, 40, 150, 150)
    mask[390, 100:110] = mask[below : below + 4, 100:110] = True
    photo[mask] = 255
    restored = Restorer(network=network, core=core).restore(photo, mask)
    assert (restored == 102).all()
    guides, valid = network.seen[-1]["guide"], network.seen[-1]["valid"]
    guided = guides.max(axis=(1, 2, 3)) > 0
    assert not guided[-2:].any()  # thin damage, far from the hole and close to it
    assert guided[:-2].all()
    assert np.allclose(guides[guided], 0.4, atol=0.01)  # nothing of the damage, anywhere in the tile
    assert (valid[guided] == 0).mean() > 0.4  # the whole hole is missing, not its rim alone


def test_the_guide_is_the_coarser_answer_under_the_whole_hole_and_the_photo_elsewhere():
    network = AddATenthToTheGuide(card=GUIDED)
    photo, mask = np.full((100, 100, 3), 102, np.uint8), hole((100, 100), 30, 30, 30, 40)
    photo[24:66, 24:76] = 255  # a frame, so that what is known allows other answers than 102
    photo[26:64, 26:74] = 102
    photo[mask] = 255
    restored = Restorer(network=network).restore(photo, mask)
    coarse, fine = network.seen  # at half the size the hole is narrow enough to need no guide
    assert coarse["guide"].max() == 0
    known, missing = fine["valid"].astype(bool), ~fine["valid"].astype(bool)
    assert (fine["guide"] * known == fine["photo"]).all()
    under_the_hole = fine["guide"][np.broadcast_to(missing, fine["guide"].shape)]
    assert under_the_hole.min() >= 0.4  # beside the edge it is enlarged from answer and photo both
    assert under_the_hole.max() <= 0.5 + 1 / 255
    assert (under_the_hole > 0.5 - 1 / 255).mean() > 0.85
    assert set(restored[45, 40:60].ravel()) == {128}  # further than 10 pixels inside: as it was
    assert np.abs(restored[mask].astype(int) - 128).max() == 26  # at the rim: refined


class AddATenthToTheGuide(Fake):
    """Grey without a guide."""

    def answer(self, inputs):
        given = inputs["guide"].max(axis=(1, 2, 3), keepdims=True) > 0
        return np.where(given, inputs["guide"] + np.float32(0.1), np.float32(0.5))


class PushPullWithGuide(PushPull):
    """Takes the guide where it is given."""

    def answer(self, inputs):
        guess, guide = super().answer(inputs), inputs["guide"]
        return np.where(guide.max(axis=(1, 2, 3), keepdims=True) > 0, guide, guess)
