"""TIFF: strips and tiles that a mask touches are written anew; every other byte and tag stays in its place.

Kept: 8 and 16 bits, grey, RGB and palette, straight alpha, channels of another meaning, strips and tiles,
contiguous and planar, both byte orders, BigTIFF, several pages, no compression, LZW, deflate and PackBits
with or without prediction. Other kinds are refused by name. Thumbnails and reduced copies in the file are
not pages and stay as they are. A palette that lacks the new colours makes its page RGB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import edge, iptc, tiff_codecs, tiff_exif, tiff_file, tiff_page
from inpaint_cli.photos.metadata import Metadata
from inpaint_cli.photos.photo import Bools, PageKind, Pixels, Repair, StoredPage
from inpaint_cli.photos.tiff_file import Directory, TiffFile, Values
from inpaint_cli.photos.tiff_page import Layout
from inpaint_cli.photos.tiff_place import Room, fits_addresses, merged
from inpaint_cli.photos.tiff_tags import Kind, Tag

_REDUCED_OR_MASK = 0b101
_PIXEL_DATA = (
    (Tag.STRIP_OFFSETS, Tag.STRIP_COUNTS),
    (Tag.TILE_OFFSETS, Tag.TILE_COUNTS),
    (Tag.JPEG_OFFSET, Tag.JPEG_COUNT),
)
"""Addresses and sizes of a picture's strips, its tiles, or the JPEG that it is."""
_LAYERS = (b"8BIMLayr", b"8BIMLr16", b"8BIMLr32", b"MIB8ryaL", b"MIB861rL", b"MIB823rL")
"""How the layers begin among Photoshop's data, in either byte order; there may be data without any."""
# Above this share of the file, large strips that outgrew their place are cut into this many smaller ones.
_MOST_GROWTH = 0.02
_PIECES = 32


def _pages(file: TiffFile) -> list[Directory]:
    """Return the directories that are pages: not reduced copies, not masks."""
    every = file.directories()
    return [page for page in every if not file.integer(page, Tag.SUBFILE_TYPE, 0) & _REDUCED_OR_MASK]


