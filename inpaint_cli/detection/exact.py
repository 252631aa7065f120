"""Damage that is known exactly: transparent pixels, a marker's colour, strokes of one single colour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.depth import eight_bits, in_lower_half
from inpaint_cli.detection.cleanup import grown, measured_pieces, pieces_with
from inpaint_cli.detection.detection import Bools, Detection, Pixels
from inpaint_cli.errors import UsageError

Colour = tuple[int, int, int]
"""Red, green, blue, each 0..255."""

MOST_COLOURS = 8
"""Colours that are looked at as strokes: the most frequent ones."""
STROKE_PIXELS = 24
STROKE_HALF_WIDTH = 16
SHARPNESS = 24
"""Exact pixels for each pixel of nearly that colour, from which a colour counts as painted over the photo."""
FRAME = 12
"""Pixels along the photo's edge in which flat colour is a frame or a scanner's border."""

_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


def parse_colour(text: str) -> Colour:
    """Read `#ff00ff` or `ff00ff`. Raises UsageError for anything else."""
    matched = _HEX.fullmatch(text.strip())
    if matched is None:
        raise UsageError(f'--mask-color {text!r} must be six hexadecimal digits, for instance "#ff00ff"')
    red, green, blue = bytes.fromhex(matched[1])
    return red, green, blue


def find_transparency(alpha: npt.NDArray[Any]) -> Bools:
    """Return where a photo's alpha (h, w; 0 = transparent) is less than half opaque, as bool (h, w).

    A photo whose alpha is transparent everywhere says nothing about damage: nothing is returned.
    """
    holes = in_lower_half(alpha)
    return np.zeros_like(holes) if holes.all() else holes


def find_marker(pixels: Pixels, colour: Colour, tolerance: int = 0) -> Bools:
    """Return where a photo has the marker's colour, no channel further from it than `tolerance` (0..255).

    JPEG blurs a marker: there a tolerance of 40-80 and growing the mask by 2 is advisable. Raises UsageError
    for a tolerance that is out of range.
    """
    if not 0 <= tolerance <= 255:
        raise UsageError(f"the marker's tolerance {tolerance} must be between 0 and 255")
    planes = eight_bits(pixels.reshape(*pixels.shape[:2], -1))
    if planes.shape[2] == 1 and len(set(colour)) > 1:
        return np.zeros(planes.shape[:2], np.bool_)
    return _near(planes, np.array(colour[: planes.shape[2]], np.int16), tolerance)


def find_constant_strokes(pixels: Pixels) -> Bools:
    """Return strokes of exactly one colour, drawn over the photo with hard edges, as bool (h, w).

    Natural photos grade into their flat parts: a colour is taken only if nearly equal ones hardly occur.
    Wide flat parts and frames along the edge are left alone. A JPEG has no flat colour, so it gives nothing.
    """
    planes = eight_bits(pixels.reshape(*pixels.shape[:2], -1))
    found = np.zeros(planes.shape[:2], np.bool_)
    for colour in _frequent_colours(planes):
        exact = _near(planes, colour, 0)
        nearly = _near(planes, colour, 4)
        if exact.sum() >= SHARPNESS * (nearly & ~exact).sum():
            found |= _strokes(exact)
    return found


@dataclass(frozen=True)
class MarkerDetector:
    """Takes a marker's colour for the damage, and nothing else; `min_size` and `grow` as in `Cleanup`."""

    colour: Colour
    tolerance: int = 0
    min_size: int = 1
    grow: int = 0
    name: str = "marker"
    device: str = ""

    def find(self, pixels: Pixels) -> Detection:
        """Find the marker's pixels, see `find_marker`."""
        marked = find_marker(pixels, self.colour, self.tolerance)
        mask = grown(pieces_with(marked, marked, self.min_size), self.grow)
        return Detection(mask, mask.astype(np.float32), float(mask.any()))


def _near(planes: npt.NDArray[np.uint8], colour: npt.NDArray[np.int16], tolerance: int) -> Bools:
    low, high = (tuple(int(value) for value in colour + sign * tolerance) for sign in (-1, 1))
    return np.asarray(cv2.inRange(planes, low, high), np.bool_)


def _frequent_colours(planes: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.int16]]:
    """The most frequent colours of a sample of at most about a million pixels."""
    flat = planes.reshape(-1, planes.shape[2])
    sample = flat[:: max(1, len(flat) // 1_000_000)]
    places = 256 ** np.arange(sample.shape[1])
    codes = sample.astype(np.uint32) @ places.astype(np.uint32)
    different, counts = np.unique(codes, return_counts=True)
    frequent = np.flatnonzero(counts >= STROKE_PIXELS)
    order = frequent[np.argsort(-counts[frequent], kind="stable")][:MOST_COLOURS]
    return [(different[i] // places % 256).astype(np.int16) for i in order]


def _strokes(exact: Bools) -> Bools:
    """Keep the pieces that are narrow, large enough and not a frame."""
    pieces, area, half_width = measured_pieces(exact)
    middle = pieces[FRAME:-FRAME, FRAME:-FRAME]
    in_middle = np.bincount(middle.ravel(), minlength=len(area))
    kept = (area >= STROKE_PIXELS) & (half_width <= STROKE_HALF_WIDTH) & (in_middle * 2 >= area)
    kept[0] = False
    strokes: Bools = kept[pieces]
    return strokes
