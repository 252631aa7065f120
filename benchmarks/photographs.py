"""The clean photos that cases are built from, of any size: the user's, or three out of scikit-image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inpaint_cli.cli.clean_photos import clean_photos, find_photos
from training.photo_benchmark import middle

Pixels = npt.NDArray[np.uint8]

BUNDLED = ("astronaut", "coffee", "chelsea")


def load_photos(sources: Sequence[Path], side: int | None = None) -> dict[str, Pixels]:
    """Read photos from files and folders, or the bundled ones, as uint8 RGB (h, w, 3) by name.

    side: cut the middle of this many pixels out of each, None leaves them whole. Raises what `find_photos`
    raises, and PhotoError for a photo that can't be read.
    """
    photos = _read(sources) if sources else _bundled()
    return {name: photo if side is None else middle(photo, side) for name, photo in photos.items()}


def enlarged(photo: Pixels, megapixels: float) -> Pixels:
    """Mirror the photo at its edges until it has this size (4:3), so that its texture stays a photo's."""
    height = max(32, round((megapixels * 1e6 * 3 / 4) ** 0.5))
    width = max(32, round(megapixels * 1e6 / height))
    rows, columns = _mirrored(height, photo.shape[0]), _mirrored(width, photo.shape[1])
    return np.ascontiguousarray(photo[rows][:, columns])


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
