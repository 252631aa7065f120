"""Small real files and what tests do with them: fill a hole, restore, read back with other libraries."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from inpaint_cli.photos import Photo, decode_photo, encode_photo

HEIGHT, WIDTH = 53, 75


def rgb(height: int = HEIGHT, width: int = WIDTH) -> npt.NDArray[np.uint8]:
    """A smooth picture with some noise, so that every coder has something to do."""
    generator = np.random.default_rng(height * 1000 + width)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 9 + c) * 60 + np.cos(y / 7 - c) * 50 + 128 for c in range(3)]
    noise = generator.normal(0, 6, (height, width, 3))
    return np.clip(np.stack(waves, axis=2) + noise, 0, 255).astype(np.uint8)


def grey(height: int = HEIGHT, width: int = WIDTH) -> npt.NDArray[np.uint8]:
    return rgb(height, width)[..., 0]


def rgba() -> npt.NDArray[np.uint8]:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:9] = 0
    alpha[9:12] = 200
    return np.dstack([rgb(), alpha])


def deep(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """16 bits whose lower halves matter."""
    low = np.random.default_rng(5).integers(0, 256, pixels.shape, dtype=np.uint16)
    return pixels.astype(np.uint16) * 256 + low


def saved(picture: Any, format_name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(out, format_name, **options)
    return out.getvalue()


def hole(shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """A scratch across the middle and a corner."""
    mask = np.zeros(shape, np.bool_)
    mask[shape[0] // 2 : shape[0] // 2 + 3, shape[1] // 5 : -shape[1] // 4] = True
    mask[-4:, -5:] = True
    return mask


def fill(photo: Photo, masks: list[npt.NDArray[np.bool_]], value: int | None = None) -> list[Any]:
    """New pixels: half as bright under the masks or `value`, other values outside, which nobody may take."""
    pages = []
    for page, mask in zip(photo.pages, masks, strict=True):
        inside = page.pixels // 2 if value is None else np.full_like(page.pixels, value)
        pages.append(np.where(mask[..., None], inside, page.pixels ^ 1))
    return pages


def restored(
    data: bytes, *, value: int | None = None, format: str | None = None
) -> tuple[Photo, bytes, list[Any]]:
    """Decode, fill a hole in each page, encode: the photo, the new file, the masks."""
    photo = decode_photo(data, name="photo")
    masks = [hole(page.shape) for page in photo.pages]
    return photo, encode_photo(photo, fill(photo, masks, value), masks, format=format), masks


def check_exact(data: bytes, *, value: int | None = None, format: str | None = None) -> bytes:
    """Restore, and check that the result decodes to the old values outside and the new ones inside."""
    photo, file, masks = restored(data, value=value, format=format)
    again = decode_photo(file, name="restored")
    for page, new, wanted, mask in zip(
        photo.pages, again.pages, fill(photo, masks, value), masks, strict=True
    ):
        assert new.pixels.dtype == page.pixels.dtype
        old_alpha, new_alpha = page.alpha, new.alpha
        assert (new.pixels == page.pixels)[~mask].all()
        assert (new.pixels == wanted)[mask].all()
        assert (old_alpha is None) == (new_alpha is None)
        if old_alpha is not None and new_alpha is not None:
            assert (old_alpha == new_alpha)[~mask].all()
    return file


def exif(orientation: int) -> bytes:
    """A little TIFF structure with an orientation and a camera's name."""
    camera = b"Camera\x00\x00"
    entries = struct.pack("<HHII", 0x010F, 2, 7, 38) + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 0) + camera


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    import zlib

    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """Insert chunks after the header of a PNG."""
    return png[:33] + b"".join(chunks) + png[33:]


def png_kinds(png: bytes) -> list[bytes]:
    kinds, at = [], 8
    while at < len(png):
        kinds.append(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return kinds
