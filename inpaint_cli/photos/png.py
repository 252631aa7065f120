"""PNG: every depth and colour type, all other chunks kept but those that are marked as unsafe to copy.

A palette stays a palette while the new colours fit into 256 entries with the old ones; else the picture
becomes RGB (or RGBA). Grey of 1, 2 or 4 bits becomes 8-bit grey when the new values need it. A single
transparent colour becomes an alpha channel when a new pixel happens to have that colour. An interlaced
picture is written without interlacing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import edge, png_chunks, png_pixels
from inpaint_cli.photos.metadata import METRES_PER_INCH, Metadata, exif_orientation
from inpaint_cli.photos.photo import Bools, PageKind, Pixels, Repair, StoredPage
from inpaint_cli.photos.png_chunks import GREY, GREY_ALPHA, PALETTE, RGB, RGB_ALPHA, Chunk, Header, PngFile
from inpaint_cli.photos.png_text import icc_profile, xmp_packet

_DEPTH = len(png_chunks.SIGNATURE) + 16
"""Where the file has its bits per channel."""
_WITH_ALPHA = {GREY: GREY_ALPHA, RGB: RGB_ALPHA}


def decode(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode a PNG; a palette becomes RGB, transparent colours become alpha, 16 bits stay 16 bits.

    Raises what `read_photo` raises.
    """
    file = png_chunks.parse(data, name)
    edge.check_size(name, file.header.width, file.header.height, max_pixels)
    stored = png_pixels.read(file, name)
    pixels, alpha = _shown(file, stored, name)
    return (StoredPage(pixels, alpha, exif_orientation(file.payload(b"eXIf"))),)


def page_kinds(data: bytes, name: str) -> list[PageKind]:
    """Return of what kind the page is, by the depth in the first chunk, IHDR."""
    return [PageKind(deep=data[_DEPTH : _DEPTH + 1] == b"\x10")]


def _shown(file: PngFile, stored: npt.NDArray[Any], name: str) -> tuple[Pixels, Pixels | None]:
    """Turn stored samples into pixels and alpha over the full range."""
    header = file.header
    if header.colour == PALETTE:
        colours = palette(file, name)
        shown = colours[stored[..., 0]]
        return np.ascontiguousarray(shown[..., :3]), (
            np.ascontiguousarray(shown[..., 3]) if file.payload(b"tRNS") is not None else None
        )
    if header.colour in (GREY_ALPHA, RGB_ALPHA):
        return np.ascontiguousarray(stored[..., :-1]), np.ascontiguousarray(stored[..., -1])
    key = transparent_colour(file)
    alpha = None
    if key is not None:
        opaque = 65535 if header.depth == 16 else 255
        alpha = np.where((stored == key).all(axis=2), 0, opaque).astype(stored.dtype)
    return (stored * _spread(header.depth)).astype(stored.dtype, copy=False), alpha


def _spread(depth: int) -> int:
    """What a sample of less than eight bits is multiplied with to reach 0..255."""
    return 255 // (2**depth - 1) if depth < 8 else 1


