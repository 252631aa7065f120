"""Colour profile and XMP packet inside PNG chunks."""

from __future__ import annotations

import zlib

from inpaint_cli.photos.png_chunks import Chunk, PngFile

_XMP = b"XML:com.adobe.xmp\x00"
_MOST = 16 * 1024 * 1024


def icc_profile(chunk: bytes | None) -> bytes | None:
    """Return the profile of an iCCP chunk, None where there is none or it is damaged."""
    if chunk is None:
        return None
    _, _, rest = chunk.partition(b"\x00")
    return _inflated(rest[1:])


def icc_chunk(profile: bytes) -> Chunk:
    """Return an iCCP chunk."""
    return Chunk(b"iCCP", b"ICC Profile\x00\x00" + zlib.compress(profile))


def xmp_packet(file: PngFile) -> bytes | None:
    """Return the XMP packet of an iTXt chunk."""
    for chunk in file.chunks:
        if chunk.kind == b"iTXt" and chunk.payload.startswith(_XMP):
            compressed = chunk.payload[len(_XMP) : len(_XMP) + 1] == b"\x01"
            text = chunk.payload[len(_XMP) + 2 :].split(b"\x00", 2)[-1]
            return _inflated(text) if compressed else text
    return None


def xmp_chunk(packet: bytes) -> Chunk:
    """Return an iTXt chunk that holds an XMP packet."""
    return Chunk(b"iTXt", _XMP + b"\x00\x00\x00\x00" + packet)


def _inflated(data: bytes) -> bytes | None:
    """Inflate at most 16 MiB; metadata that claims more is no metadata."""
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(data, _MOST)
    except zlib.error:
        return None
    return inflated if inflater.eof else None
