"""BMP: plain pixels are changed in place, every other byte stays; all else is written anew.

A palette, RLE or 16 bits become plain 24 bits, a grey palette 8.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import edge, pillow
from inpaint_cli.photos.metadata import METRES_PER_INCH, Metadata
from inpaint_cli.photos.photo import Pixels, Repair, StoredPage

_PLAIN, _BIT_FIELDS = 0, 3
_BLUE_GREEN_RED = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
_ALPHA_LAST = struct.pack("<I", 0xFF000000)


@dataclass(frozen=True)
class _Header:
    """height: positive, `top_down` apart; fields: masks of red, green, blue and alpha, b"" for none."""

    pixels_at: int
    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    dots_per_metre: tuple[int, int] = (0, 0)
    fields: bytes = b""

    @property
    def stride(self) -> int:
        """Bytes of a row: whole groups of four."""
        return (self.width * self.bits + 31) // 32 * 4

    @property
    def plain_channels(self) -> int | None:
        """Bytes of a pixel where these are blue, green, red and perhaps alpha or nothing, else None."""
        if self.compression == _PLAIN and self.bits in (24, 32):
            return self.bits // 8
        usual = self.fields[:12] == _BLUE_GREEN_RED and self.fields[12:16] in (b"", bytes(4), _ALPHA_LAST)
        if self.compression == _BIT_FIELDS and self.bits == 32 and usual:
            return 4
        return None


def _parse(data: bytes, name: str) -> _Header:
    """Read the header. Raises PhotoError."""
    if len(data) < 26:
        raise PhotoError(f"{name}: the BMP is truncated")
    pixels_at, size = struct.unpack_from("<II", data, 10)
    if pixels_at < 14 + size:
        raise PhotoError(f"{name}: the BMP is damaged in its header")
    if size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        return _Header(pixels_at, width, height, False, bits, _PLAIN)
    if len(data) < 54 or size < 40:
        raise PhotoError(f"{name}: the BMP is truncated or damaged in its header")
    width, height, _, bits, compression, _, x, y = struct.unpack_from("<iiHHIIii", data, 18)
    fields = data[54 : 70 if size >= 56 else 66] if compression == _BIT_FIELDS else b""
    dots = (max(x, 0), max(y, 0))
    return _Header(pixels_at, width, abs(height), height < 0, bits, compression, dots, fields)


def decode(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a BMP; a palette becomes RGB, a grey palette stays grey. Raises what `read_photo` raises."""
    header = _parse(data, name)
    edge.check_size(name, header.width, header.height, max_pixels)
    plain = header.compression in (_PLAIN, _BIT_FIELDS)
    if plain and header.pixels_at + header.stride * header.height > len(data):
        raise PhotoError(f"{name}: the BMP is truncated")
    picture = pillow.open_with(BmpImageFile, data, name=name, max_pixels=max_pixels)
    if picture.size != (header.width, header.height):
        raise PhotoError(f"{name}: the BMP is damaged in its header")
    with edge.foreign_errors(name, "decoded"):
        mode = {"1": "L", "P": "RGB", "L": "L", "RGBA": "RGBA"}.get(picture.mode, "RGB")
        pixels = pillow.to_array(picture.convert(mode) if picture.mode != mode else picture, name=name)
    if mode == "RGBA":
        if header.plain_channels != 4:
            raise UnsupportedPhotoError(
                f"{name}: BMP with this kind of alpha is not supported; make it a PNG"
            )
        return (StoredPage(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])),)
    return (StoredPage(pixels if pixels.ndim == 3 else pixels[..., None]),)


def metadata(data: bytes, name: str) -> Metadata:
    """Return what a conversion takes along: the resolution."""
    x, y = _parse(data, name).dots_per_metre
    return Metadata(dpi=(x * METRES_PER_INCH, y * METRES_PER_INCH) if x and y else None)


def encode(source: bytes, name: str, repairs: Sequence[Repair]) -> bytes:
    """Return `source` with new pixels: in place for plain 24 and 32 bits, else as a new BMP."""
    (repair,) = repairs
    header = _parse(source, name)
    if header.plain_channels is not None:
        return _in_place(source, header, header.plain_channels, repair)
    return compressed(repair.pixels, metadata(source, name))


def _in_place(source: bytes, header: _Header, channels: int, repair: Repair) -> bytes:
    changed = bytearray(source)
    area = np.frombuffer(changed, np.uint8, header.stride * header.height, header.pixels_at)
    rows = area.reshape(header.height, header.stride)
    upright = rows if header.top_down else rows[::-1]
    # Rows are padded, so that pixels can't be had by reshaping.
    y, x = np.nonzero(repair.mask)
    for channel in range(3):
        upright[y, x * channels + 2 - channel] = repair.pixels[y, x, channel]
    if repair.alpha is not None:
        upright[y, x * channels + 3] = repair.alpha[y, x]
    return bytes(changed)


def compressed(pixels: Pixels, kept: Metadata) -> bytes:
    """Return a BMP of (h, w, 1|3) uint8: 8-bit grey or 24-bit RGB."""
    colours: npt.NDArray[np.uint8] = np.asarray(pixels, dtype=np.uint8)
    if colours.shape[2] == 1:
        colours = colours[..., 0]
    coded = BytesIO()
    Image.fromarray(np.ascontiguousarray(colours)).save(coded, "BMP", dpi=kept.dpi or (96, 96))
    return coded.getvalue()
