"""Write pixels as a new file of another format, with what that has room for of the photo's metadata.

Profile, EXIF and XMP in all but BMP, IPTC in JPEG and TIFF, the resolution everywhere.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from inpaint_cli.errors import UnsupportedPhotoError
from inpaint_cli.photos import bmp, iptc, png_chunks, png_pixels, png_text, tiff_codecs, tiff_exif, webp
from inpaint_cli.photos.alpha import is_opaque, stays_transparent
from inpaint_cli.photos.metadata import (
    EXIF_HEADER,
    METRES_PER_INCH,
    Metadata,
    upright_exif,
    upright_xmp,
    without_thumbnail,
)
from inpaint_cli.photos.photo import Page, PageKind, Pixels, StoredPage
from inpaint_cli.photos.png_chunks import Chunk, Header
from inpaint_cli.photos.tiff_page import BLACK_IS_ZERO, RGB
from inpaint_cli.photos.tiff_tags import Kind, Tag

_CENTIMETRES_PER_INCH = 100 * METRES_PER_INCH
_QUALITY = 95
_JPEG_SEGMENT = 65_500
_JFIF_DENSITY = 13
"""Where a JPEG that begins with JFIF has unit, horizontal and vertical density."""
_PER_INCH, _PER_CENTIMETRE, _MOST_DOTS = 1, 2, 65_535
_MOST_DPI = 4_000_000
"""More is no photo's resolution, and more than the fractions of TIFF and EXIF hold in thousandths."""
_NO_ALPHA = frozenset({"JPEG", "BMP"})
_NO_16_BITS = frozenset({"JPEG", "WEBP", "BMP"})


def check_fits(target: str, pages: Sequence[Page], kept: Metadata, name: str) -> None:
    """Raise UnsupportedPhotoError where `target` can't hold what the pages and their metadata hold.

    Transparency that a mask may fill is not refused yet, see `alpha_for`.
    """
    check_kinds(target, [PageKind(page.pixels.dtype == np.uint16, page.others) for page in pages], name)
    if target in _NO_ALPHA and any(
        page.alpha is not None and stays_transparent(page.alpha) for page in pages
    ):
        raise _transparent(target, name)
    height, width = pages[0].shape
    if target == "WEBP" and not webp.fits(width, height):
        raise UnsupportedPhotoError(
            f"{name}: WebP can't hold more than {webp.LARGEST_SIDE} pixels a side; {_choose('PNG or TIFF')}"
        )
    if target == "JPEG" and max(width, height) > 65500:
        raise UnsupportedPhotoError(
            f"{name}: JPEG can't hold more than 65500 pixels a side; {_choose('PNG or TIFF')}"
        )
    if target == "JPEG":
        _check_segments(kept, name)


def check_kinds(target: str, pages: Sequence[PageKind], name: str) -> None:
    """Raise of that what shows without decoding the pages; there may be none."""
    if len(pages) > 1 and target != "TIFF":
        raise UnsupportedPhotoError(f"{name}: {target} can't hold {len(pages)} pages; {_choose('TIFF')}")
    if target in _NO_16_BITS and any(page.deep for page in pages):
        raise UnsupportedPhotoError(f"{name}: {target} can't hold 16 bits; {_choose('PNG or TIFF')}")
    if others := max((page.others for page in pages), default=0):
        more = "one more channel" if others == 1 else f"{others} more channels"
        raise UnsupportedPhotoError(
            f"{name}: {target} can't hold {more}, such as an infrared one; {_choose('TIFF')}"
        )


def alpha_for(target: str, alpha: Pixels | None, name: str) -> Pixels | None:
    """Return the alpha (h, w) that `target` is to hold: none where it has none and all is opaque.

    Raises UnsupportedPhotoError where something is still transparent, after the masks were filled.
    """
    if alpha is None or target not in _NO_ALPHA:
        return alpha
    if not is_opaque(alpha):
        raise _transparent(target, name)
    return None


def _transparent(target: str, name: str) -> UnsupportedPhotoError:
    return UnsupportedPhotoError(f"{name}: {target} can't hold transparency; {_choose('PNG, TIFF or WebP')}")


