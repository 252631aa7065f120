from __future__ import annotations

from io import BytesIO

import numpy as np
import photo_samples as samples
import pytest
from PIL import Image

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import decode_photo, encode_photo, output_format

RGB = samples.rgb()
FEW = Image.fromarray(RGB).quantize(40)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}])
@pytest.mark.parametrize("pixels", [RGB, samples.rgba()], ids=["rgb", "rgba"])
def test_webp_is_exact_outside_the_mask(pixels: np.ndarray, options: dict[str, int]) -> None:
    data = samples.saved(
        pixels, "WEBP", icc_profile=b"profile", exif=samples.exif(1), xmp=b"<x:xmpmeta/>", **options
    )
    file = samples.check_exact(data)
    with Image.open(BytesIO(data)) as old, Image.open(BytesIO(file)) as new:
        for key in ("icc_profile", "exif", "xmp"):
            assert new.info[key] == old.info[key]


def test_webp_keeps_colours_under_transparent_pixels() -> None:
    data = samples.saved(samples.rgba(), "WEBP", lossless=True, exact=True)
    file = samples.check_exact(data)
    photo, again = decode_photo(data, name="old"), decode_photo(file, name="new")
    mask = samples.hole(photo.pages[0].shape)
    assert (photo.pages[0].pixels == again.pages[0].pixels)[~mask].all()


@pytest.mark.parametrize("orientation", [2, 6])
def test_webp_orientation(orientation: int) -> None:
    data = samples.saved(RGB, "WEBP", lossless=True, exif=samples.exif(orientation))
    file = samples.check_exact(data)
    assert decode_photo(file, name="restored").orientations == (orientation,)


@pytest.mark.parametrize(
    "picture",
    [Image.fromarray(RGB), Image.fromarray(samples.grey()), FEW, Image.fromarray(RGB).convert("1")],
    ids=["rgb", "grey", "palette", "one bit"],
)
def test_bmp_is_exact_outside_the_mask(picture: Image.Image) -> None:
    samples.check_exact(samples.saved(picture, "BMP", dpi=(300, 300)))


def test_bmp_changes_only_masked_bytes() -> None:
    data = samples.saved(RGB, "BMP")
    file = samples.check_exact(data)
    mask = samples.hole((samples.HEIGHT, samples.WIDTH))
    changed = np.frombuffer(file, np.uint8) != np.frombuffer(data, np.uint8)
    assert len(file) == len(data)
    assert 0 < changed.sum() <= 3 * mask.sum()


@pytest.mark.parametrize("top_down", [False, True])
def test_bmp_of_32_bits_keeps_its_fourth_byte(top_down: bool) -> None:
    data = bytearray(samples.saved(samples.rgba(), "BMP"))
    if top_down:
        data[22:26] = (-samples.HEIGHT).to_bytes(4, "little", signed=True)
    samples.check_exact(bytes(data))


@pytest.mark.parametrize("pixels_at", [0, 14, 53])
def test_bmp_whose_pixels_would_lie_over_its_header_is_refused(pixels_at: int) -> None:
    data = bytearray(samples.saved(RGB, "BMP"))
    data[10:14] = pixels_at.to_bytes(4, "little")
    with pytest.raises(PhotoError, match=r"^a\.bmp: the BMP is damaged in its header$"):
        decode_photo(bytes(data), name="a.bmp")


@pytest.mark.parametrize("format_name", ["GIF", "AVIF"])
def test_formats_that_are_only_read(format_name: str) -> None:
    data = samples.saved(FEW if format_name == "GIF" else RGB, format_name)
    photo = decode_photo(data, name="a.x")
    assert photo.format == format_name
    with pytest.raises(UnsupportedPhotoError, match=r"a\.x: .*--format png"):
        output_format(photo)
    mask = samples.hole(photo.pages[0].shape)
    with pytest.raises(UnsupportedPhotoError, match="--format png"):
        encode_photo(photo, [photo.pages[0].pixels], [mask])
    samples.check_exact(data, format="png")


def test_heic_where_its_library_is_there() -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    out = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(RGB)).save(out)
    assert decode_photo(out.getvalue(), name="a.heic").format == "HEIF"
    samples.check_exact(out.getvalue(), format="png")


def test_heic_of_ten_bits_keeps_them_all() -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    ramp = np.repeat(np.linspace(0, 65535, 64)[None, :, None], 48, axis=0).repeat(3, axis=2).astype(np.uint16)
    out = BytesIO()
    pillow_heif.from_bytes(mode="RGB;16", size=(64, 48), data=ramp.tobytes()).save(out, quality=-1)
    (page,) = decode_photo(out.getvalue(), name="a.heic").pages
    assert page.pixels.dtype == np.uint16
    assert (page.pixels[0, 0, 0], page.pixels[0, -1, 0]) == (0, 65535)
    assert len(np.unique(page.pixels[..., 0] % 256)) > 8  # more than 8 bits are in use
    samples.check_exact(out.getvalue(), format="png")


EVERY_GREY = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        (samples.saved(EVERY_GREY, "GIF"), "L"),
        (samples.saved(EVERY_GREY, "GIF", transparency=3), "LA"),
        (samples.saved(samples.grey(), "GIF"), "L"),
        (samples.saved(EVERY_GREY, "AVIF"), "L"),
    ],
    ids=["GIF", "GIF with a transparent grey", "GIF with a palette", "AVIF"],
)
def test_grey_stays_one_channel(data: bytes, mode: str) -> None:
    page = decode_photo(data, name="photo").pages[0]
    with Image.open(BytesIO(data)) as picture:
        assert (page.pixels == np.asarray(picture.convert("L"))[..., None]).all()
    assert (page.alpha is not None) == (mode == "LA")
    if page.alpha is not None:
        assert ((page.alpha == 0) == (EVERY_GREY == 3)).all()
    with Image.open(BytesIO(samples.check_exact(data, format="png"))) as written:
        assert written.mode == mode


def test_avif_of_ten_bits_is_refused_by_name() -> None:
    data = bytearray(samples.saved(RGB, "AVIF"))
    data[data.find(b"av1C") + 6] |= 0x40
    with pytest.raises(UnsupportedPhotoError, match=r"a\.avif: AVIF of more than 8 bits"):
        decode_photo(bytes(data), name="a.avif")


def test_heic_without_its_library_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedPhotoError, match=r"a\.heic: .*pip install pillow-heif"):
        decode_photo(b"\x00\x00\x00\x18ftypheic" + bytes(40), name="a.heic")


@pytest.mark.parametrize("format_name", ["WEBP", "GIF", "AVIF"])
def test_animations_are_refused_by_name(format_name: str) -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    data = samples.saved(frames[0], format_name, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(
        UnsupportedPhotoError, match=r"animated.* not supported; save one of its pictures as a PNG first"
    ):
        decode_photo(data, name="a.x")


@pytest.mark.parametrize("format_name", ["WEBP", "BMP", "GIF", "AVIF"])
@pytest.mark.parametrize("share", [0.03, 0.5, 0.9])
def test_truncated(format_name: str, share: float) -> None:
    data = samples.saved(FEW if format_name == "GIF" else RGB, format_name)
    with pytest.raises(PhotoError, match=r"^a.x: [^\n]+$"):
        decode_photo(data[: int(share * len(data)) + 12], name="a.x")
