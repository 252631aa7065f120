"""A PNG file as chunks: take it apart, put it together with new pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
_DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    PALETTE: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    RGB_ALPHA: (8, 16),
}
_OF_PIXELS = frozenset({b"IHDR", b"IDAT", b"IEND"})
# Unsafe to copy by their name, but independent of the pixels' values, or corrected by the encoder.
_KEPT = frozenset(
    {
        b"PLTE", b"tRNS", b"bKGD", b"sBIT", b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"mDCV", b"cLLI",
        b"sPLT", b"tIME", b"pCAL", b"sCAL", b"sTER",
    }
)  # fmt: skip
_OF_COLOUR_TYPE = frozenset({b"PLTE", b"tRNS", b"bKGD", b"sBIT"})


@dataclass(frozen=True)
class Header:
    """The IHDR chunk: size in pixels, bits per channel, colour type, whether interlaced."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool = False

    def packed(self) -> bytes:
        """Return the chunk's payload."""
        return struct.pack(
            ">IIBBBBB", self.width, self.height, self.depth, self.colour, 0, 0, self.interlaced
        )


@dataclass(frozen=True)
class Chunk:
    """One chunk: its four letters and its payload."""

    kind: bytes
    payload: bytes

    def packed(self) -> bytes:
        """Return the chunk with length and checksum."""
        checksum = zlib.crc32(self.payload, zlib.crc32(self.kind))
        return struct.pack(">I", len(self.payload)) + self.kind + self.payload + struct.pack(">I", checksum)


@dataclass(frozen=True)
class PngFile:
    """A PNG taken apart: header, all other chunks in order, and what follows the end."""

    header: Header
    chunks: tuple[Chunk, ...]
    trailer: bytes = b""

    def payload(self, kind: bytes) -> bytes | None:
        """Return the first chunk of a kind."""
        return next((chunk.payload for chunk in self.chunks if chunk.kind == kind), None)

    def lean(self, *, depth: int | None = None, colour: int | None = None) -> bytes:
        """Return a PNG of the pixel data only, read as another depth and colour type if these are given."""
        header = replace(self.header, depth=depth or self.header.depth, colour=colour or self.header.colour)
        needed = {b"IDAT", b"PLTE"} if header.colour == PALETTE else {b"IDAT"}
        return pack(header, [chunk for chunk in self.chunks if chunk.kind in needed])


def parse(data: bytes, name: str) -> PngFile:
    """Take a PNG apart. Raises PhotoError for a truncated or damaged one, UnsupportedPhotoError for APNG."""
    chunks: list[Chunk] = []
    at = len(SIGNATURE)
    while not chunks or chunks[-1].kind != b"IEND":
        if at + 12 > len(data):
            raise PhotoError(f"{name}: the PNG is truncated, its end is missing")
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            raise PhotoError(f"{name}: the PNG is truncated in its {len(chunks) + 1}. chunk")
        chunk = Chunk(data[at + 4 : at + 8], data[at + 8 : end - 4])
        _check(chunk, data[end - 4 : end], name)
        chunks.append(chunk)
        at = end
    header = _parse_header(chunks[0], name)
    kinds = {chunk.kind for chunk in chunks}
    if b"acTL" in kinds:
        raise _animated(name)
    if b"IDAT" not in kinds or (header.colour == PALETTE and b"PLTE" not in kinds):
        raise PhotoError(f"{name}: the PNG holds no picture, it is damaged")
    return PngFile(
        header, tuple(chunk for chunk in chunks if chunk.kind not in (b"IHDR", b"IEND")), data[at:]
    )


def check_header(data: bytes, name: str) -> None:
    """Raise UnsupportedPhotoError for an animation, which tells so before its first picture.

    Whatever else may be wrong is left to `parse`: of the chunks on the way only length and letters are read.
    """
    at = len(SIGNATURE)
    while (kind := data[at + 4 : at + 8]) not in (b"IDAT", b"IEND", b""):
        if kind == b"acTL":
            raise _animated(name)
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _animated(name: str) -> UnsupportedPhotoError:
    return UnsupportedPhotoError(
        f"{name}: animated PNG is not supported; save one of its pictures as a PNG first"
    )


def _check(chunk: Chunk, checksum: bytes, name: str) -> None:
    critical = not chunk.kind[0] & 0x20
    if not critical:
        return
    if zlib.crc32(chunk.payload, zlib.crc32(chunk.kind)) != int.from_bytes(checksum, "big"):
        raise PhotoError(f"{name}: the PNG is damaged (wrong checksum)")
    if chunk.kind not in _OF_PIXELS and chunk.kind != b"PLTE":
        raise UnsupportedPhotoError(
            f"{name}: the PNG holds a critical chunk of an unknown kind; convert it first"
        )


def _parse_header(chunk: Chunk, name: str) -> Header:
    if chunk.kind != b"IHDR" or len(chunk.payload) != 13:
        raise PhotoError(f"{name}: the PNG's header is damaged")
    width, height, depth, colour, compression, filtering, interlaced = struct.unpack(
        ">IIBBBBB", chunk.payload
    )
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlaced > 1:
        raise PhotoError(f"{name}: the PNG's header is damaged")
    return Header(width, height, depth, colour, bool(interlaced))


def pack(header: Header, chunks: Sequence[Chunk], trailer: bytes = b"") -> bytes:
    """Put a PNG together."""
    whole = [Chunk(b"IHDR", header.packed()), *chunks, Chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(chunk.packed() for chunk in whole) + trailer


def with_new_pixels(file: PngFile, header: Header, own: Sequence[Chunk], compressed: bytes) -> bytes:
    """Return the file with other pixel data, all other chunks in their order.

    own: the chunks PLTE, tRNS, bKGD and sBIT that fit `header`, which replace the file's where these don't
    fit any more. Chunks whose name says that they depend on the pixels (unsafe to copy) are dropped.
    """
    kept = [chunk for chunk in file.chunks if _survives(chunk.kind) and chunk.kind not in _OF_COLOUR_TYPE]
    first = next(i for i, chunk in enumerate(file.chunks) if chunk.kind == b"IDAT")
    before = {id(chunk) for chunk in file.chunks[:first]}
    # Colour space and significant bits come before PLTE, transparency and background after it.
    order = {b"sBIT": 0, b"PLTE": 1, b"tRNS": 2, b"bKGD": 2}
    head = [chunk for chunk in kept if id(chunk) in before]
    tail = [chunk for chunk in kept if id(chunk) not in before]
    chunks = [*head, *sorted(own, key=lambda chunk: order[chunk.kind]), Chunk(b"IDAT", compressed), *tail]
    return pack(header, chunks, file.trailer)


def _survives(kind: bytes) -> bool:
    safe_to_copy = bool(kind[3] & 0x20)
    return kind != b"IDAT" and (safe_to_copy or kind in _KEPT)