def _choose(formats: str) -> str:
    """Name the remedy: a target is chosen in either of two ways."""
    return f"choose {formats}, by --format or by the suffix of -o FILE"


def _check_segments(kept: Metadata, name: str) -> None:
    """Profiles may be spread over several segments of a JPEG, other metadata not."""
    for kind, block, most in (
        ("EXIF", kept.exif, _JPEG_SEGMENT),
        ("XMP", kept.xmp, _JPEG_SEGMENT),
        ("IPTC", kept.iptc, iptc.LARGEST),
    ):
        if block is not None and len(block) > most:
            raise UnsupportedPhotoError(
                f"{name}: JPEG can't hold {len(block):,} bytes of {kind}; {_choose('PNG or TIFF')}"
            )


def encode(target: str, pages: Sequence[StoredPage], kept: Metadata) -> bytes:
    """Return a new file of format `target`; pages are upright, so the EXIF orientation becomes 1.

    The thumbnail in EXIF stays behind: it would lie on its side, and show the damage.
    """
    dpi = kept.dpi or tiff_exif.exif_resolution(kept.exif)
    upright = replace(
        kept,
        exif=without_thumbnail(upright_exif(kept.exif)),
        xmp=upright_xmp(kept.xmp),
        dpi=dpi if dpi and max(dpi) <= _MOST_DPI else None,
    )
    if target == "TIFF":
        return _tiff(pages, upright)
    (page,) = pages
    writers: dict[str, Callable[[StoredPage, Metadata], bytes]] = {
        "PNG": _png,
        "JPEG": _jpeg,
        "WEBP": _webp,
        "BMP": _bmp,
    }
    return writers[target](page, upright)


def _png(page: StoredPage, kept: Metadata) -> bytes:
    height, width, channels = page.pixels.shape
    colour = png_chunks.GREY if channels == 1 else png_chunks.RGB
    samples: Any = page.pixels
    if page.alpha is not None:
        colour += png_chunks.GREY_ALPHA
        samples = np.concatenate([samples, page.alpha[..., None]], axis=2)
    header = Header(width, height, 16 if samples.dtype == np.uint16 else 8, colour)
    chunks = [png_text.icc_chunk(kept.icc)] if kept.icc and _profile_fits(kept.icc, channels) else []
    if kept.dpi:
        dots = [round(value / METRES_PER_INCH) for value in kept.dpi]
        chunks.append(Chunk(b"pHYs", struct.pack(">IIB", *dots, 1)))
    if kept.exif:
        chunks.append(Chunk(b"eXIf", kept.exif))
    if kept.xmp:
        chunks.append(png_text.xmp_chunk(kept.xmp))
    chunks.append(Chunk(b"IDAT", png_pixels.write(samples, depth=header.depth, colour=colour)))
    return png_chunks.pack(header, chunks)


def _profile_fits(profile: bytes, channels: int) -> bool:
    """A profile belongs to grey or to RGB pixels; the wrong one makes readers refuse the file."""
    return profile[16:20] == (b"GRAY" if channels == 1 else b"RGB ")


def _jpeg(page: StoredPage, kept: Metadata) -> bytes:
    pixels = page.pixels[..., 0] if page.pixels.shape[2] == 1 else page.pixels
    options: dict[str, Any] = {"quality": _QUALITY, "subsampling": 0}
    if kept.icc and _profile_fits(kept.icc, page.pixels.shape[2]):
        options["icc_profile"] = kept.icc
    if kept.exif:
        options["exif"] = EXIF_HEADER + kept.exif
    if kept.xmp:
        options["xmp"] = kept.xmp
    if kept.iptc:
        options["extra"] = iptc.jpeg_segment(kept.iptc)
    picture = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8))
    return _with_density(_jpeg_of(picture, options), kept.dpi)


def _jpeg_of(picture: Image.Image, options: dict[str, Any]) -> bytes:
    """Write with the smallest Huffman tables; with the usual ones where Pillow lacks room, as for noise."""
    coded = BytesIO()
    try:
        picture.save(coded, "JPEG", optimize=True, **options)
    except OSError:
        coded = BytesIO()
        picture.save(coded, "JPEG", **options)
    return coded.getvalue()


