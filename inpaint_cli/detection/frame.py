"""The plain border of a print, which is no damage however white it is."""

from __future__ import annotations

import numpy as np

from inpaint_cli.detection.detection import Bools, Floats

TOLERANCE = 0.06
"""Greatest difference (0..1) of a pixel from its line's median in a line of the border."""
WIDEST = 0.15
"""Widest border, as a share of the side."""
_CORNER = 0.04


def plain_frame(photo: Floats) -> Bools:
    """Return (h, w), True in the lines along each edge that have one colour from end to end.

    photo: (h, w, 3) float32 in 0..1. The corners are not looked at: there the next edge's border begins. A
    line that a scratch crosses is not plain, so that damage is not taken for a border.
    """
    height, width = photo.shape[:2]
    frame = np.zeros((height, width), np.bool_)
    frame[: _plain_lines(photo)] = True
    frame[height - _plain_lines(photo[::-1]) :] = True
    on_its_side = photo.transpose(1, 0, 2)
    frame[:, : _plain_lines(on_its_side)] = True
    frame[:, width - _plain_lines(on_its_side[::-1]) :] = True
    return frame


def _plain_lines(photo: Floats) -> int:
    """Count plain rows from the first one on."""
    corner = int(photo.shape[1] * _CORNER)
    lines = photo[: int(photo.shape[0] * WIDEST), corner : photo.shape[1] - corner]
    for count, line in enumerate(lines):
        if np.abs(line - np.median(line, axis=0)).max(initial=0) > TOLERANCE:
            return count
    return len(lines)
