"""What a conversion does not write as the photo has it: very high resolutions, thumbnails in EXIF."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import photo_samples as samples
import pytest
import tifffile
from PIL import ExifTags, Image

from inpaint_cli.photos import decode_photo, encode_photo

THUMBNAIL = samples.saved(samples.rgb(6, 8), "JPEG")


def density(jpeg: bytes) -> tuple[int, int, int]:
    """The unit (1 inch, 2 centimetre, 0 none), and the horizontal and vertical dots, as JFIF has them."""
    assert jpeg[6:11] == b"JFIF\0"
    unit, across, down = struct.unpack_from(">BHH", jpeg, 13)
    return unit, across, down


@pytest.mark.parametrize(
    ("dpi", "written"),
    [
        ((300, 600), (1, 300, 600)),
        ((65_535, 65_535), (1, 65_535, 65_535)),
        ((65_536, 65_536), (2, 25_802, 25_802)),
        ((100_000, 300), (2, 39_370, 118)),
        ((166_000, 166_000), (2, 65_354, 65_354)),
        ((200_000, 200_000), (0, 1, 1)),
        ((100_000, 1), (0, 1, 1)),
    ],
)
def test_a_jpeg_has_the_resolution_in_the_unit_that_can_hold_it_or_none(
    dpi: tuple[int, int], written: tuple[int, int, int]
) -> None:
    out = BytesIO()
    tifffile.imwrite(out, samples.rgb(), photometric="rgb", resolution=dpi, resolutionunit="inch")
    file = samples.restored(out.getvalue(), format="jpeg")[1]
    assert density(file) == written
    assert decode_photo(file, name="new").pages[0].shape == (samples.HEIGHT, samples.WIDTH)


@pytest.mark.parametrize("channels", [1, 3])
def test_noise_of_which_a_jpeg_needs_more_room_than_its_pixels_is_written(channels: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, channels), dtype=np.uint8)
    photo = decode_photo(samples.saved(noise.squeeze(), "PNG"), name="photo")
    file = encode_photo(photo, [noise], [samples.hole((400, 400))], format="jpeg")
    assert decode_photo(file, name="new").pages[0].pixels.shape == noise.shape


@pytest.mark.parametrize("target", ["png", "webp", "bmp"])
def test_a_resolution_that_a_format_can_not_hold_stays_behind(target: str) -> None:
    out = BytesIO()
    most = (2**32 - 1, 2**32 - 1)
    tifffile.imwrite(out, samples.rgb(), photometric="rgb", resolution=most, resolutionunit="inch")
    with Image.open(BytesIO(samples.restored(out.getvalue(), format=target)[1])) as picture:
        assert picture.size == (samples.WIDTH, samples.HEIGHT)
        assert max(picture.info.get("dpi", (0, 0))) < 100


def photographed(orientation: int, format_name: str = "JPEG") -> bytes:
    """A photo as a camera writes it, with a thumbnail of the (still damaged) photo as it was stored."""
    exif = bytearray(samples.exif(orientation))
    struct.pack_into("<I", exif, 34, len(exif))
    tags = {259: 6, 513: len(exif) + 2 + 3 * 12 + 4, 514: len(THUMBNAIL)}
    exif += struct.pack("<H", 3)
    exif += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    exif += bytes(4) + THUMBNAIL
    return samples.saved(samples.rgb(), format_name, exif=b"Exif\0\0" + exif)


def thumbnail(picture: Image.Image) -> dict[int, int]:
    return picture.getexif().get_ifd(ExifTags.IFD.IFD1)


@pytest.mark.parametrize("target", ["jpeg", "png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_thumbnail_in_exif_stays_behind_in_a_conversion(target: str, orientation: int) -> None:
    data = photographed(orientation, "PNG" if target == "jpeg" else "JPEG")
    with Image.open(BytesIO(data)) as picture:
        assert thumbnail(picture)[514] == len(THUMBNAIL)
    file = samples.restored(data, format=target)[1]
    with Image.open(BytesIO(file)) as picture:
        picture.load()
        assert getattr(picture, "n_frames", 1) == 1
        assert picture.getexif()[0x010F] == "Camera"
        assert not thumbnail(picture)


def test_the_thumbnail_in_exif_stays_where_the_format_stays() -> None:
    file = samples.restored(photographed(6))[1]
    with Image.open(BytesIO(file)) as picture:
        assert thumbnail(picture)[514] == len(THUMBNAIL)