def _with_density(jpeg: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Write dots per inch in JFIF, or per centimetre where only these fit, or leave square pixels there."""
    for unit, inches in ((_PER_INCH, 1.0), (_PER_CENTIMETRE, 1 / _CENTIMETRES_PER_INCH)):
        dots = [round(value * inches) for value in dpi or (0, 0)]
        if all(1 <= value <= _MOST_DOTS for value in dots):
            density = struct.pack(">BHH", unit, *dots)
            return jpeg[:_JFIF_DENSITY] + density + jpeg[_JFIF_DENSITY + len(density) :]
    return jpeg


def _webp(page: StoredPage, kept: Metadata) -> bytes:
    icc = kept.icc if kept.icc and _profile_fits(kept.icc, 3) else None
    return webp.compressed(page.pixels, page.alpha, replace(kept, icc=icc))


def _bmp(page: StoredPage, kept: Metadata) -> bytes:
    return bmp.compressed(page.pixels, kept)


def _tiff(pages: Sequence[StoredPage], kept: Metadata) -> bytes:
    """Deflate with horizontal prediction, in strips of about 64 rows, behind the EXIF structure."""
    start, entries = tiff_exif.directory_of(kept.exif)
    body = bytearray(start)
    directories = [_tiff_directory(body, page, kept) for page in pages]
    return tiff_codecs.tiff_with_directories(bytes(body), directories, [entries])


def _tiff_directory(body: bytearray, page: StoredPage, kept: Metadata) -> tiff_codecs.Tags:
    height, width, channels = page.pixels.shape
    samples: Any = page.pixels
    if page.alpha is not None:
        samples = np.concatenate([samples, page.alpha[..., None]], axis=2)
    rows = 64
    dtype = np.dtype(f"{'<' if body[:2] == b'II' else '>'}u{samples.dtype.itemsize}")
    body += b"\x00" * (len(body) % 2)
    offsets, counts = [], []
    for first in range(0, height, rows):
        part = tiff_codecs.predict(samples[first : first + rows])
        coded = zlib.compress(np.ascontiguousarray(part, dtype=dtype).tobytes(), 6)
        offsets.append(len(body))
        counts.append(len(coded))
        body += coded + b"\x00" * (len(coded) % 2)
    depth = 8 * samples.dtype.itemsize
    tags: tiff_codecs.Tags = [
        (Tag.WIDTH, Kind.LONG, [width]),
        (Tag.HEIGHT, Kind.LONG, [height]),
        (Tag.BITS, Kind.SHORT, [depth] * samples.shape[2]),
        (Tag.COMPRESSION, Kind.SHORT, [tiff_codecs.DEFLATE]),
        (Tag.PHOTOMETRIC, Kind.SHORT, [BLACK_IS_ZERO if channels == 1 else RGB]),
        (Tag.STRIP_OFFSETS, Kind.LONG, offsets),
        (Tag.CHANNELS, Kind.SHORT, [samples.shape[2]]),
        (Tag.ROWS_PER_STRIP, Kind.LONG, [rows]),
        (Tag.STRIP_COUNTS, Kind.LONG, counts),
        (Tag.PLANES, Kind.SHORT, [1]),
        (Tag.PREDICTOR, Kind.SHORT, [2]),
    ]
    if page.alpha is not None:
        tags.append((Tag.EXTRA_SAMPLES, Kind.SHORT, [2]))
    if kept.dpi:
        x, y = (round(value * 1000) for value in kept.dpi)
        tags += [
            (Tag.X_RESOLUTION, Kind.RATIONAL, [x, 1000]),
            (Tag.Y_RESOLUTION, Kind.RATIONAL, [y, 1000]),
            (Tag.RESOLUTION_UNIT, Kind.SHORT, [tiff_exif.INCH]),
        ]
    if kept.iptc:
        tags.append((Tag.IPTC, Kind.UNDEFINED, kept.iptc))
    if kept.xmp:
        tags.append((Tag.XMP, Kind.BYTE, kept.xmp))
    if kept.icc and _profile_fits(kept.icc, channels):
        tags.append((Tag.PROFILE, Kind.UNDEFINED, kept.icc))
    return tags
