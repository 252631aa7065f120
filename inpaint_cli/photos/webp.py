"""WebP: written lossless, since coding it lossy again would change every pixel; metadata kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import edge, pillow, tiff_exif
from inpaint_cli.photos.metadata import EXIF_HEADER, Metadata, exif_orientation
from inpaint_cli.photos.photo import Pixels, Repair, StoredPage

LARGEST_SIDE = 16383


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    return ((kind, data[start:end]) for kind, start, end in _places(data))


def _places(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's four letters, and where its payload lies."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, at + 8 + size
        at += 8 + size + size % 2


def _size(data: bytes, name: str) -> tuple[int, int]:
    """Read width and height without decoding."""
    for kind, payload in _chunks(data):
        if kind == b"VP8X" and len(payload) >= 10:
            return 1 + int.from_bytes(payload[4:7], "little"), 1 + int.from_bytes(payload[7:10], "little")
        if kind == b"VP8L" and len(payload) >= 5:
            bits = int.from_bytes(payload[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 " and len(payload) >= 10:
            width, height = payload[6:8], payload[8:10]
            return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
    raise PhotoError(f"{name}: the WebP is truncated or damaged in its header")


def decode(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a WebP of one picture; refuse an animation by name. Raises what `read_photo` raises."""
    edge.check_size(name, *_size(data, name), max_pixels)
    check_header(data, name)
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise PhotoError(f"{name}: the WebP is truncated")
    picture = pillow.open_with(WebPImageFile, data, name=name, max_pixels=max_pixels)
    pixels = pillow.to_array(picture, name=name)
    alpha = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] == 4 else None
    orientation = exif_orientation(metadata(data, name).exif)
    return (StoredPage(np.ascontiguousarray(pixels[..., :3]), alpha, orientation),)


def check_header(data: bytes, name: str) -> None:
    """Raise UnsupportedPhotoError for an animation; no picture is read."""
    if any(kind in (b"ANIM", b"ANMF") for kind, _, _ in _places(data)):
        raise UnsupportedPhotoError(
            f"{name}: animated WebP is not supported; save one of its pictures as a PNG first"
        )


def metadata(data: bytes, name: str) -> Metadata:
    """Return what a conversion takes along."""
    found = dict(reversed(list(_chunks(data))))
    exif = found.get(b"EXIF")
    if exif is not None and exif.startswith(EXIF_HEADER):
        exif = exif[len(EXIF_HEADER) :]
    return Metadata(found.get(b"ICCP"), exif, found.get(b"XMP "), None)


def encode(source: bytes, name: str, repairs: Sequence[Repair]) -> bytes:
    """Return a lossless WebP with the original's profile, EXIF and XMP; colours under alpha 0 stay too."""
    (repair,) = repairs
    return compressed(repair.pixels, repair.alpha, metadata(source, name))


def compressed(pixels: Pixels, alpha: Pixels | None, kept: Metadata) -> bytes:
    """Return a lossless WebP of (h, w, 1|3) uint8."""
    colours = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    if alpha is not None:
        colours = np.concatenate([colours, alpha[..., None]], axis=2)
    exif = kept.exif
    if kept.dpi is not None:
        exif = tiff_exif.with_resolution(exif, kept.dpi)  # a WebP has no other place for it
    coded = BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(colours, dtype=np.uint8))
    picture.save(
        coded,
        "WEBP",
        lossless=True,
        exact=True,
        quality=50,
        method=2,
        icc_profile=kept.icc or b"",
        exif=exif or b"",
        xmp=kept.xmp or b"",
    )
    return coded.getvalue()


def fits(width: int, height: int) -> bool:
    """Whether a WebP can be that large."""
    return max(width, height) <= LARGEST_SIDE