def decode(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode every page of a TIFF; `max_pixels` holds for all of them together.

    Raises what `read_photo` raises.
    """
    file = tiff_file.parse(data, name)
    pages = _pages(file)
    edge.check_sizes(name, [tiff_page.size(file, page)[::-1] for page in pages], max_pixels)
    layouts = [tiff_page.layout(file, page) for page in pages]
    return tuple(_decode_page(file, page, made) for page, made in zip(pages, layouts, strict=True))


def page_kinds(data: bytes, name: str) -> list[PageKind]:
    """Return of what kind all pages are, of whatever size; raise what `decode` would of their directories."""
    file = tiff_file.parse(data, name)
    layouts = [tiff_page.layout(file, page) for page in _pages(file)]
    return [PageKind(made.bits == 16, made.others) for made in layouts]


def _decode_page(file: TiffFile, page: Directory, made: Layout) -> StoredPage:
    samples = tiff_page.read_samples(file, made)
    orientation = made.orientation if 1 <= made.orientation <= 8 else 1
    if made.photometric == tiff_page.PALETTE:
        return StoredPage(_palette(file, page)[samples[..., 0]], orientation=orientation)
    alpha = None if made.alpha is None else np.ascontiguousarray(samples[..., made.alpha])
    colours = np.ascontiguousarray(samples[..., : made.colours])
    if made.photometric == tiff_page.WHITE_IS_ZERO:
        colours = np.iinfo(colours.dtype).max - colours
    return StoredPage(colours, alpha, orientation, made.others)


def _palette(file: TiffFile, page: Directory) -> npt.NDArray[np.uint8]:
    """Return (256, 3) uint8: the upper halves of the 16 bits, unless its writer filled only the lower."""
    values = np.array(file.integers(page, Tag.COLOUR_MAP))
    if values.size != 768:
        raise file.damaged()
    scaled = values >> 8 if values.max() > 255 else values
    return np.ascontiguousarray(scaled.reshape(3, 256).T.astype(np.uint8))


def metadata(data: bytes, name: str) -> Metadata:
    """Return what a conversion takes along, of the first page."""
    file = tiff_file.parse(data, name)
    page = _pages(file)[0]
    return Metadata(
        icc=file.octets(page, Tag.PROFILE),
        exif=tiff_exif.exif_of(file, page),
        xmp=file.octets(page, Tag.XMP),
        iptc=file.octets(page, Tag.IPTC) or iptc.of_resources(file.octets(page, Tag.PHOTOSHOP) or b""),
        dpi=tiff_exif.resolution(file, page),
    )


def check_kept(source: bytes, name: str) -> None:
    """Raise UnsupportedPhotoError for a picture that comes with the layers that it was made of.

    Photoshop opens those, and would show the damage in them in place of the restored picture.
    """
    file = tiff_file.parse(source, name)
    blocks = [file.span(page, Tag.PHOTOSHOP_LAYERS) for page in file.directories()]
    if any(source.find(key, *block) >= 0 for block in blocks for key in _LAYERS):
        raise UnsupportedPhotoError(
            f"{name}: TIFF with layers, which Photoshop would show in place of the restored picture; "
            "flatten it first, or use --format png"
        )


def encode(source: bytes, name: str, repairs: Sequence[Repair]) -> bytes:
    """Return `source` with new strips and tiles where the masks touch them.

    New ones take the places of those that they replace; what doesn't fit goes behind the end of the file.
    Large strips of which much would go there are cut into smaller ones. Raises UnsupportedPhotoError.
    """
    file = tiff_file.parse(source, name)
    pages = _pages(file)
    layouts = [tiff_page.layout(file, page) for page in pages]
    shared = _shared(file, layouts)
    changed = bytearray(source)
    for number, (page, made, repair) in enumerate(zip(pages, layouts, repairs, strict=True)):
        if not repair.mask.any():
            continue
        samples = _stored_samples(file, page, made, repair)
        if samples is None:
            changed = _as_rgb(changed, name, number, made, repair, shared=shared)
        else:
            changed = _repair_page(changed, file, page, made, samples, repair.mask, shared=shared)
    if not fits_addresses(changed, big=file.big):
        raise UnsupportedPhotoError(f"{name}: the TIFF would outgrow 4 GiB; use --format png")
    return bytes(changed)


def _shared(file: TiffFile, layouts: Sequence[Layout]) -> bool:
    """Whether strips overlap, so that changing one in its place would change another.

    Or a directory, or the pixels of a picture that is no page, as a thumbnail.
    """
    strips = [span for page in layouts for span in page.spans() if span[0] < span[1]]
    spans = sorted([*strips, *merged([*file.structure(), *_pixels_beside_pages(file)])])
    return any(before[1] > after[0] for before, after in pairwise(spans))


def _pixels_beside_pages(file: TiffFile) -> Iterator[tuple[int, int]]:
    """Yield start and end of all pixel data that belongs to no page; one byte of what has no size."""
    pages = {page.start for page in _pages(file)}
    for directory in file.all_directories():
        for addresses, sizes in _PIXEL_DATA:
            with suppress(PhotoError):  # EXIF may say anything
                starts = () if directory.start in pages else file.integers(directory, addresses)
                lengths = file.integers(directory, sizes) or (1,) * len(starts)
                yield from ((at, at + length) for at, length in zip(starts, lengths, strict=False) if length)


def _repair_page(
    changed: bytearray,
    file: TiffFile,
    page: Directory,
    made: Layout,
    samples: npt.NDArray[Any],
    mask: Bools,
    *,
    shared: bool,
) -> bytearray:
    """Return the file with the chunks of a page that the mask touches written anew, `changed` or a copy."""
    touched = [number for number, _, *area in made.chunks() if mask[area[0], area[1]].any()]
    room = Room(bytearray(changed), [] if shared else [made.spans()[number] for number in touched])
    offsets, counts = list(made.offsets), list(made.counts)
    for number, plane, rows, columns in made.chunks():
        if mask[rows, columns].any():
            coded = tiff_page.write_chunk(file, made, samples, plane, rows, columns)
            offsets[number], counts[number] = room.put(coded), len(coded)
    if room.appended > _MOST_GROWTH * len(changed) and not shared and _can_be_cut(page, made):
        finer = replace(made, chunk_height=max(1, -(-made.chunk_height // _PIECES)))
        return _all_anew(Room(changed, made.spans()), file, page, finer, samples)
    _set_chunks(room.changed, file, page, made, offsets, counts)
    return room.changed


def _can_be_cut(page: Directory, made: Layout) -> bool:
    """Cutting costs writing all strips anew, and pays only where few large ones hold the page."""
    compressed = made.compression != tiff_codecs.NONE
    few = made.down <= _PIECES and made.chunk_height > 1
    return compressed and few and not made.tiled and Tag.ROWS_PER_STRIP in page.entries


def _all_anew(
    room: Room, file: TiffFile, page: Directory, made: Layout, samples: npt.NDArray[Any]
) -> bytearray:
    """Write every chunk of a page with a new layout."""
    offsets, counts = [], []
    for _, plane, rows, columns in made.chunks():
        coded = tiff_page.write_chunk(file, made, samples, plane, rows, columns)
        offsets.append(room.put(coded))
        counts.append(len(coded))
    if not made.tiled and Tag.ROWS_PER_STRIP in page.entries:
        rows_entry = page.entries[Tag.ROWS_PER_STRIP]
        tiff_file.set_integers(room.changed, file, rows_entry, (made.chunk_height,))
    _set_chunks(room.changed, file, page, made, offsets, counts)
    return room.changed


def _set_chunks(
    changed: bytearray, file: TiffFile, page: Directory, made: Layout, offsets: list[int], counts: list[int]
) -> None:
    tiles = (Tag.TILE_OFFSETS, Tag.TILE_COUNTS)
    strips = (Tag.STRIP_OFFSETS, Tag.STRIP_COUNTS)
    for tag, values in zip(tiles if made.tiled else strips, (offsets, counts), strict=True):
        tiff_file.set_integers(changed, file, page.entries[tag], tuple(values))


def _stored_samples(file: TiffFile, page: Directory, made: Layout, repair: Repair) -> npt.NDArray[Any] | None:
    """Turn pixels and alpha back into samples as stored; None where the palette lacks a colour."""
    pixels = repair.pixels
    if made.photometric == tiff_page.PALETTE:
        return _indices(file, page, made, pixels, repair.mask)
    if made.photometric == tiff_page.WHITE_IS_ZERO:
        pixels = np.iinfo(pixels.dtype).max - pixels
    if made.channels == made.colours:
        return pixels
    samples = tiff_page.read_samples(file, made)
    samples[..., : made.colours] = pixels
    if made.alpha is not None:
        samples[..., made.alpha] = repair.alpha
    return samples


def _indices(
    file: TiffFile, page: Directory, made: Layout, pixels: Pixels, mask: Bools
) -> npt.NDArray[np.uint8] | None:
    """Give masked pixels the palette's index of their colour, or return None."""
    entries = enumerate(_palette(file, page).tolist())
    index_of = {tuple(colour): index for index, colour in reversed(list(entries))}
    wanted = [index_of.get(tuple(colour)) for colour in pixels[mask].tolist()]
    if None in wanted:
        return None
    samples: npt.NDArray[np.uint8] = tiff_page.read_samples(file, made)
    samples[..., 0][mask] = np.array(wanted, np.uint8)
    return samples


def _as_rgb(
    changed: bytearray, name: str, number: int, made: Layout, repair: Repair, *, shared: bool
) -> bytearray:
    """Turn the palette page of this number into RGB: a new directory without the colour map, all its strips.

    The directory is looked for in what has become of the file: the one before it may have moved as well.
    """
    rgb = replace(made, channels=3, photometric=tiff_page.RGB)
    current = tiff_file.parse(bytes(changed), name)
    page = _pages(current)[number]
    shorts = {Tag.CHANNELS: (3,), Tag.BITS: (8, 8, 8), Tag.PHOTOMETRIC: (tiff_page.RGB,)}
    if Tag.PLANES in page.entries:  # one channel may lie "apart", three then do
        shorts[Tag.PLANES] = (1,)
    values: dict[int, Values] = {
        tag: (Kind.SHORT, len(numbers), struct.pack(f"{current.order}{len(numbers)}H", *numbers))
        for tag, numbers in shorts.items()
    }
    tiff_file.replace_directory(changed, current, page, values, dropped=(Tag.COLOUR_MAP,))
    renewed = tiff_file.parse(bytes(changed), name)
    room = Room(changed, [] if shared else made.spans())
    return _all_anew(room, renewed, _pages(renewed)[number], rgb, repair.pixels)
