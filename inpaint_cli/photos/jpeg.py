"""JPEG: blocks that the mask doesn't touch keep their DCT coefficients.

All segments stay byte for byte but those that say how the scans are coded: Huffman tables, restart intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL.JpegImagePlugin import JpegImageFile

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import edge, iptc, jpeg_blocks, jpeg_segments, libjpeg, pillow
from inpaint_cli.photos.jpeg_multipicture import with_moved_pictures
from inpaint_cli.photos.jpeg_segments import APP0, APP1, APP2, APP13, APP14, Component, Frame, Segment
from inpaint_cli.photos.metadata import EXIF_HEADER, Metadata, exif_orientation
from inpaint_cli.photos.photo import Repair, StoredPage

_GREY, _RGB, _YCBCR = 1, 2, 3
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_ICC = b"ICC_PROFILE\x00"
_BLOCKS_AT_ONCE = 8192


@dataclass(frozen=True)
class JpegFile:
    """A JPEG taken apart: its segments up to the first scan header, its frame, where that scan starts."""

    data: bytes
    segments: list[Segment]
    frame: Frame
    scan: int

    @property
    def ycbcr(self) -> bool:
        """Whether three components are YCbCr, by libjpeg's rules."""
        markers = {segment.marker: segment.payload for segment in reversed(self.segments)}
        if markers.get(APP0, b"").startswith(b"JFIF\x00"):
            return True
        adobe = markers.get(APP14, b"")
        if adobe.startswith(b"Adobe") and len(adobe) >= 12:
            return adobe[11] != 0
        return bytes(component.id for component in self.frame.components) != b"RGB"

    @property
    def colour_space(self) -> int:
        """The number in libjpeg of the colour space."""
        if len(self.frame.components) == 1:
            return _GREY
        return _YCBCR if self.ycbcr else _RGB


@dataclass(frozen=True)
class Coefficients:
    """A JPEG's components with their tables (64,) and quantised coefficients (rows, columns, 64)."""

    frame: Frame
    tables: list[npt.NDArray[np.int32]]
    planes: list[npt.NDArray[np.int16]]


def parse(data: bytes, name: str) -> JpegFile:
    """Take a JPEG apart. Raises PhotoError, UnsupportedPhotoError (CMYK, arithmetic, lossless, 12 bits)."""
    placed = list(jpeg_segments.header_segments(data, name))
    segments = [segment for _, segment in placed]
    frames = [segment for segment in segments if jpeg_segments.is_frame(segment)]
    if not frames:
        raise PhotoError(f"{name}: the JPEG has no frame header, it is damaged")
    return JpegFile(data, segments, jpeg_segments.parse_frame(frames[0], name), placed[-1][0])


def decode(data: bytes, name: str, max_pixels: int) -> tuple[StoredPage, ...]:
    """Decode the (first) picture of a JPEG; grey stays one channel. Raises what `read_photo` raises."""
    file = parse(data, name)
    edge.check_size(name, file.frame.width, file.frame.height, max_pixels)
    picture = pillow.open_with(JpegImageFile, data, name=name, max_pixels=max_pixels)
    pixels = pillow.to_array(picture, name=name)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return (StoredPage(pixels, orientation=exif_orientation(metadata(data, name).exif)),)


def metadata(data: bytes, name: str) -> Metadata:
    """Return what a conversion takes along."""
    segments = [segment for _, segment in jpeg_segments.header_segments(data, name)]
    app1 = [segment.payload for segment in segments if segment.marker == APP1]
    chunks = sorted(
        segment.payload[len(_ICC) :]
        for segment in segments
        if segment.marker == APP2 and segment.payload.startswith(_ICC)
    )
    app0 = next((segment.payload for segment in segments if segment.marker == APP0), b"")
    return Metadata(
        icc=b"".join(chunk[2:] for chunk in chunks) or None,
        exif=next((payload[len(EXIF_HEADER) :] for payload in app1 if payload.startswith(EXIF_HEADER)), None),
        xmp=next((payload[len(_XMP) :] for payload in app1 if payload.startswith(_XMP)), None),
        dpi=_jfif_dpi(app0),
        iptc=iptc.of_jpeg(segment.payload for segment in segments if segment.marker == APP13),
    )


def _jfif_dpi(app0: bytes) -> tuple[float, float] | None:
    inches = {1: 1.0, 2: 2.54}.get(app0[7]) if app0.startswith(b"JFIF\x00") and len(app0) >= 12 else None
    x, y = int.from_bytes(app0[8:10], "big"), int.from_bytes(app0[10:12], "big")
    return (x * inches, y * inches) if x and y and inches else None


def encode(source: bytes, name: str, repairs: Sequence[Repair]) -> bytes:
    """Return `source` with new coefficients in the blocks that the mask touches.

    Tables, sampling, progressive or not, every segment before the first scan and all that follows the picture
    stay. Huffman tables are made anew (optimal); restart markers are dropped.
    """
    (repair,) = repairs
    file = parse(source, name)
    end = jpeg_segments.end_of_picture(source, file.scan, name)
    coefficients = read_coefficients(file, end, name)
    for number, component in enumerate(file.frame.components):
        _repair_component(coefficients, number, component, repair, ycbcr=file.ycbcr)
    frame = file.frame
    coded = libjpeg.write_coefficients(
        jpeg_segments.lean(source, file.segments, file.scan, end),
        coefficients.planes,
        size=(frame.height, frame.width),
        colour_space=file.colour_space,
        progressive=frame.progressive,
    )
    picture = jpeg_segments.with_new_scans(file.segments, coded, name)
    return with_moved_pictures(picture + source[end:], old_end=end, new_end=len(picture))


def read_coefficients(file: JpegFile, end: int, name: str) -> Coefficients:
    """Return the quantised coefficients of a JPEG. Raises PhotoError."""
    frame = file.frame
    tables = jpeg_segments.quantisation_tables(file.segments, name)
    missing = [component.table for component in frame.components if component.table not in tables]
    if missing:
        raise PhotoError(f"{name}: the JPEG lacks a quantisation table, it is damaged")
    jpeg_segments.check_for_c(file.segments, frame, name)
    lean = jpeg_segments.lean(file.data, file.segments, file.scan, end)
    planes = libjpeg.read_coefficients(lean, [frame.blocks(component) for component in frame.components])
    return Coefficients(frame, [tables[component.table] for component in frame.components], planes)


def _repair_component(
    coefficients: Coefficients, number: int, component: Component, repair: Repair, *, ycbcr: bool
) -> None:
    """Replace, in place, the coefficients of one component's touched blocks, some thousand at a time."""
    frame = coefficients.frame
    factors = frame.factors(component)
    places = np.argwhere(jpeg_blocks.touched_blocks(repair.mask, factors, frame.blocks(component)))
    plane = coefficients.planes[number]
    for first in range(0, len(places), _BLOCKS_AT_ONCE):
        rows, columns = places[first : first + _BLOCKS_AT_ONCE].T
        pixels = jpeg_blocks.gather(repair.pixels, rows, columns, factors)
        samples = jpeg_blocks.component_samples(pixels, number, ycbcr=ycbcr)
        plane[rows, columns] = jpeg_blocks.new_coefficients(
            plane[rows, columns],
            coefficients.tables[number],
            jpeg_blocks.subsample(samples, factors),
            jpeg_blocks.subsample_mask(jpeg_blocks.gather(repair.mask, rows, columns, factors), factors),
        )
