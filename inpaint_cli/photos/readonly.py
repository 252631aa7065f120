"""Formats that are read but can't be written without loss: GIF, AVIF, HEIF (with the package pillow-heif)."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from PIL import ImageOps
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile

from inpaint_cli.errors import UnsupportedPhotoError
from inpaint_cli.photos import edge, pillow
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.metadata import Metadata
from inpaint_cli.photos.photo import StoredPage

_EXIF = b"Exif\x00\x00"


def decode_gif(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a GIF of one picture."""
    picture = pillow.open_with(GifImageFile, data, name=name, max_pixels=max_pixels)
    return _page(picture, name, "GIF")


def decode_avif(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode an AVIF of one picture, to 8 bits."""
    picture = pillow.open_with(AvifImageFile, data, name=name, max_pixels=max_pixels)
    return _page(picture, name, "AVIF")


def decode_heif(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a HEIC/HEIF of one picture, to 8 bits."""
    picture = pillow.open_with(_heif_plugin(name), data, name=name, max_pixels=max_pixels)
    return _page(picture, name, "HEIF")


def metadata(data: bytes) -> Metadata:
    """Return what a conversion takes along."""
    plugins: dict[str, pillow.Plugin] = {"GIF": GifImageFile, "AVIF": AvifImageFile}
    plugin = plugins.get(sniff(data) or "") or _heif_plugin("photo")
    info = pillow.open_with(plugin, data, name="photo", max_pixels=sys.maxsize).info
    exif = info.get("exif")
    if exif and exif.startswith(_EXIF):
        exif = exif[len(_EXIF) :]
    return Metadata(icc=info.get("icc_profile") or None, exif=exif or None, xmp=info.get("xmp") or None)


def _heif_plugin(name: str) -> pillow.Plugin:
    try:
        from pillow_heif.as_plugin import HeifImageFile
    except ImportError as error:
        raise UnsupportedPhotoError(
            f"{name}: HEIC needs the package pillow-heif (pip install pillow-heif)"
        ) from error
    plugin: pillow.Plugin = HeifImageFile
    return plugin


def _page(picture: Any, name: str, format_name: str) -> tuple[StoredPage, ...]:
    with edge.foreign_errors(name, "decoded"):
        if getattr(picture, "n_frames", 1) > 1:
            raise UnsupportedPhotoError(f"{name}: animated or multi-picture {format_name} is not supported")
        upright = ImageOps.exif_transpose(picture)
        transparent = upright.has_transparency_data
        pixels = np.array(upright.convert("RGBA" if transparent else "RGB"))
        alpha = np.ascontiguousarray(pixels[..., 3]) if transparent else None
        return (StoredPage(np.ascontiguousarray(pixels[..., :3]), alpha),)
