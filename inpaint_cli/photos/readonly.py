"""Formats that are read but can't be written without loss: GIF, AVIF, HEIF (with the package pillow-heif)."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

import numpy as np
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile

from inpaint_cli.errors import UnsupportedPhotoError
from inpaint_cli.photos import edge, pillow
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.metadata import EXIF_HEADER, Metadata
from inpaint_cli.photos.photo import StoredPage

_HIGH_BIT_DEPTH = 0x40
"""In the third byte of the box av1C (AV1 in ISOBMFF 2.3.3)."""


def decode_gif(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a GIF of one picture. Raises what `read_photo` raises."""
    picture = pillow.open_with(GifImageFile, data, name=name, max_pixels=max_pixels)
    return _page(picture, name, "GIF")


def decode_avif(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode an AVIF of one picture; refuse by name one of 10 or 12 bits, which Pillow would cut to 8.

    Raises what `read_photo` raises.
    """
    _check_depth(data, name)
    picture = pillow.open_with(AvifImageFile, data, name=name, max_pixels=max_pixels)
    return _page(picture, name, "AVIF")


def decode_heif(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a HEIC/HEIF of one picture: 8 bits, or 16 where it has 10 or 12.

    Raises what `read_photo` raises.
    """
    picture = pillow.open_with(heif_plugin(name), data, name=name, max_pixels=max_pixels)
    pages = _page(picture, name, "HEIF")
    bits = picture.info.get("bit_depth", 8)
    return pages if bits <= 8 else (_deep_heif(data, name, bits),)


def check_header(data: bytes, name: str) -> None:
    """Raise what the decoders would of an animation, of several pictures, and of AVIF's depth."""
    format_name = sniff(data) or ""
    if format_name == "AVIF":
        _check_depth(data, name)
    _check_single(_opened(data, name), name, format_name)


def _check_depth(data: bytes, name: str) -> None:
    at = data.find(b"av1C")
    if at >= 0 and any(octet & _HIGH_BIT_DEPTH for octet in data[at + 6 : at + 7]):
        raise UnsupportedPhotoError(f"{name}: AVIF of more than 8 bits is not supported; make it a PNG first")


def _check_single(picture: Any, name: str, format_name: str) -> None:
    with edge.foreign_errors(name, "decoded"):
        # A GIF has to be read whole to count its pictures, and not far to know of a second one.
        if getattr(picture, "is_animated", False) or getattr(picture, "n_frames", 1) > 1:
            raise UnsupportedPhotoError(
                f"{name}: animated or multi-picture {format_name} is not supported; save one of its pictures"
                " as a PNG first"
            )


def _deep_heif(data: bytes, name: str, bits: int) -> StoredPage:
    """Decode a picture of 10 or 12 bits, widened to 16 so that white stays white."""
    from pillow_heif import open_heif

    with edge.foreign_errors(name, "decoded"):
        samples = np.asarray(open_heif(BytesIO(data), convert_hdr_to_8bit=False))
        if samples.dtype != np.uint16:
            raise UnsupportedPhotoError(
                f"{name}: HEIC of {bits} bits can't be read in full here; make it a PNG first"
            )
        samples = samples if samples.ndim == 3 else samples[..., None]
        full = samples | samples >> bits  # the library puts the bits at the upper end
        colours = full.shape[2] - (full.shape[2] in (2, 4))
        alpha = np.ascontiguousarray(full[..., -1]) if full.shape[2] in (2, 4) else None
        return StoredPage(np.ascontiguousarray(full[..., :colours]), alpha)


def metadata(data: bytes, name: str) -> Metadata:
    """Return what a conversion takes along."""
    info = _opened(data, name).info
    exif = info.get("exif")
    if exif and exif.startswith(EXIF_HEADER):
        exif = exif[len(EXIF_HEADER) :]
    return Metadata(icc=info.get("icc_profile") or None, exif=exif or None, xmp=info.get("xmp") or None)


def _opened(data: bytes, name: str) -> Any:
    """Read the header with the plugin of the format, of a photo of any size."""
    plugins: dict[str, pillow.Plugin] = {"GIF": GifImageFile, "AVIF": AvifImageFile}
    plugin = plugins.get(sniff(data) or "") or heif_plugin(name)
    return pillow.open_with(plugin, data, name=name, max_pixels=sys.maxsize)


def heif_plugin(name: str) -> pillow.Plugin:
    """Return what opens HEIC. Raises UnsupportedPhotoError, which names the package that is missing."""
    try:
        from pillow_heif.as_plugin import HeifImageFile
    except ImportError as error:
        raise UnsupportedPhotoError(
            f"{name}: HEIC needs the package pillow-heif (pip install pillow-heif)"
        ) from error
    plugin: pillow.Plugin = HeifImageFile
    return plugin


def _page(picture: Any, name: str, format_name: str) -> tuple[StoredPage, ...]:
    _check_single(picture, name, format_name)
    with edge.foreign_errors(name, "decoded"):
        upright = pillow.upright(picture)
        transparent = upright.has_transparency_data
        mode = "L" if _is_grey(upright) else "RGB"
        pixels = np.array(upright.convert(mode + "A" if transparent else mode))
        pixels = pixels if pixels.ndim == 3 else pixels[..., None]
        colours = len(mode)
        alpha = np.ascontiguousarray(pixels[..., colours]) if transparent else None
        return (StoredPage(np.ascontiguousarray(pixels[..., :colours]), alpha),)


def _is_grey(picture: Any) -> bool:
    """Whether no pixel can have a colour; a GIF of few greys has a palette of them."""
    if picture.mode == "P":
        palette = np.array(picture.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return picture.mode in ("L", "LA")
