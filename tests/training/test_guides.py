"""The simulated answer of a coarser level: known pixels as they are, a soft guess under the hole."""

import pytest
import torch

from training.guides import coarse_guide


def test_known_pixels_keep_their_values() -> None:
    truth, valid = torch.rand(8, 3, 32, 32), (torch.rand(8, 1, 32, 32) > 0.5).float()
    guide = coarse_guide(truth, valid, torch.Generator().manual_seed(1))
    assert (guide * valid).equal(truth * valid)


def test_fine_detail_under_the_hole_is_lost_and_tones_stay_near() -> None:
    stripes = torch.tensor([0.3, 0.7]).repeat(16).expand(64, 3, 32, 32).contiguous()
    guide = coarse_guide(stripes, torch.zeros(64, 1, 32, 32), torch.Generator().manual_seed(1))
    assert guide.sub(0.5).abs().mean().item() < 0.1  # the stripes themselves are 0.2 away from grey
    assert guide.mean().item() == pytest.approx(0.5, abs=0.02)


def test_the_same_seed_gives_the_same_guide() -> None:
    truth, valid = torch.rand(4, 3, 32, 32), torch.zeros(4, 1, 32, 32)
    first, second = (coarse_guide(truth, valid, torch.Generator().manual_seed(5)) for _ in range(2))
    assert first.equal(second)
