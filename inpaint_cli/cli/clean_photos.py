"""Undamaged photos of the user, which `evaluate photos` and `export --int8` damage copies of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.cli.streams import to_stderr
from inpaint_cli.depth import eight_bits
from inpaint_cli.errors import NothingToDoError, PhotoError, UsageError
from inpaint_cli.printable import printable

if TYPE_CHECKING:
    from training.photo_benchmark import CleanPhoto


def find_photos(folder: Path) -> list[Path]:
    """Return the photos that `restore` would find in a folder and below; a file is its own list.

    Masks and results that are left out are told. Raises UsageError, NothingToDoError, and PhotoError where a
    folder can't be read.
    """
    from inpaint_cli.batch.masks import masks_left_out
    from inpaint_cli.batch.walk import Walk
    from inpaint_cli.names import masks_among
    from inpaint_cli.photos import PHOTO_SUFFIXES

    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such file or folder")
    walk = Walk(PHOTO_SUFFIXES)
    found = sorted(walk.files(str(folder)))
    for unread, why in walk.problems:
        raise PhotoError(f"{unread}: {why}")
    if not found:
        raise NothingToDoError(f"{folder} holds no photos to measure on")
    masks = masks_among(found)
    for note in (*walk.notes, *([masks_left_out(str(folder), masks)] if masks else [])):
        to_stderr(f"note: {printable(note)}")
    return [folder / file for file in found if file not in masks]


def path_in(folder: Path, file: Path) -> Path:
    """Return a found photo's path from the folder; of a photo that is its own list, its name."""
    return Path(file.name) if file == folder else file.relative_to(folder)


def clean_photos(
    files: Sequence[Path], folder: Path, broken: dict[Path, str] | None = None
) -> Iterator[CleanPhoto]:
    """Read photos one after the other as uint8 RGB, named by their path in the folder.

    broken: takes those that can't be read, or of one pixel, of which no part can be damaged, with the reason,
    and says which are not tried again; without it such a photo raises PhotoError.
    """
    from inpaint_cli.photos import read_photo
    from training.photo_benchmark import CleanPhoto

    for file in files:
        if broken is not None and file in broken:
            continue
        try:
            pixels = _as_rgb(read_photo(file).pages[0].pixels)
            if pixels.shape[:2] == (1, 1):
                raise PhotoError(f"{file}: has one pixel only, of which no part can be damaged; take it away")
        except PhotoError as error:
            if broken is None:
                raise
            broken[file] = str(error)
            continue
        yield CleanPhoto(path_in(folder, file).as_posix(), pixels)


def _as_rgb(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    eight = eight_bits(pixels)
    return np.repeat(eight, 3, axis=2) if eight.shape[2] == 1 else eight
