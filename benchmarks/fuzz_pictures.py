"""Small sound picture files of every format, and of the kinds in it that are coded differently."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin

from inpaint_cli.photos import decode_photo, encode_photo

HEIGHT, WIDTH = 37, 45


@cache
def photos() -> dict[str, bytes]:
    """Return photos by the name of their kind."""
    rgb = _walk()
    grey, alpha = rgb[..., 0], (rgb[..., 1] > 120).astype(np.uint8) * 255
    rgba = np.dstack([rgb, alpha])
    few = Image.fromarray(rgb).quantize(12)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "jpeg-444": saved(
            rgb, "JPEG", subsampling=0, quality=90, exif=exif, comment=b"hello", dpi=(300, 300)
        ),
        "jpeg-420": saved(rgb, "JPEG", subsampling=2, quality=60, icc_profile=b"\0" * 40),
        "jpeg-progressive": saved(rgb, "JPEG", subsampling=1, progressive=True),
        "jpeg-grey": saved(grey, "JPEG", restart_marker_blocks=3),
        "png-rgb": saved(rgb, "PNG", dpi=(72, 72), exif=exif),
        "png-rgba": saved(rgba, "PNG"),
        "png-palette": saved(few, "PNG", bits=4, transparency=3),
        "png-grey16": saved(grey.astype(np.uint16) * 257, "PNG"),
        "png-one-bit": saved(Image.fromarray(grey).convert("1"), "PNG"),
        "webp-lossy": saved(rgba, "WEBP", quality=50, exif=exif),
        "webp-lossless": saved(rgb, "WEBP", lossless=True),
        "bmp-24": saved(rgb, "BMP"),
        "bmp-palette": saved(few, "BMP"),
        "gif": saved(few, "GIF"),
        "tiff-plain": saved(rgb, "TIFF", dpi=(300, 300)),
        "tiff-exif": _scanned(rgb),
        "tiff-lzw": saved(grey, "TIFF", compression="tiff_lzw"),
        "tiff-packbits": saved(few, "TIFF", compression="packbits"),
        "avif": saved(rgb, "AVIF", quality=50, speed=10),
        **_heic(rgb),
    }
    return files | {
        "tiff-deflate": _converted(files["png-rgb"]),
        "tiff-16": _converted(files["png-grey16"]),
    }


@cache
def masks() -> dict[str, bytes]:
    """Return masks of one scratch by the name of their kind: what people's programs save masks as."""
    white = np.zeros((HEIGHT, WIDTH), np.uint8)
    white[10:13, 5:40] = 255
    colour = np.dstack([white] * 3)
    grey, picture = Image.fromarray(white), Image.fromarray(colour)
    exif = Image.Exif()
    exif[0x0112] = 3
    return {
        "png-grey": saved(grey, "PNG"),
        "png-one-bit": saved(grey.convert("1"), "PNG"),
        "png-palette": saved(picture.quantize(2), "PNG"),
        "png-grey16": saved(white.astype(np.uint16) * 257, "PNG"),
        "png-strokes": saved(np.dstack([np.full_like(colour, 255), white]), "PNG"),
        "jpeg-grey": saved(grey, "JPEG", quality=95, exif=exif),
        "jpeg-rgb": saved(picture, "JPEG", quality=80),
        "jpeg-cmyk": saved(picture.convert("CMYK"), "JPEG", quality=95),
        "tiff-grey": saved(grey, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-fax": saved(grey.convert("1"), "TIFF", compression="group4"),
        "tiff-jpeg": saved(picture, "TIFF", compression="jpeg"),
        "tiff-pages": saved(grey, "TIFF", save_all=True, append_images=[grey]),
        "webp": saved(picture, "WEBP", lossless=True),
        "bmp": saved(grey, "BMP"),
        "bmp-one-bit": saved(grey.convert("1"), "BMP"),
        "gif": saved(picture.quantize(2), "GIF"),
        "avif": saved(picture, "AVIF", speed=10),
        **_heic(colour),
    }


def _scanned(rgb: Any) -> bytes:
    """A TIFF with EXIF, GPS, XMP and IPTC, as scanning programs write them."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270], tags[305], tags[700], tags[33723] = "Wedding", "scanner 9", b"<x/>", b"\x1c\x02\x78\x00\x01a"
    tags[34665], tags[34853] = {36867: "1957:06:01 10:00:00", 37500: b"notes"}, {1: "N", 2: (48.0, 1.0, 2.0)}
    return saved(rgb, "TIFF", tiffinfo=tags, dpi=(300, 300))


def saved(picture: Any, format_name: str, **options: Any) -> bytes:
    """Return a picture or its pixels as a file."""
    out = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(out, format_name, **options)
    return out.getvalue()


def _walk() -> np.ndarray[Any, np.dtype[np.uint8]]:
    steps = np.random.default_rng(7).normal(0, 9, (HEIGHT, WIDTH, 3))
    return np.clip(np.cumsum(steps, axis=1) + 128, 0, 255).astype(np.uint8)


def _converted(data: bytes) -> bytes:
    """Return a photo as TIFF, written by us."""
    photo = decode_photo(data, name="seed")
    return encode_photo(
        photo, [photo.pages[0].pixels], [np.zeros(photo.pages[0].shape, np.bool_)], format="tiff"
    )


def _heic(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> dict[str, bytes]:
    """Return a HEIC where the optional library is there."""
    try:
        import pillow_heif
    except ImportError:
        return {}
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(out)
    return {"heic": out.getvalue()}
