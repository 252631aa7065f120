"""The spectral first guess: an exact transform, textures that go on, nothing taken from under the hole."""

from __future__ import annotations

import numpy as np
import torch

from training.spectral import FREQUENCIES, SIDE, SpectralGuess


def picture(seed: int = 0) -> torch.Tensor:
    return torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def line(row: int = 14, width: int = 4) -> torch.Tensor:
    """Known but for a bar across the tile."""
    valid = torch.ones(2, 1, SIDE, SIDE)
    valid[:, :, row : row + width] = 0
    return valid


def fence(period: float, angle: float) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    along = x * np.cos(angle) + y * np.sin(angle)
    return (0.5 + 0.4 * torch.sin(2 * np.pi / period * along)).float().expand(2, 3, -1, -1)


def filled(photo: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """The photo where it is known, its waves elsewhere."""
    waves = SpectralGuess()(photo, valid)
    return waves + (photo - waves) * valid


def test_the_transform_is_numpys_of_the_padded_tile() -> None:
    guess, tile = SpectralGuess(), picture()
    spectrum = guess._analyse(tile)
    expected = np.fft.rfft2(tile.numpy(), s=(FREQUENCIES, FREQUENCIES), norm="ortho")
    np.testing.assert_allclose(spectrum[:, :, 0].numpy(), expected.real, atol=2e-5)
    np.testing.assert_allclose(spectrum[:, :, 1].numpy(), expected.imag, atol=2e-5)
    torch.testing.assert_close(guess._synthesise(spectrum), tile, atol=1e-5, rtol=0)


def test_a_fence_goes_on_across_the_hole() -> None:
    valid = line()
    for period, angle in ((5.0, 0.0), (7.3, 0.4), (4.2, 1.0)):
        truth = fence(period, angle)
        error = (filled(truth * valid, valid) - truth)[:, :, 14:18].square().mean().sqrt()
        assert error < 0.06, (period, angle)  # its amplitude is 0.4


def test_known_pixels_stay_and_what_lies_under_the_hole_does_not_matter() -> None:
    tile, valid = picture(), line()
    guess = filled(tile, valid)
    torch.testing.assert_close(guess * valid, tile * valid, atol=1e-6, rtol=0)
    other = torch.where(valid > 0, tile, picture(1))
    torch.testing.assert_close(filled(other, valid), guess, atol=1e-6, rtol=0)


def test_the_waves_go_on_through_what_is_known() -> None:
    truth, valid = fence(7.3, 0.4), line()
    waves = SpectralGuess()(truth * valid, valid)
    near = torch.cat([waves[:, :, 11:14] - truth[:, :, 11:14], waves[:, :, 18:21] - truth[:, :, 18:21]], 2)
    assert near.square().mean().sqrt() < 0.03


def test_a_plain_tile_is_filled_plainly() -> None:
    tile, valid = torch.full((2, 3, SIDE, SIDE), 0.3), line()
    torch.testing.assert_close(filled(tile * valid, valid), tile, atol=1e-3, rtol=0)


def test_a_tile_of_which_nothing_is_known_is_black() -> None:
    nothing = torch.zeros(2, 1, SIDE, SIDE)
    assert filled(picture() * nothing, nothing).abs().max() < 1e-6


def test_larger_pictures_are_filled_tile_by_tile() -> None:
    tiles, valid = picture(), line()
    wide = torch.cat([tiles[:1], tiles[1:]], 3), torch.cat([valid[:1], valid[1:]], 3)
    alone = filled(tiles, valid)
    torch.testing.assert_close(filled(*wide), torch.cat([alone[:1], alone[1:]], 3))
