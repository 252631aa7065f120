"""A JPEG file as segments: take it apart strictly, put it together with new scans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError

EOI, SOS, DQT, DHT, DRI, DAC = 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xCC
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE

_FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, 0xC8, DAC}
_PROGRESSIVE = 0xC2
_REFUSED_FRAMES = {
    0xC3: "lossless",
    0xC5: "hierarchical",
    0xC6: "hierarchical",
    0xC7: "hierarchical",
    0xC9: "arithmetic-coded",
    0xCA: "arithmetic-coded",
    0xCB: "lossless arithmetic-coded",
    0xCD: "hierarchical",
    0xCE: "hierarchical",
    0xCF: "hierarchical",
}
_MOST_BLOCKS = 10
"""Of all components together in one unit of an interleaved scan (ITU T.81, B.2.3)."""
_CODING = frozenset({DHT, DRI, DAC})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_MARKER_IN_SCAN = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
# fmt: off
_ZIGZAG = np.array([
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5, 12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13,  6,  7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
])
# fmt: on


@dataclass(frozen=True)
class Segment:
    """One marker with its payload; `raw` is the whole of it as it lies in the file."""

    marker: int
    payload: bytes
    raw: bytes


@dataclass(frozen=True)
class Component:
    """One colour component of the frame: its id, sampling factors and number of its quantisation table."""

    id: int
    h: int
    v: int
    table: int


@dataclass(frozen=True)
class Frame:
    """What the frame header says."""

    marker: int
    height: int
    width: int
    components: tuple[Component, ...]

    @property
    def progressive(self) -> bool:
        """Whether the scans refine each other."""
        return self.marker == _PROGRESSIVE

    @property
    def h_max(self) -> int:
        """The largest horizontal sampling factor."""
        return max(component.h for component in self.components)

    @property
    def v_max(self) -> int:
        """The largest vertical sampling factor."""
        return max(component.v for component in self.components)

    def factors(self, component: Component) -> tuple[int, int]:
        """Rows and columns of pixels that one sample of the component covers."""
        return self.v_max // component.v, self.h_max // component.h

    def blocks(self, component: Component) -> tuple[int, int]:
        """Rows and columns of 8x8 blocks of the component."""
        rows = -(-self.height * component.v // (self.v_max * 8))
        columns = -(-self.width * component.h // (self.h_max * 8))
        return rows, columns


def header_segments(data: bytes, name: str) -> Iterator[tuple[int, Segment]]:
    """Yield (offset, segment) from the start up to and with the first scan header. Raises PhotoError."""
    at = 2
    while True:
        start = data.find(b"\xff", at)
        if start < 0 or start + 4 > len(data):
            raise PhotoError(f"{name}: the JPEG ends before its picture starts, it is truncated")
        marker = data[start + 1]
        if marker in (0x00, 0xFF) or marker in _BARE:
            at = start + (1 if marker == 0xFF else 2)
            continue
        if marker == EOI:
            raise PhotoError(f"{name}: the JPEG holds no picture")
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        at = start + 2 + length
        if length < 2 or at > len(data):
            raise PhotoError(f"{name}: the JPEG is truncated or damaged in its header")
        yield start, Segment(marker, data[start + 4 : at], data[start:at])
        if marker == SOS:
            return


def end_of_picture(data: bytes, scan: int, name: str) -> int:
    """Return the offset just after the end marker of the picture whose first scan header starts at `scan`.

    Raises PhotoError where it is missing, UnsupportedPhotoError for tables or frames between scans.
    """
    at = scan
    while True:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found = _MARKER_IN_SCAN.search(data, at)
        if found is None:
            raise PhotoError(f"{name}: the JPEG is truncated, its end is missing")
        marker = found.group(1)[0]
        if marker == EOI:
            return found.end()
        if marker in (DQT, *_FRAMES):
            raise UnsupportedPhotoError(
                f"{name}: a JPEG with tables or frames between its scans is not supported; convert it first"
            )
        at = found.end() - 2


def parse_frame(segment: Segment, name: str) -> Frame:
    """Read a frame header; refuse by name the kinds that can't be kept. Raises PhotoError."""
    kind = _REFUSED_FRAMES.get(segment.marker)
    if kind:
        raise UnsupportedPhotoError(f"{name}: {kind} JPEG is not supported; convert it first")
    payload = segment.payload
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise PhotoError(f"{name}: the JPEG's frame header is damaged")
    if payload[0] != 8:
        raise UnsupportedPhotoError(
            f"{name}: JPEG with {payload[0]} bits is not supported; make it 8 bits first"
        )
    components = tuple(
        Component(payload[at], payload[at + 1] >> 4, payload[at + 1] & 15, payload[at + 2])
        for at in range(6, len(payload), 3)
    )
    frame = Frame(
        segment.marker,
        int.from_bytes(payload[1:3], "big"),
        int.from_bytes(payload[3:5], "big"),
        components,
    )
    _check_frame(frame, name)
    return frame


