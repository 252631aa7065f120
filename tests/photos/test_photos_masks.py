from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import photo_samples as samples
import pytest
import tifffile
from PIL import Image

from inpaint_cli.errors import MaskError
from inpaint_cli.photos import decode_mask, read_mask, read_mask_pages

WHITE = samples.hole((20, 30))
GREY = WHITE.astype(np.uint8) * 255


def rgba() -> np.ndarray:
    """White strokes on nothing."""
    return np.dstack([np.full((20, 30, 3), 255, np.uint8), GREY])


KINDS: dict[str, Any] = {
    "grey.png": GREY,
    "rgb.png": np.dstack([GREY] * 3),
    "palette.png": Image.fromarray(np.dstack([GREY] * 3)).quantize(2),
    "bits.png": Image.fromarray(GREY).convert("1"),
    "deep.png": GREY.astype(np.uint16) * 257,
    "strokes.png": rgba(),
    "grey.bmp": GREY,
    "grey.tif": GREY,
    "fax.tif": Image.fromarray(GREY).convert("1"),
    "grey.gif": GREY,
    "lossless.webp": np.dstack([GREY] * 3),
    "photo.jpg": GREY,
}


@pytest.mark.parametrize("name", KINDS)
def test_white_is_damage_in_every_kind(tmp_path: Path, name: str) -> None:
    picture = KINDS[name] if isinstance(KINDS[name], Image.Image) else Image.fromarray(KINDS[name])
    options: dict[str, Any] = {"fax.tif": {"compression": "group4"}, "lossless.webp": {"lossless": True}}
    picture.save(tmp_path / name, **options.get(name, {}))
    assert (read_mask(tmp_path / name) == WHITE).all()
    assert (read_mask_pages(tmp_path / name, invert=True)[0] == ~WHITE).all()


