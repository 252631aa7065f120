"""The learned first guess: an exact transform, textures that go on, nothing taken from under the hole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.learned_spectral import LearnedSpectralGuess

SIDE = 32


def tile(seed: int = 0) -> torch.Tensor:
    return torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def bar() -> torch.Tensor:
    """Known but for a bar of four rows across the tile."""
    valid = torch.ones(2, 1, SIDE, SIDE)
    valid[:, :, 14:18] = 0
    return valid


def fence(period: float, angle: float) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    along = x * np.cos(angle) + y * np.sin(angle)
    return (0.5 + 0.4 * torch.sin(2 * np.pi / period * along)).float().expand(2, 1, -1, -1)


def test_the_transform_holds_numpys_of_the_padded_tile() -> None:
    """Products of cosines and sines, of which the real and imaginary parts of the plane waves are sums."""
    guess, picture = LearnedSpectralGuess(2), tile()
    parts = guess._analyse(picture).view(2, 2, 21, 2, 21)[:, :, 1:20, :, 1:20].numpy()  # not halved waves
    expected = np.fft.fft2(picture[:, 0].numpy(), s=(40, 40), norm="ortho")[:, 1:20, 1:20]
    np.testing.assert_allclose(parts[:, 0, :, 0] - parts[:, 1, :, 1], 2 * expected.real, atol=2e-5)
    np.testing.assert_allclose(parts[:, 0, :, 1] + parts[:, 1, :, 0], -2 * expected.imag, atol=2e-5)


def test_no_more_is_lost_on_the_way_back() -> None:
    guess, picture = LearnedSpectralGuess(2), tile()
    torch.testing.assert_close(guess._synthesise(guess._analyse(picture)), picture, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("period", "angle"), [(5.0, 0.0), (7.3, 0.4), (4.2, 1.0)])
def test_even_before_it_has_learned_a_fence_goes_on_across_the_hole(period: float, angle: float) -> None:
    truth, valid = fence(period, angle), bar()
    waves = LearnedSpectralGuess(8)(truth * valid, valid)
    assert (waves - truth)[:, :, 14:18].square().mean().sqrt() < 0.12  # its amplitude is 0.4


def test_what_lies_under_the_hole_does_not_matter() -> None:
    guess, valid = LearnedSpectralGuess(3), bar()
    other = torch.where(valid > 0, tile(), tile(1))
    torch.testing.assert_close(guess(other, valid), guess(tile(), valid), atol=1e-6, rtol=0)


def test_a_plain_tile_is_filled_plainly() -> None:
    plain, valid = torch.full((2, 1, SIDE, SIDE), 0.3), bar()
    torch.testing.assert_close(LearnedSpectralGuess(3)(plain * valid, valid), plain, atol=1e-3, rtol=0)


def test_a_tile_of_which_nothing_is_known_is_black() -> None:
    assert LearnedSpectralGuess(3)(tile(), torch.zeros(2, 1, SIDE, SIDE)).abs().max() < 1e-6


def test_larger_pictures_are_filled_tile_by_tile() -> None:
    guess, tiles, valid = LearnedSpectralGuess(3), tile(), bar()
    alone = guess(tiles, valid)
    wide = guess(torch.cat([tiles[:1], tiles[1:]], 3), torch.cat([valid[:1], valid[1:]], 3))
    torch.testing.assert_close(wide, torch.cat([alone[:1], alone[1:]], 3))


def test_learning_makes_the_guess_better() -> None:
    guess, valid = LearnedSpectralGuess(3), bar()
    truth = torch.cat([fence(7.3, 0.4), fence(4.2, 1.0)])
    known = torch.cat([valid, valid])

    def error() -> torch.Tensor:
        return ((guess(truth, known) - truth) * (1 - known)).square().mean()

    before, optimizer = error().detach(), torch.optim.Adam(guess.parameters(), 0.03)
    for _ in range(20):
        optimizer.zero_grad()
        error().backward()
        optimizer.step()
    assert error() < 0.5 * before
