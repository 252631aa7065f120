"""Compressed strips and tiles to bytes and back: none, LZW, deflate, PackBits; horizontal prediction."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from inpaint_cli.photos import tiff_file
from inpaint_cli.photos.tiff_tags import Kind, Tag

NONE, LZW, DEFLATE, PACKBITS, OLD_DEFLATE = 1, 5, 8, 32773, 32946
KNOWN = frozenset({NONE, LZW, DEFLATE, PACKBITS, OLD_DEFLATE})
_NAMES = {LZW: "tiff_lzw", PACKBITS: "packbits"}


def decode(
    chunks: Sequence[bytes], compression: int, *, rows: int, last_rows: int, row_bytes: int
) -> npt.NDArray[np.uint8]:
    """Return all chunks below each other: (total rows, row_bytes). Raises ValueError, OSError.

    Every chunk has `rows` rows, the last one `last_rows`.
    """
    total = rows * (len(chunks) - 1) + last_rows
    if compression == NONE:
        sizes = [rows * row_bytes] * (len(chunks) - 1) + [last_rows * row_bytes]
        if any(len(chunk) < size for chunk, size in zip(chunks, sizes, strict=True)):
            raise ValueError("a strip is shorter than its rows")
        whole = b"".join(chunk[:size] for chunk, size in zip(chunks, sizes, strict=True))
        return np.frombuffer(whole, np.uint8).reshape(total, row_bytes)
    picture = TiffImageFile(
        BytesIO(_grey_tiff(chunks, compression, rows=rows, total=total, row_bytes=row_bytes))
    )
    picture.load()
    return np.asarray(picture)


def _grey_tiff(chunks: Sequence[bytes], compression: int, *, rows: int, total: int, row_bytes: int) -> bytes:
    """Wrap the chunks as strips of an 8-bit grey TIFF, so that libtiff decodes them to plain bytes."""
    body = struct.pack("<2sHI", b"II", 42, 0) + b"".join(chunks)
    sizes = [len(chunk) for chunk in chunks]
    offsets = np.cumsum([8, *sizes[:-1]]).tolist()
    tags: Tags = [
        (Tag.WIDTH, Kind.LONG, [row_bytes]),
        (Tag.HEIGHT, Kind.LONG, [total]),
        (Tag.BITS, Kind.SHORT, [8]),
        (Tag.COMPRESSION, Kind.SHORT, [compression]),
        (Tag.PHOTOMETRIC, Kind.SHORT, [1]),
        (Tag.STRIP_OFFSETS, Kind.LONG, offsets),
        (Tag.CHANNELS, Kind.SHORT, [1]),
        (Tag.ROWS_PER_STRIP, Kind.LONG, [rows]),
        (Tag.STRIP_COUNTS, Kind.LONG, sizes),
    ]
    return tiff_with_directories(body, [tags])


Tags = list[tuple[int, int, list[int] | bytes]]
"""Tag, type, values: whole numbers (two per rational) or bytes."""


def tiff_with_directories(
    start: bytes, directories: Sequence[Tags], ready: Sequence[Mapping[int, bytes]] = ()
) -> bytes:
    """Return a TIFF: `start`, a header in either byte order with what lies behind it, then the directories.

    ready: for the first directories, 12-byte entries by tag that go in as they are; `directories` win.
    """
    out = bytearray(start)
    order = "<" if start[:2] == b"II" else ">"
    link = 4
    for number, tags in enumerate(directories):
        entries = ready[number] if number < len(ready) else {}
        numbers = {tag: (kind, values) for tag, kind, values in tags}
        out += b"\x00" * (len(out) % 2)
        at = len(out)
        struct.pack_into(order + "I", out, link, at)
        every = sorted(numbers.keys() | entries.keys())
        link = at + 2 + 12 * len(every)
        out += struct.pack(order + "H", len(every)) + bytes(12 * len(every) + 4)
        for place, tag in zip(range(at + 2, link, 12), every, strict=True):
            if tag in numbers:
                _put_entry(out, order, place, tag, *numbers[tag])
            else:
                out[place : place + 12] = entries[tag]
    return bytes(out)


def _put_entry(out: bytearray, order: str, at: int, tag: int, kind: int, values: list[int] | bytes) -> None:
    if isinstance(values, bytes):
        packed, count = values, len(values)
    else:
        packed = struct.pack(f"{order}{len(values)}{'H' if kind == Kind.SHORT else 'I'}", *values)
        count = len(values) // 2 if kind == Kind.RATIONAL else len(values)
    struct.pack_into(order + "HHI", out, at, tag, kind, count)
    if len(packed) <= 4:
        out[at + 8 : at + 8 + len(packed)] = packed
        return
    out += b"\x00" * (len(out) % 2)
    struct.pack_into(order + "I", out, at + 8, len(out))
    out += packed


def encode(rows: npt.NDArray[np.uint8], compression: int) -> bytes:
    """Compress (rows, row_bytes) as one strip."""
    if compression == NONE:
        return rows.tobytes()
    if compression in (DEFLATE, OLD_DEFLATE):
        return zlib.compress(rows.tobytes(), 6)
    coded = BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(rows))
    picture.save(coded, "TIFF", compression=_NAMES[compression], tiffinfo={Tag.ROWS_PER_STRIP: rows.shape[0]})
    file = tiff_file.parse(coded.getvalue(), "strip")
    directory = next(file.directories())
    offsets = file.integers(directory, Tag.STRIP_OFFSETS)
    counts = file.integers(directory, Tag.STRIP_COUNTS)
    if len(offsets) != 1:
        raise ValueError("libtiff made more than one strip")
    return file.data[offsets[0] : offsets[0] + counts[0]]


def predict(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Replace each sample of (rows, columns, channels) by its difference to the left one, wrapping around."""
    predicted = samples.copy()
    predicted[:, 1:] = samples[:, 1:] - samples[:, :-1]
    return predicted


def unpredict(differences: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Undo `predict`."""
    return np.cumsum(differences, axis=1, dtype=differences.dtype)