def test_the_threshold_is_127(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() == [[False, False, True, True]]
    Image.fromarray(np.array([[0, 32767, 32768, 65535]], np.uint16)).save(tmp_path / "b.png")
    assert read_mask(tmp_path / "b.png").tolist() == [[False, False, True, True]]


def test_a_cmyk_jpeg_may_be_a_mask() -> None:
    data = samples.saved(Image.fromarray(np.dstack([GREY] * 3)).convert("CMYK"), "JPEG", quality=100)
    assert (decode_mask(data, name="mask")[0] == WHITE).mean() > 0.99


def test_a_mask_is_turned_as_its_orientation_says() -> None:
    data = samples.saved(GREY, "JPEG", quality=100, exif=b"Exif\x00\x00" + samples.exif(6))
    assert decode_mask(data, name="mask")[0].shape == (30, 20)


def test_a_mask_of_several_pages(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.stack([GREY, 255 - GREY]), photometric="minisblack")
    first, second = read_mask_pages(tmp_path / "a.tif")
    assert (first == WHITE).all()
    assert (second == ~WHITE).all()
    with pytest.raises(MaskError, match="2 pages"):
        read_mask(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", [None, "group4", "tiff_lzw"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_pages_of_a_mask_may_be_of_1_bit(compression: str | None, orientation: int) -> None:
    pages = [Image.fromarray(grey).convert("1") for grey in (GREY, 255 - GREY)]
    data = samples.saved(
        pages[0], "TIFF", save_all=True, append_images=pages[1:], compression=compression,
        tiffinfo={274: orientation},
    )  # fmt: skip
    turns = 0 if orientation == 1 else -1
    first, second = decode_mask(data, name="mask")
    assert (first == np.rot90(WHITE, turns)).all()
    assert (second == np.rot90(~WHITE, turns)).all()


def test_a_thumbnail_in_a_mask_of_1_bit_is_no_page() -> None:
    out = BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(WHITE, photometric="minisblack")
        writer.write(WHITE[::2, ::2], photometric="minisblack", subfiletype=1)
    (mask,) = decode_mask(out.getvalue(), name="mask")
    assert (mask == WHITE).all()


def test_the_most_pixels_hold_for_all_pages_of_a_mask_together() -> None:
    page = Image.fromarray(GREY).convert("1")
    data = samples.saved(page, "TIFF", save_all=True, append_images=[page])
    assert len(decode_mask(data, name="mask", max_pixels=1200)) == 2
    with pytest.raises(MaskError, match="--max-pixels"):
        decode_mask(data, name="mask", max_pixels=1199)


def test_a_mask_whose_range_is_unknown_names_what_to_use() -> None:
    out = BytesIO()
    tifffile.imwrite(out, WHITE.astype(np.float32))
    with pytest.raises(MaskError, match=r"; use an 8-bit PNG, or a TIFF of 8-bit pages$"):
        decode_mask(out.getvalue(), name="mask")


@pytest.mark.parametrize("content", [b"", b"text", samples.saved(GREY, "PNG")[:60]])
def test_unreadable_masks(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(MaskError, match=r"^mask .*a\.png: "):
        read_mask(tmp_path / "a.png")


def test_a_mask_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="No such file"):
        read_mask(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("mode", "background", "mark", "invert", "nearest"),
    [("RGB", "black", (255, 0, 0), False, "white, which is damage, is 76"), ("L", 0, 1, False, "is 1 of"),
     ("L", 255, 200, True, "black, which is damage, is 200")],
)  # fmt: skip
def test_marks_that_are_all_too_faint_are_no_empty_mask(tmp_path, mode, background, mark, invert, nearest):
    picture = Image.new(mode, (20, 10), background)
    picture.paste(mark, (3, 3, 6, 6))
    picture.save(tmp_path / "m.png")
    with pytest.raises(MaskError, match=nearest):
        read_mask_pages(tmp_path / "m.png", invert=invert)


def test_a_photo_is_no_mask_and_a_soft_brush_is_one() -> None:
    ramp = np.tile(np.linspace(0, 255, 256).round().astype(np.uint8), (4, 1))
    between = "74% of it is neither black nor white; give a mask"
    with pytest.raises(MaskError, match=f"^mask m: looks like a photo: {between}"):
        decode_mask(samples.saved(ramp, "PNG"), name="m")
    soft = np.hstack([np.zeros((4, 128), np.uint8), ramp])
    assert decode_mask(samples.saved(soft, "PNG"), name="m")[0].sum() == 4 * 128


@pytest.mark.parametrize("grey", [0, 16, 127])
def test_one_dark_grey_all_over_marks_nothing(tmp_path, grey):
    Image.new("L", (20, 10), grey).save(tmp_path / "m.png")
    assert not read_mask(tmp_path / "m.png").any()


def strokes(colour: int) -> np.ndarray:
    """Strokes of a colour on a transparent layer, which is of that colour too."""
    return np.dstack([np.full((20, 30, 3), colour, np.uint8), GREY])


def test_black_strokes_on_a_transparent_layer_are_no_empty_mask() -> None:
    remedy = "is 0 of 255; draw them white; if nothing is damaged, give it a black background$"
    with pytest.raises(MaskError, match=rf"^mask m: has marks, but none counts: .*{remedy}"):
        decode_mask(samples.saved(strokes(0), "PNG"), name="m")
    assert (decode_mask(samples.saved(strokes(255), "PNG"), name="m")[0] == WHITE).all()


def test_black_strokes_are_told_from_white_ones_in_a_tiff_of_premultiplied_alpha() -> None:
    for colour in (0, 255):
        out = BytesIO()
        premultiplied = np.minimum(strokes(colour), GREY[..., None])
        tifffile.imwrite(out, premultiplied, photometric="rgb", extrasamples=["assocalpha"])
        if colour:
            assert (decode_mask(out.getvalue(), name="m")[0] == WHITE).all()
            continue
        with pytest.raises(MaskError, match="none counts"):
            decode_mask(out.getvalue(), name="m")


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_one_alpha_all_over_marks_nothing(alpha: int) -> None:
    layer = Image.new("RGBA", (20, 10), (0, 0, 0, alpha))
    assert not decode_mask(samples.saved(layer, "PNG"), name="m")[0].any()
