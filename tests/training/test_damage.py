"""Damage drawn in batches: known shapes by hand and OpenCV, the rest by its properties."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from training.damage import DAMAGE, draw_mixture, published_lines
from training.rasterisers import compiled_rasterisers, draw_capsules, draw_thin_lines


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(valid: Tensor) -> list[str]:
    """The first picture as rows of '#' (damaged) and '.' (known)."""
    return ["".join(".#"[int(value == 0)] for value in row) for row in valid[0, 0].tolist()]


def test_a_line_of_one_pixel_takes_the_nearest_pixel_of_each_step() -> None:
    valid = draw_thin_lines(torch.tensor([[[0.0, 1.0, 5.0, 3.0]]]), torch.tensor([[1.0]]), 6)
    assert drawn(valid) == [
        "......",
        "##....",
        "..##..",
        "....##",
        "......",
        "......",
    ]


def test_a_line_of_two_pixels_takes_three_rows_as_opencv_draws_it() -> None:
    valid = draw_thin_lines(torch.tensor([[[1.0, 3.0, 5.0, 3.0]]]), torch.tensor([[2.0]]), 7)
    mask = np.zeros((7, 7), np.uint8)
    cv2.line(mask, (1, 3), (5, 3), 255, 2)
    assert drawn(valid) == ["".join(".#"[int(value > 0)] for value in row) for row in mask]


def test_a_line_without_length_is_a_point() -> None:
    valid = draw_thin_lines(torch.tensor([[[2.0, 2.0, 2.0, 2.0]]]), torch.tensor([[1.0]]), 5)
    assert drawn(valid) == [".....", ".....", "..#..", ".....", "....."]


def test_random_lines_overlap_with_those_of_opencv() -> None:
    ends = torch.randint(0, 32, (300, 1, 4), generator=seeded()).float()
    for thickness, least in ((1, 0.95), (2, 0.88)):
        valid = draw_thin_lines(ends, torch.full((300, 1), float(thickness)), 32)
        overlaps = []
        for (x1, y1, x2, y2), ours in zip(ends[:, 0].int().tolist(), valid[:, 0].numpy() == 0, strict=True):
            mask = np.zeros((32, 32), np.uint8)
            cv2.line(mask, (x1, y1), (x2, y2), 255, thickness)
            overlaps.append((ours & (mask > 0)).sum() / (ours | (mask > 0)).sum())
        assert np.mean(overlaps) > least


def test_a_capsule_is_all_within_its_radius() -> None:
    valid = draw_capsules(torch.tensor([[[2.0, 3.0, 4.0, 3.0]]]), torch.tensor([[1.0]]), 7)
    assert drawn(valid) == [
        ".......",
        ".......",
        "..###..",
        ".#####.",
        "..###..",
        ".......",
        ".......",
    ]


def test_a_negative_radius_draws_nothing() -> None:
    assert draw_capsules(torch.zeros(1, 1, 4), torch.tensor([[-1.0]]), 4).eq(1).all()


def test_the_published_setting_misses_about_as_much_as_the_benchmark_does() -> None:
    generator = seeded()
    missing = 1 - sum(published_lines(100, 32, generator).mean().item() for _ in range(15)) / 15
    assert missing == pytest.approx(0.154, abs=0.012)


@pytest.mark.parametrize("name", [name for name in DAMAGE if name != "everything"])
def test_every_kind_gives_a_mask_of_zeros_and_ones_that_differs_between_pictures(name: str) -> None:
    valid = DAMAGE[name](64, 32, seeded())
    assert valid.shape == (64, 1, 32, 32)
    assert set(valid.unique().tolist()) <= {0.0, 1.0}
    assert 0.02 < 1 - valid.mean().item() < 0.75
    assert len({tuple(each.flatten().tolist()) for each in valid}) > 32


@pytest.mark.parametrize("name", DAMAGE)
def test_the_same_seed_draws_the_same_damage(name: str) -> None:
    assert DAMAGE[name](8, 32, seeded(7)).equal(DAMAGE[name](8, 32, seeded(7)))


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling for the CPU needs g++")
def test_compiled_rasterisers_draw_the_same_damage() -> None:
    kinds, rasterisers = dict.fromkeys(DAMAGE, 1.0), compiled_rasterisers()
    for n in (16, 40):
        drawn = draw_mixture(n, 32, kinds, seeded(7), rasterisers)
        assert (drawn != draw_mixture(n, 32, kinds, seeded(7))).float().mean() < 1e-3


def test_everything_leaves_nothing_known() -> None:
    assert DAMAGE["everything"](2, 32, seeded()).equal(torch.zeros(2, 1, 32, 32))


def test_a_mixture_of_no_pictures_is_empty() -> None:
    assert draw_mixture(0, 32, {"published-lines": 1.0}, seeded()).shape == (0, 1, 32, 32)


def test_a_mixture_gives_each_kind_its_share_in_order() -> None:
    valid = draw_mixture(10, 32, {"published-lines": 3.0, "half-planes": 7.0}, seeded(3))
    generator = seeded(3)
    parts = [DAMAGE["published-lines"](3, 32, generator), DAMAGE["half-planes"](7, 32, generator)]
    assert valid.equal(torch.cat(parts))
