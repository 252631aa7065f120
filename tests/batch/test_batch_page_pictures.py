"""What the picture report shows of one photo."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from page_samples import failed, restored, save
from PIL import Image

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.page_sources import pictures_of
from inpaint_cli.batch.page_thumbnails import MOST_BYTES, SPOT_SIDE, WHOLE_SIDE, make_pictures, telling_spot
from inpaint_cli.photos import Page


def opened(uri: str) -> Image.Image:
    return Image.open(BytesIO(base64.b64decode(uri.split(",")[1])))


def pixel(uri: str, x: int, y: int) -> tuple[int, ...]:
    value = opened(uri).convert("RGBA").getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def plain(pixels: Any, alpha: Any = None) -> Page:
    return Page(pixels, alpha)


def test_before_after_and_mask_are_pictured(tmp_path: Path) -> None:
    pictures = pictures_of(restored(tmp_path))
    assert pictures is not None and pictures.whole.after and pictures.whole.mask
    assert np.allclose(pixel(pictures.whole.before, 20, 15), (200, 0, 0, 255), atol=12)
    assert np.allclose(pixel(pictures.whole.after, 20, 15), (0, 0, 200, 255), atol=12)
    assert pixel(pictures.whole.mask, 5, 5)[3] == 255
    assert pixel(pictures.whole.mask, 35, 25)[3] == 0


def test_an_inverted_mask_is_read_as_the_run_reads_it(tmp_path: Path) -> None:
    pictures = pictures_of(restored(tmp_path), invert_mask=True)
    assert pictures is not None and pictures.whole.mask
    assert pixel(pictures.whole.mask, 5, 5)[3] == 0


@pytest.mark.parametrize("mode", ["union", "subtract"])
def test_a_mask_that_is_not_all_is_not_pictured_as_if_it_were(tmp_path: Path, mode: str) -> None:
    pictures = pictures_of(restored(tmp_path), mask_mode=mode)
    assert pictures is not None and pictures.compared


def test_a_small_photo_needs_no_spot_a_large_one_gets_it_at_full_size(tmp_path: Path) -> None:
    small = pictures_of(restored(tmp_path))
    large = pictures_of(restored(tmp_path, "b.png", (700, 1000)))
    assert small is not None and small.spot is None
    assert large is not None and large.spot is not None
    assert large.whole.pixels == (WHOLE_SIDE, round(700 * WHOLE_SIDE / 1000))
    assert large.spot.pixels == (SPOT_SIDE, SPOT_SIDE)
    assert large.spot.width == SPOT_SIDE / 1000


def test_the_spot_holds_damage_and_what_surrounds_it() -> None:
    mask = np.zeros((2000, 3000), np.bool_)
    mask[1500:1510, 2900:2960] = True
    top, left = telling_spot(mask)
    assert mask[top : top + SPOT_SIDE, left : left + SPOT_SIDE].sum() == mask.sum()
    mask[200:1200, 300:1500] = True  # larger than the spot, which then lies across its edge
    top, left = telling_spot(mask)
    assert 0.3 < mask[top : top + SPOT_SIDE, left : left + SPOT_SIDE].mean() < 0.7


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (17, 700), (256, 481), (1001, 999)])
def test_any_shape_of_photo_is_pictured(shape: tuple[int, int]) -> None:
    page = plain(np.zeros((*shape, 3), np.uint8))
    mask = np.zeros(shape, np.bool_)
    mask[-1, -1] = True
    pictures = make_pictures([page], [page], [mask])
    for look in (pictures.whole, pictures.spot):
        if look is not None:
            assert look.mask and opened(look.mask).size == look.pixels
            assert pixel(look.mask, look.pixels[0] - 1, look.pixels[1] - 1)[3] == 255


def test_a_scratch_one_pixel_wide_is_seen_in_the_small_mask() -> None:
    mask = np.zeros((3000, 4000), np.bool_)
    mask[:, 1234] = True
    pictures = make_pictures([plain(np.zeros((3000, 4000, 1), np.uint8))], None, [mask])
    assert pictures.whole.mask
    columns = np.asarray(opened(pictures.whole.mask).convert("RGBA"))[..., 3].max(0)
    assert np.count_nonzero(columns) == 1


def test_even_noise_fits_into_the_bytes_of_a_picture() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    pictures = make_pictures([plain(noise)], [plain(255 - noise)], [np.ones((600, 800), np.bool_)])
    looks = [look for look in (pictures.whole, pictures.spot) if look is not None]
    uris = [uri for look in looks for uri in (look.before, look.after, look.mask) if uri is not None]
    assert len(uris) == 6
    assert all(len(base64.b64decode(uri.split(",")[1])) <= MOST_BYTES for uri in uris)


def test_sixteen_bits_grey_and_alpha_look_as_they_are() -> None:
    deep = plain(np.full((20, 20, 1), 0x8000, np.uint16), np.full((20, 20), 0xFFFF, np.uint16))
    assert deep.alpha is not None
    deep.alpha[:10] = 0
    whole = make_pictures([deep], None, None).whole
    assert np.allclose(pixel(whole.before, 10, 15), (128, 128, 128, 255), atol=2)
    assert pixel(whole.before, 10, 5)[3] == 0


def test_transparency_is_the_mask_where_there_is_no_other(tmp_path: Path) -> None:
    pixels = np.full((20, 20, 4), 255, np.uint8)
    pixels[:10, :, 3] = 0
    photo, output = save(tmp_path / "a.png", pixels), save(tmp_path / "out" / "a.png", pixels | 255)
    pictures = pictures_of(Outcome(photo=photo, output=output, status="restored", mask_source="alpha"))
    assert pictures is not None and pictures.whole.mask and not pictures.compared
    assert (pixel(pictures.whole.mask, 5, 5)[3], pixel(pictures.whole.mask, 5, 15)[3]) == (255, 0)


def test_an_unknown_mask_is_where_before_and_after_differ() -> None:
    before, after = np.zeros((20, 20, 1), np.uint8), np.zeros((20, 20, 1), np.uint8)
    after[:10] = 1
    exact = make_pictures([plain(before)], [plain(after)], None)
    assert exact.compared and exact.whole.mask
    assert (pixel(exact.whole.mask, 5, 5)[3], pixel(exact.whole.mask, 5, 15)[3]) == (255, 0)
    assert make_pictures([plain(before)], [plain(after)], None, lossy=True).whole.mask is None


def test_the_most_damaged_page_of_several_is_shown(tmp_path: Path) -> None:
    photo, mask = tmp_path / "a.tif", tmp_path / "mask.tif"
    with tifffile.TiffWriter(photo) as tiff, tifffile.TiffWriter(mask) as masks:
        for number in range(3):
            tiff.write(np.full((20, 30, 3), number * 100, np.uint8), photometric="rgb")
            masks.write(np.full((20, 30), 255 * (number == 1), np.uint8), photometric="minisblack")
    pictures = pictures_of(Outcome(photo=photo, output=None, status="failed", mask=mask))
    assert pictures is not None
    assert (pictures.page, pictures.pages) == (2, 3)
    assert np.allclose(pixel(pictures.whole.before, 5, 5)[:3], 100, atol=2)


def test_a_mask_of_another_size_is_resized_where_the_run_did(tmp_path: Path) -> None:
    done = restored(tmp_path)
    save(tmp_path / "masks" / "a.png", np.full((60, 80), 255))
    pictures = pictures_of(done)
    assert pictures is not None and pictures.whole.mask


@pytest.mark.parametrize("content", [b"", b"not a photo", b"\x89PNG\r\n\x1a\n"])
def test_a_photo_that_cannot_be_read_has_no_pictures(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert pictures_of(failed(tmp_path / "a.png")) is None
    assert pictures_of(failed(tmp_path / "gone.png")) is None