def _check_frame(frame: Frame, name: str) -> None:
    if len(frame.components) == 4:
        raise UnsupportedPhotoError(f"{name}: CMYK or YCCK JPEG is not supported; convert it to RGB first")
    if len(frame.components) not in (1, 3):
        raise UnsupportedPhotoError(
            f"{name}: JPEG with {len(frame.components)} components is not supported; convert it first"
        )
    if frame.height == 0:
        raise UnsupportedPhotoError(
            f"{name}: JPEG whose height follows its scans is not supported; save it anew first"
        )
    if any(not (1 <= c.h <= 4 and 1 <= c.v <= 4 and c.table < 4) for c in frame.components):
        raise PhotoError(f"{name}: the JPEG's frame header is damaged")
    if len({c.id for c in frame.components}) != len(frame.components):
        raise PhotoError(f"{name}: the JPEG's frame header is damaged")
    if any(frame.h_max % c.h or frame.v_max % c.v for c in frame.components):
        raise UnsupportedPhotoError(
            f"{name}: JPEG with fractional chroma sampling is not supported; convert it first"
        )
    if len(frame.components) > 1 and sum(c.h * c.v for c in frame.components) > _MOST_BLOCKS:
        sampling = ", ".join(f"{c.h}x{c.v}" for c in frame.components)
        raise UnsupportedPhotoError(
            f"{name}: JPEG with a sampling of {sampling} is not supported; convert it first"
        )


def quantisation_tables(segments: list[Segment], name: str) -> dict[int, npt.NDArray[np.int32]]:
    """Return the (64,) tables in natural order by their number. Raises PhotoError for damaged ones."""
    tables: dict[int, npt.NDArray[np.int32]] = {}
    for segment in segments:
        if segment.marker != DQT:
            continue
        rest = segment.payload
        while rest:
            wide, number = rest[0] >> 4, rest[0] & 15
            size = 1 + 64 * (1 + wide)
            if wide > 1 or number > 3 or len(rest) < size:
                raise PhotoError(f"{name}: the JPEG's quantisation tables are damaged")
            values = np.frombuffer(rest[1:size], ">u2" if wide else np.uint8).astype(np.int32)
            if not values.all():
                raise PhotoError(f"{name}: the JPEG's quantisation tables are damaged")
            tables[number] = np.zeros(64, np.int32)
            tables[number][_ZIGZAG] = values
            rest = rest[size:]
    return tables


def check_for_c(segments: list[Segment], frame: Frame, name: str) -> None:
    """Raise PhotoError for all that libjpeg raises on in a header: jpeglib's C code crashes then."""
    for segment in segments:
        if segment.marker == DHT:
            _check_huffman(segment.payload, name)
        if segment.marker == DRI and len(segment.payload) != 2:
            raise PhotoError(f"{name}: the JPEG's restart interval is damaged")
    if sum(segment.marker in _FRAMES for segment in segments) != 1:
        raise PhotoError(f"{name}: the JPEG has more than one frame header")
    scan = segments[-1].payload
    ids = {component.id for component in frame.components}
    if not scan or len(scan) != 4 + 2 * scan[0] or not 1 <= scan[0] <= 4:
        raise PhotoError(f"{name}: the JPEG's scan header is damaged")
    named = list(scan[1 : 1 + 2 * scan[0] : 2])
    if not set(named) <= ids or len(set(named)) != len(named):
        raise PhotoError(f"{name}: the JPEG's scan header is damaged")


def _check_huffman(payload: bytes, name: str) -> None:
    while payload:
        count = sum(payload[1:17])
        if len(payload) < 17 + count or payload[0] & 0xEF > 3 or count > 256:
            raise PhotoError(f"{name}: the JPEG's Huffman tables are damaged")
        payload = payload[17 + count :]


def lean(data: bytes, segments: list[Segment], scan: int, end: int) -> bytes:
    """Return the JPEG with only what its coefficients need: no application segments, comments or trailer."""
    needed = [
        segment.raw
        for segment in segments[:-1]
        if segment.marker in _FRAMES or segment.marker in _CODING or segment.marker == DQT
    ]
    return b"\xff\xd8" + b"".join(needed) + data[scan:end]


def with_new_scans(segments: list[Segment], coded: bytes, name: str) -> bytes:
    """Return the original's segments, in their order and byte for byte, followed by the scans of `coded`.

    Raises PhotoError where `coded` has no frame header.
    """
    kept = [segment.raw for segment in segments[:-1] if segment.marker not in _CODING]
    for start, segment in header_segments(coded, name):
        if segment.marker in _FRAMES:
            return b"\xff\xd8" + b"".join(kept) + coded[start + len(segment.raw) :]
    raise PhotoError(f"{name}: the JPEG could not be put together")


def is_frame(segment: Segment) -> bool:
    """Whether the segment is a frame header of any kind."""
    return segment.marker in _FRAMES
