"""The clean photos that cases are built from: the user's, or three out of scikit-image.

Thin damage for photos of any size, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.cli.clean_photos import clean_photos, find_photos
from training.photo_benchmark import middle

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

BUNDLED = ("astronaut", "coffee", "chelsea")
THIN = (1, 5)
"""Widths of thin damage in pixels, from and below."""
LONGEST = 800


def load_photos(sources: Sequence[Path], side: int | None = None) -> dict[str, Pixels]:
    """Read photos from files and folders, or the bundled ones, as uint8 RGB (h, w, 3) by name.

    side: cut the middle of this many pixels out of each, None leaves them whole.
    """
    photos = _read(sources) if sources else _bundled()
    return {name: photo if side is None else middle(photo, side) for name, photo in photos.items()}


def enlarged(photo: Pixels, megapixels: float) -> Pixels:
    """Mirror the photo at its edges until it has this size (4:3), so that its texture stays a photo's."""
    height = max(32, round((megapixels * 1e6 * 3 / 4) ** 0.5))
    width = max(32, round(megapixels * 1e6 / height))
    rows, columns = _mirrored(height, photo.shape[0]), _mirrored(width, photo.shape[1])
    return np.ascontiguousarray(photo[rows][:, columns])


def thin_mask(height: int, width: int, share: float, seed: int) -> Mask:
    """Draw straight scratches, 1-4 px wide and up to 800 px long, until `share` of the photo is damaged."""
    rng = np.random.default_rng(seed)
    drawing = np.zeros((height, width), np.uint8)
    wanted = max(1, round(share * drawing.size))
    longest = min(LONGEST, max(height, width))
    while (missing := wanted - cv2.countNonZero(drawing)) > 0.01 * wanted:
        this_time = missing / 2  # strokes overlap and their ends are round: come near in steps
        while this_time > 0:
            angle, length = rng.uniform(0, 2 * np.pi), min(rng.uniform(0.2, 1) * longest, this_time)
            start = rng.uniform((0, 0), (width, height))
            ends = np.round([start, start + length * np.array([np.cos(angle), np.sin(angle)])]).astype(int)
            thickness = int(rng.integers(*THIN))
            cv2.line(drawing, ends[0].tolist(), ends[1].tolist(), 255, thickness)
            this_time -= max(1.0, length * thickness)
    return drawing > 0


def _read(sources: Sequence[Path]) -> dict[str, Pixels]:
    photos: dict[str, Pixels] = {}
    for source in sources:
        for photo in clean_photos(find_photos(source), source):
            photos[str(source / photo.name) if photo.name in photos else photo.name] = photo.pixels
    return photos


def _bundled() -> dict[str, Pixels]:
    from skimage import data

    return {name: np.asarray(getattr(data, name)(), np.uint8) for name in BUNDLED}


def _mirrored(length: int, own: int) -> npt.NDArray[np.int64]:
    """Indices 0..own-1, own-1..0, 0.. up to `length` of them."""
    there_and_back = np.concatenate([np.arange(own), np.arange(own)[::-1]])
    return np.resize(there_and_back, length).astype(np.int64)
