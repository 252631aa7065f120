"""EXIF, XMP and colour profile as they lie in each format, for conversions and orientation."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from inpaint_cli.photos.tiff_tags import Kind, Tag

EXIF_HEADER = b"Exif\x00\x00"
"""What JPEG and Pillow write in front of an EXIF structure."""
METRES_PER_INCH = 0.0254
_ORIENTATION_FORMATS: dict[int, str] = {Kind.SHORT: "H", Kind.LONG: "I"}
"""Of `struct`: 2 bytes, as the standard says, or 4."""
_PREFIX = rb"""[^\s=:"'<>/]+"""
_XMP_TIFF = re.compile(rb"""xmlns(?::(%b))?\s*=\s*["']http://ns\.adobe\.com/tiff/1\.0/["']""" % _PREFIX)
_XMP_ORIENTATION = re.compile(
    rb"""
    ( (?<![^\s<]) (?P<of_attribute> %b) :Orientation \s* = \s* ["']
    | < (?: (?P<of_element> %b) :)? Orientation (?: \s [^<>]* )? > \s*
    ) [2-8] (?! \d)
    """
    % (_PREFIX, _PREFIX),
    re.VERBOSE,
)
"""As an attribute, which always has a prefix, or as an element, which may be of the default namespace."""


@dataclass(frozen=True)
class Metadata:
    """What a conversion takes along; each None where the photo has none.

    icc: a colour profile; exif: a TIFF structure without "Exif" in front; xmp: an XML packet; iptc: records
    without Photoshop's wrapping; dpi: pixels per inch, horizontal and vertical.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = None


def exif_orientation(exif: bytes | None) -> int:
    """Return 1 to 8 from an EXIF structure, 1 where it says nothing usable."""
    place = _orientation_place(exif) if exif else None
    if exif is None or place is None:
        return 1
    at, packed = place
    value = int(struct.unpack_from(packed, exif, at)[0])
    return value if 1 <= value <= 8 else 1


def upright_exif(exif: bytes | None) -> bytes | None:
    """Return the EXIF structure with its orientation set to 1, everything else byte for byte."""
    place = _orientation_place(exif) if exif else None
    if exif is None or place is None:
        return exif
    at, packed = place
    return exif[:at] + struct.pack(packed, 1) + exif[at + struct.calcsize(packed) :]


def without_thumbnail(exif: bytes | None) -> bytes | None:
    """Return the EXIF structure without the link to its thumbnail's directory, all else byte for byte."""
    at = _end_of_first_directory(exif) if exif else None
    return exif if exif is None or at is None else exif[:at] + bytes(4) + exif[at + 4 :]


def upright_xmp(xmp: bytes | None) -> bytes | None:
    """Return the XMP packet with its orientation, which some programs write there too, set to 1."""
    if not xmp:
        return xmp
    prefixes = set(_XMP_TIFF.findall(xmp)) or {b"tiff"}

    def upright(found: re.Match[bytes]) -> bytes:
        prefix = found["of_attribute"] or found["of_element"] or b""
        return found[1] + b"1" if prefix in prefixes else found[0]

    return _XMP_ORIENTATION.sub(upright, xmp)


def _byte_order(exif: bytes) -> str:
    return "<" if exif[:2] == b"II" else ">"


def _orientation_place(exif: bytes) -> tuple[int, str] | None:
    """Find where the orientation's value lies in the first directory, and how it is packed, for `struct`."""
    order = _byte_order(exif)
    for entry in _first_directory(exif):
        if entry + 12 > len(exif):
            return None
        tag, kind, count = struct.unpack_from(order + "HHI", exif, entry)
        if tag == Tag.ORIENTATION and kind in _ORIENTATION_FORMATS and count == 1:
            return entry + 8, order + _ORIENTATION_FORMATS[kind]
    return None


def _end_of_first_directory(exif: bytes) -> int | None:
    """Find where the first directory's link to the next one lies."""
    entries = _first_directory(exif)
    return entries.stop if entries.stop and entries.stop + 4 <= len(exif) else None


def _first_directory(exif: bytes) -> range:
    """Return where its entries begin, of 12 bytes each; an empty range where there is no directory."""
    if exif[:2] not in (b"II", b"MM") or len(exif) < 10:
        return range(0)
    order = _byte_order(exif)
    (first,) = struct.unpack_from(order + "I", exif, 4)
    if first + 2 > len(exif):
        return range(0)
    (count,) = struct.unpack_from(order + "H", exif, first)
    return range(first + 2, first + 2 + 12 * count, 12)
