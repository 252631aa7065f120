"""The plain border of a print, which is no damage however white it is."""

from __future__ import annotations

import cv2
import numpy as np

from inpaint_cli.detection.detection import Bools, Floats

FLAT = 0.03
"""Greatest difference (0..1) from a line's median of a pixel that speaks for a border ..."""
MOSTLY = 0.6
"""... which a line belongs to where this share of its pixels does: the others may be damaged."""
TOLERANCE = 0.06
"""Greatest difference (0..1) from its line's median of a pixel that counts as the border's."""
WIDEST = 0.15
"""Widest border, as a share of the side."""
BLURRED = 3
"""Lines in which border and photo run into each other, sharpened or blurred as they are."""
_CORNER = 0.04
_SIDES = 4


def without_border(photo: Floats, probability: Floats) -> Floats:
    """Return the probability of damage (h, w), 0 in the plain lines along each edge of the photo.

    photo: (h, w, 3) float32 in 0..1. What has another colour than the line, as a scratch that crosses the
    border, is left as it is. A line's corners say nothing about it: there the next edge's border begins.
    Beside a border, where it runs into the photo, a pixel counts as damaged no more than those further in.
    """
    inside = probability.copy()
    for side in range(_SIDES):
        _clear_top(np.rot90(photo, side), np.rot90(inside, side))
    return inside


def _clear_top(photo: Floats, probability: Floats) -> None:
    widest = int(len(photo) * WIDEST)
    width = 0
    while width < widest and (plain := _plain(photo[width])) is not None:
        probability[width, plain] = 0
        width += 1
    behind = probability[width + BLURRED : width + 2 * BLURRED]
    if 0 < width < widest and len(behind):
        near = cv2.dilate(behind.max(axis=0)[None], np.ones((1, 2 * BLURRED + 1), np.uint8))
        blurred = probability[width : width + BLURRED]
        np.minimum(blurred, near, out=blurred)


def _plain(line: Floats) -> Bools | None:
    """Return which pixels (w,) of a line (w, 3) have its one colour; None where it is no border's."""
    corner = int(len(line) * _CORNER)
    inner = slice(corner, len(line) - corner)
    difference = np.abs(line - np.median(line[inner], axis=0)).max(axis=1)
    plain: Bools = difference <= TOLERANCE
    if plain[inner].all():
        return np.ones_like(plain)
    return plain if (difference[inner] <= FLAT).mean() >= MOSTLY else None
