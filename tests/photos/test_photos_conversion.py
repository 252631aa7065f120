from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import numpy as np
import photo_samples as samples
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from inpaint_cli.errors import UnsupportedPhotoError
from inpaint_cli.photos import decode_photo, encode_photo, output_format
from inpaint_cli.photos.metadata import exif_orientation, upright_exif, without_thumbnail

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def photograph(orientation: int = 1) -> bytes:
    return samples.saved(
        samples.rgb(),
        "JPEG",
        quality=90,
        icc_profile=PROFILE,
        xmp=XMP,
        exif=b"Exif\x00\x00" + samples.exif(orientation),
        dpi=(300, 300),
    )


@pytest.mark.parametrize("target", ["png", "tiff", "webp", "bmp"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_conversion_without_loss_is_exact_and_upright(target: str, orientation: int) -> None:
    file = samples.check_exact(photograph(orientation), format=target)
    assert decode_photo(file, name="converted").orientations == (1,)


@pytest.mark.parametrize("target", ["png", "tiff", "webp", "jpeg"])
def test_profile_xmp_and_exif_go_along(target: str) -> None:
    data = photograph(6)
    if target == "jpeg":
        data = samples.restored(data, format="png")[1]
    _, file, _ = samples.restored(data, format=target)
    with Image.open(BytesIO(file)) as picture:
        info: dict[str, Any] = {
            **picture.info,
            **({"icc_profile": picture.tag_v2[34675]} if target == "tiff" else {}),
        }
        assert info["icc_profile"] == PROFILE
        xmp = picture.tag_v2[700] if target == "tiff" else info["xmp"]
        assert xmp.rstrip(b"\x00") == XMP
        if target != "tiff":
            assert picture.getexif()[0x010F] == "Camera"
            assert picture.getexif().get(0x0112, 1) == 1
        if target == "webp":
            info["dpi"] = [picture.getexif()[tag] for tag in (282, 283)]
        assert [round(float(value)) for value in info["dpi"]] == [300, 300]


def test_sixteen_bits_go_from_png_to_tiff_and_back() -> None:
    deep = samples.deep(samples.rgb())
    out = BytesIO()
    tifffile.imwrite(out, deep)
    png = samples.check_exact(out.getvalue(), format="png")
    tiff = samples.check_exact(png, format="tiff")
    mask = samples.hole(deep.shape[:2])
    assert (tifffile.imread(BytesIO(tiff))[~mask] == deep[~mask]).all()


@pytest.mark.parametrize(
    ("data", "target", "what"),
    [
        (samples.saved(samples.rgba(), "PNG"), "jpeg", "transparency"),
        (samples.saved(samples.rgba(), "PNG"), "bmp", "transparency"),
        (samples.saved(samples.deep(samples.grey()), "PNG"), "jpeg", "16 bits"),
        (samples.saved(samples.deep(samples.grey()), "PNG"), "webp", "16 bits"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_any_work(data: bytes, target: str, what: str) -> None:
    photo = decode_photo(data, name="photo")
    with pytest.raises(UnsupportedPhotoError, match=what):
        output_format(photo, target)
    with pytest.raises(UnsupportedPhotoError, match=what):
        encode_photo(photo, [photo.pages[0].pixels], [samples.hole(photo.pages[0].shape)], format=target)


@pytest.mark.parametrize("target", ["png", "webp", "jpeg", "bmp"])
@pytest.mark.parametrize(
    ("meanings", "told"),
    [
        (["unspecified"], "one more channel"),
        (["unspecified", "unassalpha", "unspecified"], "2 more channels"),
    ],
)
def test_channels_of_another_meaning_fit_only_the_tiff_that_has_them(
    target: str, meanings: list[str], told: str
) -> None:
    out = BytesIO()
    opaque = np.full((samples.HEIGHT, samples.WIDTH, len(meanings)), 255, np.uint8)
    channels = np.dstack([samples.rgb(), opaque])
    tifffile.imwrite(out, channels, photometric="rgb", extrasamples=meanings)
    photo = decode_photo(out.getvalue(), name="photo")
    advice = "such as an infrared one; choose TIFF, by --format or by the suffix of -o FILE"
    with pytest.raises(UnsupportedPhotoError, match=f"^photo: .* can't hold {told}, {advice}$"):
        output_format(photo, target)
    assert output_format(photo, "tiff") == output_format(photo) == "TIFF"


def erased(alpha_elsewhere: int) -> tuple[bytes, np.ndarray]:
    """A PNG whose damage was erased to transparency, and where that is."""
    hole = samples.hole((samples.HEIGHT, samples.WIDTH))
    alpha = np.where(hole, 0, alpha_elsewhere).astype(np.uint8)
    return samples.saved(np.dstack([samples.rgb(), alpha]), "PNG"), hole


@pytest.mark.parametrize("target", ["jpeg", "bmp"])
def test_a_format_without_transparency_holds_a_photo_whose_transparent_pixels_are_filled(target: str) -> None:
    data, hole = erased(alpha_elsewhere=255)
    photo = decode_photo(data, name="photo")
    assert output_format(photo, target) == target.upper()
    page = decode_photo(
        encode_photo(photo, samples.fill(photo, [hole]), [hole], format=target), name="new"
    ).pages[0]
    assert page.alpha is None
    assert page.pixels.shape == (samples.HEIGHT, samples.WIDTH, 3)


@pytest.mark.parametrize("target", ["jpeg", "bmp"])
def test_a_format_without_transparency_holds_a_photo_whose_alpha_is_opaque_everywhere(target: str) -> None:
    data = samples.saved(
        np.dstack([samples.rgb(), np.full((samples.HEIGHT, samples.WIDTH), 255, np.uint8)]), "PNG"
    )
    assert decode_photo(samples.restored(data, format=target)[1], name="new").pages[0].alpha is None


def test_an_opaque_alpha_stays_where_the_format_has_one() -> None:
    data, _ = erased(alpha_elsewhere=255)
    new = decode_photo(samples.restored(data, format="tiff")[1], name="new")
    assert new.pages[0].alpha is not None and (new.pages[0].alpha == 255).all()


def test_transparent_pixels_that_no_mask_fills_are_refused_once_that_is_known() -> None:
    data, hole = erased(alpha_elsewhere=255)
    photo = decode_photo(data, name="photo")
    half = hole.copy()
    half[-4:] = False
    output_format(photo, "jpeg")
    with pytest.raises(UnsupportedPhotoError, match=r"^photo: JPEG can't hold transparency; choose PNG"):
        encode_photo(photo, samples.fill(photo, [half]), [half], format="jpeg")


@pytest.mark.parametrize("alpha", [128, 254])
def test_half_transparent_pixels_are_never_filled_and_refused_before_any_work(alpha: int) -> None:
    with pytest.raises(UnsupportedPhotoError, match="JPEG can't hold transparency"):
        output_format(decode_photo(erased(alpha_elsewhere=alpha)[0], name="photo"), "jpeg")


def test_several_pages_fit_only_a_tiff() -> None:
    out = BytesIO()
    tifffile.imwrite(out, np.stack([samples.rgb()] * 2), photometric="rgb")
    photo = decode_photo(out.getvalue(), name="photo")
    with pytest.raises(UnsupportedPhotoError, match="2 pages"):
        output_format(photo, "png")


@pytest.mark.parametrize("kind", ["L", "RGBA", "P"])
def test_other_kinds_convert_to_tiff(kind: str) -> None:
    samples.check_exact(samples.saved(Image.fromarray(samples.rgba()).convert(kind), "PNG"), format="tiff")


@pytest.mark.parametrize("order", ["II", "MM"])
def test_orientation_is_read_and_set_in_its_place(order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "II" else ">"
    exif[0x0112], exif[0x010F] = 6, "Camera"
    data = exif.tobytes()[6:]
    assert exif_orientation(data) == 6
    upright = upright_exif(data)
    assert upright is not None
    assert exif_orientation(upright) == 1
    assert len(upright) == len(data)


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_of_4_bytes_is_followed_as_pillow_does(order: str) -> None:
    start = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, 1)
    exif = start + struct.pack(order + "HHII", 0x0112, 4, 1, 6) + bytes(4)
    data = samples.saved(samples.rgb(), "PNG", exif=exif)
    with Image.open(BytesIO(data)) as picture:
        seen = np.array(ImageOps.exif_transpose(picture))
    assert (decode_photo(data, name="photo").pages[0].pixels == seen).all()
    assert upright_exif(exif) == start + struct.pack(order + "HHII", 0x0112, 4, 1, 1) + bytes(4)


@pytest.mark.parametrize(
    "exif", [None, b"", b"II*\x00", b"II*\x00\xff\xff\xff\xff", b"nonsense in place of exif"]
)
def test_damaged_exif_means_upright(exif: bytes | None) -> None:
    assert exif_orientation(exif) == 1
    assert upright_exif(exif) == exif
    assert without_thumbnail(exif) == exif
