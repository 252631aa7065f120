"""One page of a TIFF: what its directory says, its samples, and the strips or tiles that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import tiff_codecs
from inpaint_cli.photos.tiff_file import Directory, TiffFile
from inpaint_cli.photos.tiff_tags import Tag

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = 0, 1, 2, 3
_PHOTOMETRIC = {
    4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab",
    32803: "raw (CFA)", 32844: "LogL", 32845: "LogLuv", 34892: "raw (linear)",
}  # fmt: skip
_COMPRESSIONS = {
    2: "CCITT", 3: "fax G3", 4: "fax G4", 6: "old JPEG", 7: "JPEG", 34712: "JPEG 2000", 34887: "LERC",
    34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_SAMPLE_FORMATS = {
    2: "signed numbers", 3: "floating-point numbers", 5: "complex numbers", 6: "complex numbers"
}  # fmt: skip
# A page of tiles may store this many times its own pixels; more is a bomb.
_MOST_PADDING = 16
_PREMULTIPLIED, _STRAIGHT = 1, 2


@dataclass(frozen=True)
class Layout:
    """What the directory says about the samples, checked.

    colours: 1 or 3, the first of the channels; alpha: the channel of transparency, if any. All other channels
    (an infrared one, a selection) are kept as they are.
    chunk_height and chunk_width: of a strip or tile in pixels; planes: 1, or one per channel where these lie
    apart.
    """

    height: int
    width: int
    bits: int
    channels: int
    colours: int
    photometric: int
    alpha: int | None
    compression: int
    predictor: int
    planar: bool
    chunk_height: int
    chunk_width: int
    tiled: bool
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    orientation: int

    @property
    def others(self) -> int:
        """Channels that are neither colours nor transparency."""
        return self.channels - self.colours - (self.alpha is not None)

    @property
    def down(self) -> int:
        """Chunks below each other."""
        return -(-self.height // self.chunk_height)

    @property
    def across(self) -> int:
        """Chunks beside each other."""
        return -(-self.width // self.chunk_width)

    @property
    def planes(self) -> int:
        """Pictures of chunks: one, or one per channel."""
        return self.channels if self.planar else 1

    @property
    def depth(self) -> int:
        """Channels within a chunk."""
        return 1 if self.planar else self.channels

    def chunks(self) -> Iterator[tuple[int, int, slice, slice]]:
        """Yield number, plane, rows and columns of each chunk in file order."""
        number = 0
        for plane in range(self.planes):
            for y in range(0, self.height, self.chunk_height):
                for x in range(0, self.width, self.chunk_width):
                    rows = slice(y, min(y + self.chunk_height, self.height))
                    yield number, plane, rows, slice(x, min(x + self.chunk_width, self.width))
                    number += 1

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of each chunk in the file."""
        return [(at, at + length) for at, length in zip(self.offsets, self.counts, strict=True)]

    def stored_rows(self, rows: slice) -> int:
        """Rows that the file stores for a chunk: tiles are always whole."""
        return self.chunk_height if self.tiled else int(rows.stop - rows.start)


def size(file: TiffFile, page: Directory) -> tuple[int, int]:
    """Return a page's height and width."""
    return file.integer(page, Tag.HEIGHT, 0), file.integer(page, Tag.WIDTH, 0)


def layout(file: TiffFile, page: Directory) -> Layout:
    """Read and check a page's directory. Raises PhotoError, UnsupportedPhotoError for what can't be kept."""
    name = file.name
    height, width = size(file, page)
    channels = file.integer(page, Tag.CHANNELS, 1)
    bits = file.integers(page, Tag.BITS) or (1,)
    photometric = file.integer(page, Tag.PHOTOMETRIC, BLACK_IS_ZERO)
    compression = file.integer(page, Tag.COMPRESSION, tiff_codecs.NONE)
    _refuse(name, _PHOTOMETRIC.get(photometric), photometric in (0, 1, 2, 3), "photometric kind", photometric)
    formats = set(file.integers(page, Tag.SAMPLE_FORMAT))
    wrong = next(iter(formats - {1, 4}), 1)
    _refuse(name, _SAMPLE_FORMATS.get(wrong), wrong == 1, "sample format", wrong)
    _refuse(name, _sample_size(bits), set(bits) in ({8}, {16}), "sample size", bits[0])
    known = compression in tiff_codecs.KNOWN
    _refuse(name, _COMPRESSIONS.get(compression), known, "compression", compression)
    if photometric == PALETTE and set(bits) != {8}:
        raise UnsupportedPhotoError(
            f"{name}: TIFF with a palette of 16 bits is not supported; convert it first"
        )
    layers = max(file.integer(page, tag, 1) for tag in (Tag.IMAGE_DEPTH, Tag.TILE_DEPTH))
    _refuse(name, "several layers in depth", layers <= 1, "depth", layers)
    predicts = compression not in (tiff_codecs.NONE, tiff_codecs.PACKBITS)
    predictor = file.integer(page, Tag.PREDICTOR, 1) if predicts else 1
    _refuse(name, None, predictor in (1, 2), "predictor", predictor)
    _refuse(name, None, file.integer(page, Tag.FILL_ORDER, 1) == 1, "fill order", 2)
    tiled = Tag.TILE_OFFSETS in page.entries
    if tiled:
        chunk_height = file.integer(page, Tag.TILE_HEIGHT, 0)
    else:
        chunk_height = min(file.integer(page, Tag.ROWS_PER_STRIP, height), height)
    made = Layout(
        height=height,
        width=width,
        bits=bits[0],
        channels=channels,
        colours=3 if photometric == RGB else 1,
        photometric=photometric,
        alpha=_alpha(file, page, channels, photometric),
        compression=compression,
        predictor=predictor,
        planar=file.integer(page, Tag.PLANES, 1) == 2 and channels > 1,
        chunk_height=chunk_height,
        chunk_width=file.integer(page, Tag.TILE_WIDTH, 0) if tiled else width,
        tiled=tiled,
        offsets=file.integers(page, Tag.TILE_OFFSETS if tiled else Tag.STRIP_OFFSETS),
        counts=file.integers(page, Tag.TILE_COUNTS if tiled else Tag.STRIP_COUNTS),
        orientation=file.integer(page, Tag.ORIENTATION, 1),
    )
    return _checked(file, made)


