"""Pieces of one plain colour, each to its very edge: what is printed or drawn over a photo is so."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels

NEIGHBOURLY = 14
"""Difference (of 255) of two neighbours of one colour, at most."""
NEIGHBOURS = 2
"""So many neighbours of its colour has a pixel that a piece is begun from."""
SMALLEST = 3
"""Pixels of a piece, at least."""
_FREE, _TAKEN, _FILLED = 0, 1, 2
_FLOOD = 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (_FILLED << 8)

Signed = npt.NDArray[np.int16]


def plain_pieces(photo: Floats, chance: Floats, least: float, alike: int, largest: int) -> Labels:
    """Label the connected pieces (8) of one colour that hold a likely pixel: (h, w), 0 = none.

    photo: (h, w, 3) in 0..1; chance: (h, w), the likeliest pixels are begun from first, down to `least`;
    alike: difference (of 255) of any channel from a piece's colour, up to which a pixel belongs to the piece;
    largest: pixels that a piece is wide and high, at most.
    """
    height, width = chance.shape
    pixels = np.rint(photo * 255).astype(np.uint8)
    signed = pixels.astype(np.int16)
    labels = np.zeros((height, width), np.int32)
    state = np.zeros((height + 2, width + 2), np.uint8)  # OpenCV wants a rim around it
    rows, columns = np.nonzero((chance >= least) & (_of_its_colour(signed) >= NEIGHBOURS))
    order = np.argsort(-chance[rows, columns], kind="stable")
    tried = np.zeros((height, width), np.bool_)
    count = 0
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if tried[row, column]:
            continue
        tried[row, column] = True
        colour = _colour_at(signed, row, column)
        for last in (False, True):
            at, filled = _flood(pixels, state, (row, column), colour, alike)
            area = np.count_nonzero(filled)
            tall, wide = filled.shape
            within = state[1:-1, 1:-1][at]
            within[filled] = _FREE
            if area < SMALLEST or tall > largest or wide > largest:
                break
            if last:
                count += 1
                within[filled] = _TAKEN
                labels[at][filled] = count
            else:
                colour = signed[at][filled].mean(axis=0)
        tried[at] |= filled
    return labels


def _of_its_colour(signed: Signed) -> npt.NDArray[np.uint8]:
    """How many of its eight neighbours each pixel (h, w) shares its colour with."""
    height, width = signed.shape[:2]
    count = np.zeros((height, width), np.uint8)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = np.s_[: height - down, max(-right, 0) : width - max(right, 0)]
        other = np.s_[down:, max(right, 0) : width + min(right, 0)]
        same = np.abs(signed[one] - signed[other]).max(axis=2) <= NEIGHBOURLY
        count[one] += same
        count[other] += same
    return count


def _colour_at(signed: Signed, row: int, column: int) -> npt.NDArray[np.float64]:
    """The mean of a pixel and of its neighbours of the same colour (3,)."""
    near = signed[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].reshape(-1, 3)
    same = np.abs(near - signed[row, column]).max(axis=1) <= NEIGHBOURLY
    mean: npt.NDArray[np.float64] = near[same].mean(axis=0)
    return mean


def _flood(
    pixels: npt.NDArray[np.uint8],
    state: npt.NDArray[np.uint8],
    seed: tuple[int, int],
    colour: npt.NDArray[np.float64],
    alike: int,
) -> tuple[tuple[slice, slice], Bools]:
    """Fill what is connected with a seed, free and of the colour; returns a box and what of it is filled."""
    row, column = seed
    here = pixels[row, column].astype(np.float64)
    below, above = np.maximum(here - colour + alike, 0), np.maximum(colour - here + alike, 0)
    _, _, _, (left, top, wide, tall) = cv2.floodFill(
        pixels, state, (column, row), 0, below.tolist(), above.tolist(), _FLOOD
    )
    at = slice(top, top + tall), slice(left, left + wide)
    return at, state[1:-1, 1:-1][at] == _FILLED