def palette(file: PngFile, name: str) -> npt.NDArray[np.uint8]:
    """Return (256, 4) RGBA; entries that the file lacks are opaque black. Raises PhotoError."""
    entries = file.payload(b"PLTE") or b""
    if len(entries) % 3 or not 3 <= len(entries) <= 768:
        raise PhotoError(f"{name}: the PNG's palette is damaged")
    colours = np.zeros((256, 4), np.uint8)
    colours[:, 3] = 255
    colours[: len(entries) // 3, :3] = np.frombuffer(entries, np.uint8).reshape(-1, 3)
    alpha = (file.payload(b"tRNS") or b"")[:256]
    colours[: len(alpha), 3] = np.frombuffer(alpha, np.uint8)
    return colours


def transparent_colour(file: PngFile) -> npt.NDArray[np.uint16] | None:
    """Return the (1,) or (3,) samples of the one transparent colour of a grey or RGB file."""
    chunk = file.payload(b"tRNS")
    channels = {GREY: 1, RGB: 3}.get(file.header.colour)
    if chunk is None or channels is None or len(chunk) != 2 * channels:
        return None
    return np.frombuffer(chunk, ">u2").astype(np.uint16)


def metadata(data: bytes, name: str) -> Metadata:
    """Return what a conversion takes along."""
    file = png_chunks.parse(data, name)
    physical = file.payload(b"pHYs")
    dpi = None
    if physical is not None and len(physical) == 9 and physical[8] == 1:
        x, y = struct.unpack(">II", physical[:8])
        dpi = (x * METRES_PER_INCH, y * METRES_PER_INCH) if x and y else None
    return Metadata(icc_profile(file.payload(b"iCCP")), file.payload(b"eXIf"), xmp_packet(file), dpi)


def encode(source: bytes, name: str, repairs: Sequence[Repair]) -> bytes:
    """Return `source` with new pixel data; see the module for when its colour type changes."""
    (repair,) = repairs
    file = png_chunks.parse(source, name)
    if file.header.colour == PALETTE:
        return _encode_palette(file, name, repair)
    if file.header.colour in (GREY, RGB):
        return _encode_opaque(file, repair)
    return _encode_as(file, file.header.colour, file.header.depth, repair)


def _encode_opaque(file: PngFile, repair: Repair) -> bytes:
    """Grey or RGB: keep depth and transparent colour where the new values allow it."""
    header, key = file.header, transparent_colour(file)
    spread = _spread(header.depth)
    depth = header.depth
    if spread > 1 and (repair.pixels % spread).any():
        depth = 8
    if key is not None and repair.alpha is not None:
        samples = repair.pixels // spread
        if ((samples == key).all(axis=2) != (repair.alpha == 0)).any():
            return _encode_as(file, _WITH_ALPHA[header.colour], max(depth, 8), repair)
    return _encode_as(file, header.colour, depth, repair)


def _encode_as(file: PngFile, colour: int, depth: int, repair: Repair) -> bytes:
    """Write the repair with that colour type and depth, dropping or scaling what belonged to the old ones."""
    header = Header(file.header.width, file.header.height, depth, colour)
    samples: npt.NDArray[Any] = repair.pixels // _spread(depth)
    if colour in (GREY_ALPHA, RGB_ALPHA):
        alpha = repair.alpha
        if alpha is None:
            alpha = np.full(samples.shape[:2], np.iinfo(samples.dtype).max, samples.dtype)
        samples = np.concatenate([samples, alpha[..., None]], axis=2)
    own = [adapted for chunk in file.chunks if (adapted := _adapted(chunk, file.header, header))]
    return png_chunks.with_new_pixels(
        file, header, own, png_pixels.write(samples, depth=depth, colour=colour)
    )


def _adapted(chunk: Chunk, old: Header, new: Header) -> Chunk | None:
    """Return a chunk of the colour type as the new header needs it, None to drop it."""
    if chunk.kind not in (b"PLTE", b"tRNS", b"bKGD", b"sBIT"):
        return None
    if (old.colour, old.depth) == (new.colour, new.depth):
        return chunk
    if chunk.kind in (b"PLTE", b"sBIT") or (chunk.kind == b"tRNS" and new.colour != old.colour):
        return None
    if old.colour == PALETTE or len(chunk.payload) % 2:
        return None
    scale = _spread(old.depth) // _spread(new.depth)
    values = np.frombuffer(chunk.payload, ">u2") * scale
    return Chunk(chunk.kind, values.astype(">u2").tobytes())


def _encode_palette(file: PngFile, name: str, repair: Repair) -> bytes:
    """Keep the indices outside the mask, and give the new colours inside entries if there is room."""
    indices = png_pixels.read(file, name)[..., 0]
    new = new_entries(file, name, repair, indices)
    if new is None:
        colour = RGB if repair.alpha is None else RGB_ALPHA
        return _encode_as(file, colour, 8, repair)
    indices, colours = new
    depth = file.header.depth if len(colours) <= 2**file.header.depth else 8
    header = replace(file.header, depth=depth, interlaced=False)
    own = [Chunk(b"PLTE", colours[:, :3].tobytes())]
    if repair.alpha is not None:
        own.append(Chunk(b"tRNS", colours[:, 3].tobytes()))
    own += [chunk for chunk in file.chunks if chunk.kind in (b"sBIT", b"bKGD")]
    compressed = png_pixels.write(indices[..., None], depth=depth, colour=PALETTE)
    return png_chunks.with_new_pixels(file, header, own, compressed)


def new_entries(
    file: PngFile, name: str, repair: Repair, indices: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None:
    """Return (h, w) indices and (n, 4) RGBA entries that show the repair, None where 256 entries don't do."""
    used = max(len(file.payload(b"PLTE") or b"") // 3, int(indices.max()) + 1)
    old = palette(file, name)[:used]
    wanted, inverse = np.unique(_rgba_numbers(repair, repair.mask), return_inverse=True)
    numbers = np.ascontiguousarray(old).view("<u4")[:, 0]
    added = wanted[~np.isin(wanted, numbers)]
    if used + len(added) > 256:
        return None
    entries = np.concatenate([numbers, added])
    order = np.argsort(entries, kind="stable")
    index_of = order[np.searchsorted(entries, wanted, sorter=order)].astype(np.uint8)
    indices = indices.copy()
    indices[repair.mask] = index_of[inverse]
    return indices, entries.astype("<u4").view(np.uint8).reshape(-1, 4)


def _rgba_numbers(repair: Repair, mask: Bools) -> npt.NDArray[np.uint32]:
    """Return the masked pixels as one number each, R lowest."""
    rgba = np.full((int(mask.sum()), 4), 255, np.uint8)
    rgba[:, :3] = repair.pixels[mask]
    if repair.alpha is not None:
        rgba[:, 3] = repair.alpha[mask]
    return rgba.view("<u4")[:, 0]
