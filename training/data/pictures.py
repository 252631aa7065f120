"""Any folder of pictures as square tiles, cut at several scales."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from inpaint_cli.depth import eight_bits
from inpaint_cli.errors import TrainingDataError
from inpaint_cli.limits import DEFAULT_MAX_PIXELS
from inpaint_cli.names import masks_among, number_of
from inpaint_cli.paths import refuse_endless
from inpaint_cli.suffixes import PHOTO_SUFFIXES
from training.run_files import drawn_by_a_run

PICTURE_SUFFIXES = PHOTO_SUFFIXES - {".heic", ".heif", ".hif"} | {".ppm"}
"""HEIC needs a package that training does without."""
MOST_NAMED = 5

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class TileCutting:
    """How pictures become tiles.

    scales: factors by which a picture is reduced before it is cut; those that leave less than a tile are
    left out.
    density: tiles drawn at a scale, as a multiple of the tiles that would cover the picture.
    most: most tiles of one picture at one scale, so that a large photo does not drown the small ones.
    side: of a tile; above 32, training cuts its own 32x32 from a random place of it.
    """

    side: int = 64
    scales: tuple[float, ...] = (1.0, 0.5, 0.25)
    density: float = 1.0
    most: int = 200


def find_pictures(folder: Path) -> list[Path]:
    """All pictures below ``folder`` in a fixed order.

    Hidden files and folders are passed over, masks beside their photos as `restore` knows them, and what runs
    have drawn, whose folders may lie in there. Raises TrainingDataError where a folder can't be read.
    """
    found = _found(folder)
    masks = masks_among(found)
    pictures = [Path(file) for file in found if file not in masks]
    return [file for file in pictures if file.suffix.lower() in PICTURE_SUFFIXES]


def find_masks(folder: Path) -> set[str]:
    """The masks that `find_pictures` passes over. Raises what it raises."""
    return masks_among(_found(folder))


def _found(folder: Path) -> list[str]:
    found: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=_refuse_unread):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            str(Path(parent, name))
            for name in sorted(set(names) - drawn_by_a_run(names))
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES | PHOTO_SUFFIXES
        ]
    return found


def _refuse_unread(error: OSError) -> None:
    raise TrainingDataError(
        f"{error.filename} can't be read ({error.strerror or error}): make it readable or take it away"
    ) from error


def read_pixels(file: Path) -> Pixels:
    """Read a picture as uint8 RGB (h, w, 3); of an animation or of several pages the first.

    Raises TrainingDataError, also for more than DEFAULT_MAX_PIXELS.
    """
    try:
        refuse_endless(file)
        with _our_limit(), Image.open(file) as picture:
            return _rgb(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        why = getattr(error, "strerror", None) or error
        raise TrainingDataError(f"{file} can't be read ({why}): repair it or take it away") from error


def read_pictures(files: Iterable[Path]) -> Iterator[tuple[Path, Pixels]]:
    """Yield files with what `read_pixels` gives, but those that it refuses.

    Raises TrainingDataError at the end where there are any: it names the first MOST_NAMED of them.
    """
    broken = []
    for file in files:
        try:
            pixels = read_pixels(file)
        except TrainingDataError as error:
            broken.append(str(error))
            continue
        yield file, pixels
    if broken:
        more = f"; and {len(broken) - MOST_NAMED} more" if len(broken) > MOST_NAMED else ""
        raise TrainingDataError("; ".join(broken[:MOST_NAMED]) + more)


@contextmanager
def _our_limit() -> Iterator[None]:
    """Let Pillow refuse what has more pixels than `restore` reads, in place of its own lower limit."""
    usual = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = DEFAULT_MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def _rgb(picture: Image.Image) -> Pixels:
    """Return uint8 (h, w, 3). ValueError for a picture whose range of values is not known."""
    if picture.mode.startswith("I;16"):  # Pillow would cut off what is above 255
        grey = eight_bits(np.asarray(picture).astype(np.uint16))
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.mode in ("I", "F"):
        raise ValueError("values of 32 bits are not supported")
    if picture.mode == "P" and isinstance(picture.info.get("transparency"), bytes):
        picture = picture.convert("RGBA")  # Pillow would warn on the terminal
    return np.asarray(picture.convert("RGB"))


def cut_tiles(pixels: Pixels, rng: np.random.Generator, cutting: TileCutting) -> Pixels:
    """Cut tiles at random places of uint8 (h, w, 3).

    Uint8 (n, 3, side, side), n = 0 for a picture too small.
    """
    side, tiles = cutting.side, []
    for scale in cutting.scales:
        level = _reduce(pixels, scale)
        height, width = level.shape[:2]
        if min(height, width) < side:
            continue
        cover = max(1, height * width // (side * side))
        count = min(cutting.most, max(1, round(cover * cutting.density)))
        tops, lefts = rng.integers(0, height - side + 1, count), rng.integers(0, width - side + 1, count)
        tiles += [level[y : y + side, x : x + side] for y, x in zip(tops, lefts, strict=True)]
    if not tiles:
        return np.empty((0, 3, side, side), np.uint8)
    return np.ascontiguousarray(np.stack(tiles).transpose(0, 3, 1, 2))


def read_tiles(files: Sequence[Path], root: Path, seed: int, cutting: TileCutting) -> Tensor:
    """Cut all ``files``: uint8 (n, 3, side, side).

    A picture's tiles depend on its name below ``root`` and on the seed alone. Raises TrainingDataError for
    pictures that can't be read, and where all are too small.
    """
    parts = [tiles for tiles in _tiles_of(files, root, seed, cutting) if len(tiles)]
    if not parts:
        raise TrainingDataError(
            f"{root} has no picture of {cutting.side}x{cutting.side} or more; give larger pictures"
        )
    return torch.from_numpy(np.concatenate(parts))


def _tiles_of(files: Sequence[Path], root: Path, seed: int, cutting: TileCutting) -> Iterator[Pixels]:
    for file, pixels in read_pictures(files):
        rng = np.random.default_rng([seed, number_of(file.relative_to(root).as_posix())])
        yield cut_tiles(pixels, rng, cutting)


def _reduce(pixels: Pixels, scale: float) -> Pixels:
    if scale == 1.0:
        return pixels
    height, width = (max(1, round(size * scale)) for size in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
