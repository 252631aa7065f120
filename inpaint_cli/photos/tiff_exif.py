"""EXIF in a TIFF, whose tags lie in the picture's own directory: taken out of one, laid into a new one.

An EXIF structure is a small TIFF, so a new TIFF begins with it, byte for byte: no address in it changes, not
even those that makers hide in their notes. Taken out of a TIFF, values move, and such notes may lose
their way.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import tiff_file
from inpaint_cli.photos.tiff_file import Directory, TiffFile, Values
from inpaint_cli.photos.tiff_tags import Kind, Tag

_POINTERS = ((Tag.EXIF, Tag.GPS), (Tag.INTEROPERABILITY,), ())
"""Which tags of a directory point to others: of the picture's, of those, and of theirs."""
INCH, _CENTIMETRE = 2, 3
_KINDS = range(1, 14)
"""Types that every TIFF knows; a BigTIFF has wider ones."""

_OF_PIXELS = frozenset(
    {
        *range(254, 260), *range(262, 267), 273, *range(277, 282), 284, *range(288, 294), 300, 301, 317,
        *range(320, 326), 330, *range(332, 344), 347, *range(512, 533), 559,
    }
)  # fmt: skip
"""How the pixels are stored, and other pictures in the file: of no meaning to pixels stored otherwise."""
_ELSEWHERE = frozenset({Tag.XMP, Tag.IPTC, Tag.PHOTOSHOP, Tag.PROFILE, Tag.PHOTOSHOP_LAYERS})
"""XMP, IPTC and profile travel as themselves; Photoshop's resources and layers show the damaged picture."""


def resolution(file: TiffFile, page: Directory) -> tuple[float, float] | None:
    """Return pixels per inch, None where the directory says nothing usable."""
    try:
        x, y = file.ratio(page, Tag.X_RESOLUTION), file.ratio(page, Tag.Y_RESOLUTION)
        unit = {INCH: 1.0, _CENTIMETRE: 2.54}.get(file.integer(page, Tag.RESOLUTION_UNIT, INCH))
    except PhotoError:
        return None
    return (x * unit, y * unit) if x and y and unit else None


def exif_resolution(exif: bytes | None) -> tuple[float, float] | None:
    """Return what an EXIF structure says, None where it says nothing usable."""
    try:
        file = _parsed(exif)
        return resolution(file, next(file.directories(), Directory()))
    except PhotoError:
        return None


def _parsed(exif: bytes | None) -> TiffFile:
    """Read the start of an EXIF structure. Raises PhotoError for what a TIFF can't begin with."""
    if exif is None or exif[:4] not in (b"II*\x00", b"MM\x00*"):
        raise PhotoError("the EXIF is damaged")
    return tiff_file.parse(exif, "exif")


def exif_of(file: TiffFile, page: Directory) -> bytes | None:
    """Return a page's describing tags as an EXIF structure, None where it has none. Raises PhotoError."""
    values = _describing(file, page)
    if not values.keys() - {Tag.X_RESOLUTION, Tag.Y_RESOLUTION, Tag.RESOLUTION_UNIT, Tag.ORIENTATION}:
        return None
    return _structure(file, page, values)


def with_resolution(exif: bytes | None, dpi: tuple[float, float]) -> bytes:
    """Return the EXIF structure, or a new one, with this resolution where it says none.

    Its first directory goes behind its end then; all else stays in its place. One that can't be read stays.
    """
    if exif is None:
        out = bytearray(struct.pack("<2sHI", b"II", 42, 8))
        _append(out, "<", _resolution_entries("<", dpi))
        return bytes(out)
    if exif_resolution(exif):
        return exif
    try:
        file = _parsed(exif)
        page = next(file.directories(), None)
    except PhotoError:
        return exif
    if page is None:
        return exif
    changed = bytearray(exif)
    tiff_file.replace_directory(changed, file, page, _resolution_entries(file.order, dpi))
    return bytes(changed)


