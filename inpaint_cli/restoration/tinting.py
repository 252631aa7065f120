"""Restored pixels of a print of one hue get its tint.

Around a white scratch JPEG has washed the colour out; a network goes on with what it sees there, and what was
mended would be grey in a sepia print. Of what it says only the brightness is taken; the colour is what the
print has at that brightness elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inpaint_cli.restoration.values import Floats, Mask, Pixels, floats_of, from_floats
from inpaint_cli.tint import Tint, in_small

RIM = 4
"""Pixels around damage whose colour is not trusted."""
SAMPLED = 512
"""The longer side is looked at in so many places at most, before those are averaged."""
FEWEST = 2000
"""Of fewer pixels nothing can be said about a tint."""
FOREIGN = 0.03
"""Mean difference in colour (0..1) to the tint from which a part of the photo has a colour of its own ..."""
NEAR = 8
"""... within so many of the averaged places: a stamp, a flower coloured by hand."""
CHUNK = 1 << 18
"""Pixels that are tinted at once, so that memory stays small."""


def keep_tint(picture: Pixels, hole: Mask, missing: Mask) -> None:
    """Give the hole's pixels the tint of a photo that has one, in place, with the brightness that they have.

    picture: (h, w, 3) uint8 or uint16, restored; hole: (h, w), True where it was; missing: (h, w), True there
    and where else nothing is known of the photo. A photo in colour, or a part with a colour of its own, stays
    as it is.
    """
    print_ = _Print.of(picture, missing)
    if print_ is None:
        return
    height, width = hole.shape
    rows, columns = np.nonzero(hole)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK], columns[start : start + CHUNK]
        floats = floats_of(picture[part])
        place = part[0] * print_.share.shape[0] // height, part[1] * print_.share.shape[1] // width
        tinted = print_.tint.at(floats.mean(axis=1)).astype(np.float32)
        mixed = floats + print_.share[place][:, None] * (tinted - floats)
        picture[part] = from_floats(mixed, picture.dtype)


@dataclass(frozen=True, eq=False)
class _Print:
    """The tint of a photo, and the share (h, w in small) in which each part keeps to it, 0..1."""

    tint: Tint
    share: Floats

    @classmethod
    def of(cls, picture: Pixels, missing: Mask) -> _Print | None:
        """Measure what is known of a photo; None where that is too little, or of more than one hue."""
        around = cv2.dilate(missing.view(np.uint8), np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8))
        step = -(-max(missing.shape) // SAMPLED)
        sampled = np.ascontiguousarray(picture[::step, ::step])
        known = (around[::step, ::step] == 0).astype(np.float32)
        if np.count_nonzero(known) < FEWEST:
            return None
        floats = floats_of(sampled)
        weight = in_small(known)
        small = in_small(floats * known[..., None]) / np.maximum(weight, np.float32(1e-6))[..., None]
        usable = weight > 0.5
        if not usable.any():
            return None
        tint = Tint.of(small[usable])
        if not tint.one_hue:
            return None
        apart = np.zeros(small.shape, np.float32)
        apart[usable] = small[usable] - tint.at(small[usable].mean(axis=1)).astype(np.float32)
        near = _summed(usable.astype(np.float32))
        mean = np.abs(_summed(apart)).max(axis=2) / np.maximum(near, 1)
        return cls(tint, np.clip(2 - mean * (2 / FOREIGN), 0, 1).astype(np.float32))


def _summed(plane: Floats) -> Floats:
    """Sum up what is within NEAR of each place."""
    window = 2 * NEAR + 1, 2 * NEAR + 1
    summed = cv2.boxFilter(plane, -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return summed.astype(np.float32)
