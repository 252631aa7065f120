"""Pictures behind a JPEG's own (CIPA DC-007: stereo pairs, gain maps, previews): their addresses."""

from __future__ import annotations

import struct

from inpaint_cli.photos.jpeg_segments import APP2, header_segments

_MPF = b"MPF\x00"
_ENTRIES = 0xB002
_ENTRY = 16


def with_moved_pictures(data: bytes, *, old_end: int, new_end: int) -> bytes:
    """Return `data` with its multi-picture index corrected for a first picture that now ends elsewhere.

    An address that makes no sense is left as it is.
    """
    for start, segment in header_segments(data, "photo"):
        if segment.marker == APP2 and segment.payload.startswith(_MPF):
            base = start + 4 + len(_MPF)
            index = segment.payload[len(_MPF) :]
            behind = range(old_end - base, len(data) - (new_end - old_end) - base)
            moved = _moved_index(index, behind=behind, old_end=old_end, shift=new_end - old_end)
            return data[:base] + moved + data[base + len(index) :]
    return data


def _moved_index(index: bytes, *, behind: range, old_end: int, shift: int) -> bytes:
    """Shift the addresses that lie `behind` the first picture in the file, and correct its size."""
    order = "<" if index[:2] == b"II" else ">"
    at, count = _entries(index, order)
    moved = bytearray(index)
    for entry in range(at, at + count, _ENTRY):
        size, offset = struct.unpack_from(order + "II", index, entry + 4)
        if offset == 0 and size == old_end:
            struct.pack_into(order + "I", moved, entry + 4, size + shift)
        elif offset in behind:
            struct.pack_into(order + "I", moved, entry + 8, offset + shift)
    return bytes(moved)


def _entries(index: bytes, order: str) -> tuple[int, int]:
    """Return where the picture entries lie in the index and how many bytes they are, (0, 0) for none."""
    if len(index) < 10:
        return 0, 0
    (first,) = struct.unpack_from(order + "I", index, 4)
    if first + 2 > len(index):
        return 0, 0
    (count,) = struct.unpack_from(order + "H", index, first)
    for place in range(first + 2, min(first + 2 + 12 * count, len(index) - 11), 12):
        tag, _, size, at = struct.unpack_from(order + "HHII", index, place)
        if tag == _ENTRIES and size % _ENTRY == 0 and at + size <= len(index):
            return at, size
    return 0, 0