def _resolution_entries(order: str, dpi: tuple[float, float]) -> dict[int, Values]:
    x, y = (struct.pack(order + "II", round(value * 1000), 1000) for value in dpi)
    return {
        Tag.X_RESOLUTION: (Kind.RATIONAL, 1, x),
        Tag.Y_RESOLUTION: (Kind.RATIONAL, 1, y),
        Tag.RESOLUTION_UNIT: (Kind.SHORT, 1, struct.pack(order + "H", INCH)),
    }


def directory_of(exif: bytes | None) -> tuple[bytes, dict[int, bytes]]:
    """Return how a new TIFF begins, and the 12-byte entries that its first directory takes over by tag.

    The beginning is the EXIF structure itself, in its byte order, or a bare header where it can't be read.
    The orientation stays behind: without it a picture is upright.
    """
    bare = struct.pack("<2sHI", b"II", 42, 0)
    try:
        file = _parsed(exif)
        page = next(file.directories(), Directory())
    except PhotoError:
        return bare, {}
    kept = _describing(file, page).keys() - {Tag.ORIENTATION}
    entries = {tag: file.data[entry.at : entry.at + 12] for tag, entry in page.entries.items() if tag in kept}
    return file.data, entries


def _describing(file: TiffFile, page: Directory) -> dict[int, Values]:
    """Return type, count and bytes of the describing tags, without those that lead nowhere."""
    found: dict[int, Values] = {}
    room = len(file.data)  # a file whose values overlap could ask for any amount of memory
    for tag, entry in page.entries.items():
        if tag in _OF_PIXELS | _ELSEWHERE or entry.kind not in _KINDS or entry.size > room:
            continue
        if entry.values_at + entry.size <= len(file.data):
            room -= entry.size
            octets = file.data[entry.values_at : entry.values_at + entry.size]
            found[tag] = entry.kind, entry.count, octets
    return found


def _structure(file: TiffFile, page: Directory, values: Mapping[int, Values]) -> bytes:
    """Lay values out anew, and the directories of EXIF and GPS that they point to."""
    out = bytearray(b"II" if file.order == "<" else b"MM")
    out += struct.pack(file.order + "HI", 42, 8)
    _append_tree(out, file, page, dict(values), level=0)
    return bytes(out)


def _append_tree(
    out: bytearray, file: TiffFile, page: Directory, values: dict[int, Values], *, level: int
) -> None:
    """Append a directory, then those that it points to; a pointer that leads nowhere is left out."""
    inner = {}
    for tag in (tag for tags in _POINTERS for tag in tags):
        values.pop(tag, None)
        if tag in page.entries and tag in _POINTERS[level]:
            try:
                directory = file.directory_at(file.integer(page, tag, 0))
            except PhotoError:
                continue
            inner[tag] = directory, _describing(file, directory)
            values[tag] = Kind.LONG, 1, bytes(4)
    places = _append(out, file.order, values)
    for tag, (directory, described) in inner.items():
        struct.pack_into(file.order + "I", out, places[tag] + 8, len(out))
        _append_tree(out, file, directory, described, level=level + 1)


def _append(out: bytearray, order: str, values: Mapping[int, Values]) -> dict[int, int]:
    """Append a directory with its values behind it; return where each entry lies. Leaves an even length."""
    start = len(out)
    out += struct.pack(order + "H", len(values)) + bytes(12 * len(values) + 4)
    places = {}
    for number, tag in enumerate(sorted(values)):
        kind, count, octets = values[tag]
        places[tag] = at = start + 2 + 12 * number
        struct.pack_into(order + "HHI", out, at, tag, kind, count)
        if len(octets) <= 4:
            out[at + 8 : at + 8 + len(octets)] = octets
            continue
        struct.pack_into(order + "I", out, at + 8, len(out))
        out += octets + b"\x00" * (len(octets) % 2)
    return places