def _sample_size(bits: tuple[int, ...]) -> str:
    """Say how many bits the channels have."""
    if len(set(bits)) > 1:
        return "channels of different sizes"
    return f"{bits[0]} bit{'' if bits[0] == 1 else 's'} a sample"


def _refuse(name: str, kind: str | None, known: bool, what: str, value: int) -> None:
    if not known:
        raise UnsupportedPhotoError(
            f"{name}: TIFF with {kind or f'{what} {value}'} is not supported; convert it first"
        )


def _alpha(file: TiffFile, page: Directory, channels: int, photometric: int) -> int | None:
    """Return the first channel that is transparency: what says nothing of itself is something else."""
    colours = 3 if photometric == RGB else 1
    if channels < colours or (photometric == PALETTE and channels > 1):
        raise UnsupportedPhotoError(
            f"{file.name}: TIFF with {channels} channels of this kind is not supported; convert it first"
        )
    extra = file.integers(page, Tag.EXTRA_SAMPLES)[: channels - colours]
    if _PREMULTIPLIED in extra:
        raise UnsupportedPhotoError(
            f"{file.name}: TIFF with premultiplied alpha is not supported; convert it first"
        )
    return colours + extra.index(_STRAIGHT) if _STRAIGHT in extra else None


def _checked(file: TiffFile, made: Layout) -> Layout:
    if min(made.height, made.width, made.channels) < 1:
        raise PhotoError(f"{file.name}: the TIFF is damaged, a page has no size")
    if min(made.chunk_height, made.chunk_width) < 1 or max(made.chunk_height, made.chunk_width) > 1 << 24:
        raise file.damaged()
    stored = made.down * made.chunk_height * made.across * made.chunk_width
    if stored > max(_MOST_PADDING * made.height * made.width, 1 << 22):
        raise file.damaged()
    counts = made.counts
    if not counts and len(made.offsets) == 1 and made.compression == tiff_codecs.NONE:
        raise UnsupportedPhotoError(
            f"{file.name}: TIFF without strip sizes is not supported; convert it first"
        )
    if not len(made.offsets) == len(counts) == made.down * made.across * made.planes:
        raise file.damaged()
    if any(at + length > len(file.data) for at, length in zip(made.offsets, counts, strict=True)):
        raise PhotoError(f"{file.name}: the TIFF is truncated, its picture is not whole")
    return made


def read_samples(file: TiffFile, page: Layout) -> npt.NDArray[Any]:
    """Return (h, w, channels) uint8 or uint16 as stored. Raises ValueError, OSError on damaged data."""
    dtype = np.dtype(np.uint8 if page.bits == 8 else file.order + "u2")
    row_bytes = page.chunk_width * page.depth * dtype.itemsize
    samples = np.zeros((page.height, page.width, page.channels), dtype.newbyteorder("="))
    placed = list(page.chunks())
    for plane in range(page.planes):
        mine = [chunk for chunk in placed if chunk[1] == plane]
        data = [file.data[page.offsets[n] : page.offsets[n] + page.counts[n]] for n, *_ in mine]
        last = page.stored_rows(mine[-1][2])
        octets = tiff_codecs.decode(
            data, page.compression, rows=page.chunk_height, last_rows=last, row_bytes=row_bytes
        )
        lines = np.ascontiguousarray(octets).view(dtype).reshape(len(octets), page.chunk_width, page.depth)
        if page.predictor == 2:
            lines = tiff_codecs.unpredict(lines.astype(samples.dtype))
        target = samples[..., plane : plane + 1] if page.planar else samples
        for place, (_, _, rows, columns) in enumerate(mine):
            first = place * page.chunk_height
            target[rows, columns] = lines[
                first : first + rows.stop - rows.start, : columns.stop - columns.start
            ]
    return samples


def write_chunk(
    file: TiffFile, page: Layout, samples: npt.NDArray[Any], plane: int, rows: slice, columns: slice
) -> bytes:
    """Return one strip or tile, compressed as the page says, of (h, w, channels) samples as stored."""
    dtype = np.dtype(np.uint8 if page.bits == 8 else file.order + "u2")
    source = samples[..., plane : plane + 1] if page.planar else samples
    part = source[rows, columns]
    below, beside = page.stored_rows(rows) - part.shape[0], page.chunk_width - part.shape[1]
    part = np.pad(part, ((0, below), (0, beside), (0, 0)), mode="edge")
    if page.predictor == 2:
        part = tiff_codecs.predict(part)
    octets = np.ascontiguousarray(part.astype(dtype)).view(np.uint8).reshape(part.shape[0], -1)
    return tiff_codecs.encode(octets, page.compression)
