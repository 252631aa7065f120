"""Pieces of one plain colour, each to its very edge: what is printed or drawn over a photo is so."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Bools, Floats, Labels

NEIGHBOURLY = 14
"""Difference (of 255) of two neighbours of one colour, at most."""
NEIGHBOURS = 2
"""So many neighbours of its colour has a pixel that a piece is begun from."""
SAME = 1.0
"""Difference (of 255) of two colours that are taken for one."""
SMALLEST = 3
"""Pixels of a piece, at least."""
_FREE, _TAKEN, _FILLED = 0, 1, 2
_FLOOD = 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (_FILLED << 8)

Signed = npt.NDArray[np.int16]
Box = tuple[slice, slice]


def plain_pieces(photo: Floats, chance: Floats, least: float, alike: int, largest: int) -> Labels:
    """Label the connected pieces (8) of one colour that hold a likely pixel: (h, w), 0 = none.

    photo: (h, w, 3) in 0..1; chance: (h, w), the likeliest pixels are begun from first, down to `least`;
    alike: difference (of 255) of any channel from a piece's colour, up to which a pixel belongs to the piece;
    largest: pixels that a piece is wide and high, at most.
    """
    labels = np.zeros(chance.shape, np.int32)
    likely = chance >= least
    if likely.any():
        at = _box_around(likely, largest)
        _label(labels[at], photo[at], np.where(likely[at], chance[at], np.float32(0)), alike, largest)
    return labels


def _box_around(likely: Bools, reach: int) -> Box:
    """The rows and columns that have anything likely, and so many pixels more on every side."""
    rows, columns = (np.flatnonzero(likely.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(rows[0] - reach, 0), rows[-1] + reach + 1),
        slice(max(columns[0] - reach, 0), columns[-1] + reach + 1),
    )


def _label(labels: Labels, photo: Floats, chance: Floats, alike: int, largest: int) -> None:
    """Label the pieces that hold a pixel with a chance above 0, see `plain_pieces`."""
    height, width = chance.shape
    pixels = np.rint(photo * 255).astype(np.uint8)
    neighbours, colours = _of_its_colour(pixels.astype(np.int16))
    state = np.zeros((height + 2, width + 2), np.uint8)  # OpenCV wants a rim around it
    rows, columns = np.nonzero((chance > 0) & (neighbours >= NEIGHBOURS))
    order = np.argsort(-chance[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    tried = np.zeros((height, width), np.bool_)
    count = 0
    for row, column, colour in zip(
        rows.tolist(), columns.tolist(), colours[rows, columns].tolist(), strict=True
    ):
        if tried[row, column]:
            continue
        tried[row, column] = True
        at, filled = _settled(pixels, state, (row, column), colour, alike, largest)
        tried[at] |= filled
        if np.count_nonzero(filled) >= SMALLEST and max(filled.shape) <= largest:
            count += 1
            state[1:-1, 1:-1][at][filled] = _TAKEN
            labels[at][filled] = count


def _of_its_colour(signed: Signed) -> tuple[npt.NDArray[np.uint8], Floats]:
    """How many of its neighbours each pixel shares its colour with, (h, w), and the mean of all (h, w, 3)."""
    height, width = signed.shape[:2]
    count = np.zeros((height, width), np.uint8)
    total = signed.astype(np.float32)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = np.s_[: height - down, max(-right, 0) : width - max(right, 0)]
        other = np.s_[down:, max(right, 0) : width + min(right, 0)]
        same = np.abs(signed[one] - signed[other]).max(axis=2) <= NEIGHBOURLY
        for here, there in ((one, other), (other, one)):
            count[here] += same
            total[here] += signed[there] * same[..., None]
    return count, total / (count[..., None] + np.float32(1))


def _settled(
    pixels: npt.NDArray[np.uint8],
    state: npt.NDArray[np.uint8],
    seed: tuple[int, int],
    colour: Sequence[float],
    alike: int,
    largest: int,
) -> tuple[Box, Bools]:
    """Fill with a colour, and once more with that of what was filled, unless it is the same or too large."""
    at, filled = _flood(pixels, state, seed, colour, alike)
    if np.count_nonzero(filled) > SMALLEST and max(filled.shape) <= largest:
        own: list[float] = pixels[at][filled].mean(axis=0).tolist()
        if max(abs(one - other) for one, other in zip(colour, own, strict=True)) > SAME:
            return _flood(pixels, state, seed, own, alike)
    return at, filled


def _flood(
    pixels: npt.NDArray[np.uint8],
    state: npt.NDArray[np.uint8],
    seed: tuple[int, int],
    colour: Sequence[float],
    alike: int,
) -> tuple[Box, Bools]:
    """Fill what is connected with a seed, free and of the colour; returns a box and what of it is filled."""
    row, column = seed
    apart = [here - wanted for here, wanted in zip(pixels[row, column].tolist(), colour, strict=True)]
    below, above = ([max(sign * each + alike, 0) for each in apart] for sign in (1, -1))
    _, _, _, (left, top, wide, tall) = cv2.floodFill(pixels, state, (column, row), 0, below, above, _FLOOD)
    at = slice(top, top + tall), slice(left, left + wide)
    within = state[1:-1, 1:-1][at]
    filled = within == _FILLED
    within[filled] = _FREE
    return at, filled
