"""Coarse to fine: where a hole is wider than a tile can see across, and the levels that fill it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.restoration.tiles import TILE
from inpaint_cli.restoration.values import Floats, Mask, Pixels, copy_where, floats_of

REACH = 10
"""Damaged pixels within this distance of a known one are predicted at their own level."""
RAMP = 8
"""Width in pixels of the smooth passage from what a level predicts to what the coarser one gave."""

_BLOCK = 4
_BAND = 256


@dataclass(frozen=True)
class Region:
    """A rectangle of a picture that holds a wide hole and the surroundings that its coarse levels look at."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, picture: Pixels) -> Pixels:
        """Return a view of this part."""
        return picture[self.top : self.bottom, self.left : self.right]


def wide_regions(missing: Mask) -> list[Region]:
    """Find the regions of holes with pixels further than REACH from every known one, none overlapping."""
    full = _full_blocks(missing)
    boxes = _merged(_deep_boxes(full, missing), full.shape) if full.any() else []
    height, width = missing.shape
    return [
        Region(y0 * _BLOCK, x0 * _BLOCK, min(y1 * _BLOCK, height), min(x1 * _BLOCK, width))
        for y0, x0, y1, x1 in boxes
    ]


def _full_blocks(missing: Mask) -> npt.NDArray[np.uint8]:
    """Return (ceil(h / 4), ceil(w / 4)), 1 in squares of 2x2 blocks of 4x4 pixels that are all missing.

    Around a pixel further than REACH from every known one there are such, also at the border, beyond which
    nothing is known.
    """
    height, width = missing.shape
    whole = height // _BLOCK * _BLOCK
    rows = np.ones((-(-height // _BLOCK), -(-width // _BLOCK) * _BLOCK), dtype=np.bool_)
    lines = [missing[start:whole:_BLOCK] for start in range(_BLOCK)]
    rows[: len(lines[0]), :width] = lines[0] & lines[1] & lines[2] & lines[3]
    if whole < height:
        rows[-1, :width] = missing[whole:].all(axis=0)
    full = (rows.view(np.uint32) == 0x01010101).view(np.uint8)
    if full.any():
        full = cv2.erode(full, np.ones((2, 2), dtype=np.uint8), borderType=cv2.BORDER_REPLICATE)
        full = cv2.dilate(
            full, np.ones((2, 2), dtype=np.uint8), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
        )
    return np.asarray(full, dtype=np.uint8)


_Box = tuple[int, int, int, int]
"""Top, left, bottom, right in blocks."""


def _deep_boxes(full: npt.NDArray[np.uint8], missing: Mask) -> list[_Box]:
    """Return the box of each group of full blocks with deep pixels, and room to look around."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(full, connectivity=8)
    boxes = []
    for x, y, w, h, _ in stats[1:].tolist():
        deepest = _deepest(missing, (y, x, y + h, x + w))
        if deepest > REACH:
            room = int(np.ceil((TILE + 1.6 * deepest) / _BLOCK))
            bottom, right = min(y + h + room, full.shape[0]), min(x + w + room, full.shape[1])
            boxes.append((max(y - room, 0), max(x - room, 0), bottom, right))
    return boxes


def _deepest(missing: Mask, box: _Box) -> float:
    """Return the depth of the deepest pixel in a box."""
    top, left, bottom, right = ((place * _BLOCK) for place in box)
    beside = REACH + _BLOCK
    part = missing[max(top - beside, 0) : bottom + beside, max(left - beside, 0) : right + beside]
    return float(depth_of(np.ascontiguousarray(part)).max())


def _merged(boxes: list[_Box], shape: tuple[int, ...]) -> list[_Box]:
    """Join boxes that touch into the box around them, until none do."""
    while boxes:
        grid = np.zeros(shape, dtype=np.uint8)
        for top, left, bottom, right in boxes:
            grid[top:bottom, left:right] = 1
        _, _, stats, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
        joined = [(y, x, y + h, x + w) for x, y, w, h, _ in stats[1:].tolist()]
        if len(joined) == len(boxes):
            return sorted(joined)
        boxes = joined
    return []


def depth_of(missing: Mask) -> Floats:
    """Return each pixel's distance in pixels to the nearest known one, of which there must be one."""
    inside = missing.view(np.uint8)
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5), dtype=np.float32)


def in_sight_of(wanted: Mask) -> Mask:
    """Say which pixels a tile that covers a wanted one may see."""
    window = np.ones((2 * TILE - 1, 2 * TILE - 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(wanted.view(np.uint8), window), dtype=np.uint8).view(np.bool_)


def halve(picture: Pixels, missing: Mask) -> tuple[Floats, Mask]:
    """Reduce by 2 from known pixels only, so that no damage leaks into an average.

    Returns float32 (ceil(h / 2), ceil(w / 2), channels) in 0..1, and its mask: a coarse pixel is missing
    where none of its four pixels is known.
    """
    height, width, channels = picture.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    small = np.zeros((rows, columns, channels), dtype=np.float32)
    gone = np.ones((rows, columns), dtype=np.bool_)
    for top in range(0, height, _BAND):
        part = picture[top : top + _BAND]
        even = (len(part) + 1) // 2 * 2, columns * 2
        known = np.zeros(even, dtype=np.bool_)
        np.logical_not(missing[top : top + _BAND], out=known[: len(part), :width])
        values = np.zeros((*even, channels), dtype=picture.dtype)
        copy_where(known[: len(part), :width], part, values[: len(part), :width])
        share = _mean_of_four(known[..., None].astype(np.float32))
        half = slice(top // 2, top // 2 + even[0] // 2)
        small[half] = _mean_of_four(floats_of(values)) / np.maximum(share, 0.25)
        gone[half] = share[..., 0] == 0
    return small, gone


def _mean_of_four(values: Floats) -> Floats:
    size = values.shape[1] // 2, values.shape[0] // 2
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32).reshape(size[1], size[0], values.shape[2])


def halve_any(wanted: Mask) -> Mask:
    """Reduce by 2: True where any of the four pixels is."""
    padded = np.pad(wanted, ((0, wanted.shape[0] % 2), (0, wanted.shape[1] % 2)))
    rows = padded[0::2] | padded[1::2]
    both: Mask = rows[:, 0::2] | rows[:, 1::2]
    return both


def double(small: Floats, wanted: Mask) -> Iterator[tuple[slice, Floats]]:
    """Enlarge by 2 to the size of `wanted` (h, w), bilinear: no ringing.

    Gives the bands of rows where something is wanted: (rows, float32 (rows, w, channels)).
    """
    height, width = wanted.shape
    for top in range(0, height, _BAND):
        bottom = min(top + _BAND, height)
        if not wanted[top:bottom].any():
            continue
        first, last = max(top // 2 - 1, 0), min((bottom + 1) // 2 + 1, len(small))
        part = small[first:last]
        large = cv2.resize(part, (part.shape[1] * 2, part.shape[0] * 2), interpolation=cv2.INTER_LINEAR)
        inside = large[top - 2 * first : bottom - 2 * first, :width]
        yield slice(top, bottom), np.asarray(inside, np.float32).reshape(bottom - top, width, -1)
