"""Overlapping predictions leave no step at the tiles' edges."""

from __future__ import annotations

import numpy as np
import pytest
from fake_networks import BlurOfKnown, MeanOfKnown, Plane, PlaneWithErrors

from inpaint_cli.restoration import Restorer
from inpaint_cli.restoration.blend import tile_weights
from inpaint_cli.restoration.tiles import place_tiles

CORES = pytest.mark.parametrize("core", [24, 26])


def gradient(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([60 + rows // 2 + columns // 3, 200 - columns // 2, 40 + rows], axis=2).astype(np.uint8)


def diagonal_stroke(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.abs(rows - columns * height / width) < 6


def test_weights_are_largest_in_the_middle_and_never_zero():
    weights = tile_weights()
    assert weights.min() > 0
    assert weights.max() == weights[15:17, 15:17].min()
    assert (np.diff(weights[16, 16:]) < 0).all()


def test_a_gradient_is_restored_to_the_nearest_value():
    photo, mask = gradient(150, 200), diagonal_stroke(150, 200)
    restored = Restorer(network=Plane()).restore(np.where(mask[..., None], 0, photo).astype(np.uint8), mask)
    assert np.abs(restored.astype(int) - photo).max() <= 1


def steps_at_edges_and_elsewhere(restored: np.ndarray, mask: np.ndarray, core: int) -> tuple[float, float]:
    """Mean absolute step between neighbours in the hole: across tiles' left and right edges, and others."""
    at_edge = np.zeros(mask.shape, bool)
    placement = place_tiles(mask, core)
    for top, left in zip(placement.tops.tolist(), placement.lefts.tolist(), strict=True):
        for column in (left, left + 32):
            at_edge[top : top + 32, column : column + 1] = True
    steps = np.abs(np.diff(restored.astype(float), axis=1)).mean(axis=2)
    both = mask[:, 1:] & mask[:, :-1]
    return steps[both & at_edge[:, 1:]].mean(), steps[both & ~at_edge[:, 1:]].mean()


@CORES
def test_predictions_that_disagree_by_a_tenth_meet_without_a_step_of_one_value(core):
    photo, mask = gradient(150, 200), diagonal_stroke(150, 200)
    photo[:] = 128
    restored = Restorer(network=PlaneWithErrors(), core=core).restore(photo, mask)
    inside = mask[:, 1:] & mask[:, :-1]
    at_edges, elsewhere = steps_at_edges_and_elsewhere(restored, mask, core)
    assert np.abs(np.diff(restored.astype(int), axis=1))[inside].max() <= 6
    assert at_edges <= 1.2 * elsewhere + 0.1


@CORES
def test_on_a_texture_steps_at_edges_are_like_those_elsewhere(core):
    texture = np.random.default_rng(0).integers(90, 160, (300, 300, 3)).astype(np.uint8)
    mask = np.zeros((300, 300), bool)
    mask[::9] = mask[3::9] = True
    at_edges, elsewhere = steps_at_edges_and_elsewhere(
        Restorer(network=BlurOfKnown(), core=core).restore(texture, mask), mask, core
    )
    assert 0.85 <= at_edges / elsewhere <= 1.15


@pytest.mark.parametrize(("core", "most"), [(24, 5), (26, 6)])
def test_tiles_with_other_surroundings_pass_smoothly_into_each_other(core, most):
    photo = np.zeros((60, 400, 3), np.uint8)
    photo[:] = np.linspace(0, 255, 400).astype(np.uint8)[None, :, None]
    mask = np.zeros((60, 400), bool)
    mask[28:32, 40:360] = True
    restored = Restorer(network=MeanOfKnown(), core=core).restore(photo, mask)
    steps = np.abs(np.diff(restored[30, 40:360, 0].astype(int)))
    assert steps.max() <= most  # their means are 15 apart, and they overlap by 32 - core pixels
