"""PNG pixel data: compressed scanlines to arrays and back, for every colour type and depth."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import pillow, png_chunks
from inpaint_cli.photos.png_chunks import CHANNELS, GREY, GREY_ALPHA, PALETTE, RGB_ALPHA, PngFile

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
# Half a per cent larger than the usual 6, three times as fast.
_LEVEL = 3


def read(file: PngFile, name: str) -> npt.NDArray[Any]:
    """Return (h, w, channels) as stored: samples at their own depth (0..1 for one bit), or palette indices.

    uint8, or uint16 for a depth of 16. Raises PhotoError.
    """
    header = file.header
    channels = CHANNELS[header.colour]
    if header.depth == 16:
        return _read_16(file, channels, name)
    picture = pillow.open_with(PngImageFile, file.lean(), name=name, max_pixels=header.width * header.height)
    pixels = pillow.to_array(picture, name=name)
    pixels = pixels.reshape(header.height, header.width, channels)
    if header.depth < 8 and header.colour == GREY:
        # Pillow spreads grey samples over 0..255 except for one bit, which it gives as False and True.
        return pixels if header.depth == 1 else pixels // (255 // (2**header.depth - 1))
    return pixels


def _read_16(file: PngFile, channels: int, name: str) -> npt.NDArray[Any]:
    """Filters work on bytes: two-byte grey reads as grey with alpha, two as RGBA; the rest needs OpenCV."""
    header = file.header
    if channels <= 2:
        lean = file.lean(depth=8, colour=GREY_ALPHA if channels == 1 else RGB_ALPHA)
        picture = pillow.open_with(PngImageFile, lean, name=name, max_pixels=header.width * header.height)
        octets = np.ascontiguousarray(pillow.to_array(picture, name=name))
        return octets.view(">u2").reshape(header.height, header.width, channels).astype(np.uint16)
    import cv2  # late, since it is slow to import and seldom needed

    pixels = cv2.imdecode(np.frombuffer(file.lean(), np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.shape != (header.height, header.width, channels):
        raise PhotoError(f"{name}: the PNG can't be decoded, it is damaged")
    return _swap_red_and_blue(pixels)


def _swap_red_and_blue(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    order = [2, 1, 0, 3][: pixels.shape[2]]
    return np.ascontiguousarray(pixels[..., order])


def write(pixels: npt.NDArray[Any], *, depth: int, colour: int) -> bytes:
    """Return the compressed, not interlaced scanlines of (h, w, channels) as `read` gives them."""
    if colour == PALETTE or depth < 8:
        return _write_unfiltered(pixels[..., 0], depth)
    if depth == 8:
        return _deflated_by_pillow(pixels)
    if pixels.shape[2] <= 2:
        octets = np.ascontiguousarray(pixels, dtype=">u2").view(np.uint8)
        return _deflated_by_pillow(octets)
    import cv2

    done, coded = cv2.imencode(".png", _swap_red_and_blue(pixels), [cv2.IMWRITE_PNG_COMPRESSION, _LEVEL])
    if not done:
        raise ValueError("libpng refused the pixels")
    return _pixel_data(coded.tobytes())


def _deflated_by_pillow(pixels: npt.NDArray[np.uint8]) -> bytes:
    height, width, channels = pixels.shape
    picture = Image.frombytes(_MODES[channels], (width, height), np.ascontiguousarray(pixels).tobytes())
    coded = BytesIO()
    picture.save(coded, "PNG", compress_level=_LEVEL)
    return _pixel_data(coded.getvalue())


def _pixel_data(png: bytes) -> bytes:
    return b"".join(chunk.payload for chunk in png_chunks.parse(png, "photo").chunks if chunk.kind == b"IDAT")


def _write_unfiltered(samples: npt.NDArray[np.uint8], depth: int) -> bytes:
    """Pack samples of 1, 2, 4 or 8 bits into lines; filters don't help indices."""
    lines = samples if depth == 8 else _packed(samples, depth)
    return zlib.compress(np.pad(lines, ((0, 0), (1, 0))).tobytes(), _LEVEL)


def _packed(samples: npt.NDArray[np.uint8], depth: int) -> npt.NDArray[np.uint8]:
    height, width = samples.shape
    bits = np.unpackbits(samples[..., None], axis=2)[..., 8 - depth :].reshape(height, width * depth)
    return np.packbits(bits, axis=1)
