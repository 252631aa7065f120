"""What one run trains on: one or more sources with their weights, and the pictures that validate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from inpaint_cli.errors import TrainingDataError, UsageError
from inpaint_cli.paths import real_path
from training.data.cifar import (
    ARCHIVE_SUFFIXES,
    SIDE,
    TEST_BATCH,
    archive_batches,
    batches_folder,
    parse_batch,
    read_archive,
    read_batch,
    read_batches,
)
from training.data.pictures import TileCutting, find_pictures, read_tiles
from training.sources import PictureBank

VALID_SHARE = 0.05
MOST_VALID = 2000


@dataclass(frozen=True)
class SourceOption:
    """One ``--data PATH[@WEIGHT]``: a picture of it is seen ``weight`` times as often as one of weight 1."""

    path: Path
    weight: float = 1.0

    @classmethod
    def parse(cls, text: str) -> SourceOption:
        """Read ``PATH`` or ``PATH@WEIGHT``; an existing path with an ``@`` of its own is taken as it is.

        Raises UsageError for a weight that is out of range.
        """
        path, at, weight = text.rpartition("@")
        if not at or not path or Path(text).exists():
            return cls(Path(text))
        try:
            number = float(weight)
        except ValueError:
            return cls(Path(text))
        if not 0 < number <= 1000:
            raise UsageError(f"--data {text}: the weight after @ must be above 0 and at most 1000")
        return cls(Path(path), number)


@dataclass(frozen=True)
class Source:
    """What one path held.

    train: uint8 (n, 3, side, side), side 32 or, cut from photos, larger. valid: uint8 (m, 3, 32, 32).
    """

    name: str
    train: Tensor
    valid: Tensor
    photos: bool
    weight: float = 1.0


@dataclass(frozen=True)
class TrainingData:
    """All sources of a run.

    given: what validates in place of the sources' own, uint8 (n, 3, 32, 32); None where nothing was given.
    """

    sources: tuple[Source, ...]
    given: Tensor | None = None

    def bank(self, *, photos: bool) -> PictureBank | None:
        """What training draws from.

        The 32x32 pictures, or the tiles of photos; None where none were given.
        """
        chosen = [source for source in self.sources if source.photos is photos]
        if not chosen:
            return None
        weights = [torch.full((len(source.train),), source.weight) for source in chosen]
        alike = len({source.weight for source in chosen}) == 1
        pictures = torch.cat([source.train for source in chosen])
        return PictureBank(pictures, None if alike else torch.cat(weights))

    def valid(self, *, photos: bool) -> Tensor:
        """The pictures that validate, uint8 (n, 3, 32, 32).

        Those given for it, or the own ones of the 32x32 pictures, or of photos; n = 0 where there are none.
        """
        if self.given is not None:
            return _some(self.given)
        chosen = [source.valid for source in self.sources if source.photos is photos]
        return _some(torch.cat(chosen)) if chosen else torch.empty((0, 3, SIDE, SIDE), dtype=torch.uint8)

    @property
    def sizes(self) -> list[int]:
        """How many pictures, or tiles of photos, each source has to train on and to validate with."""
        return [len(source.train) + len(source.valid) for source in self.sources]

    @property
    def description(self) -> str:
        """One line for cards and configurations: names, numbers and weights."""
        return " + ".join(_describe(source) for source in self.sources)


def load_training_data(
    options: Sequence[SourceOption], *, valid: Path | None = None, seed: int = 0
) -> TrainingData:
    """Read all sources and choose what validates.

    Validation pictures are those of ``valid`` where it is given; else each source's own
    (``valid_batch.bin``) or a seeded share of it. A folder of pictures is split by picture, so that no tile
    of a validating picture is trained on. Raises TrainingDataError where there are no options, and for a
    source that can't be used.
    """
    if not options:
        raise TrainingDataError("no training data was given; give some with --data")
    sources = [replace(read_source(option.path, seed=seed), weight=option.weight) for option in options]
    given = None if valid is None else read_source(valid, seed=seed, split=False, option="--valid").train
    return TrainingData(tuple(sources), given)


def read_source(path: Path, *, seed: int = 0, split: bool = True, option: str = "--data") -> Source:
    """Read one path: an archive, a batch file, a folder of batches or a folder of pictures.

    Where ``split`` is off, everything is in ``train`` and nothing in ``valid``. ``option`` is what named the
    path. Raises TrainingDataError for one that isn't there, can't be read or holds nothing to train on.
    """
    name = real_path(path).name
    if path.is_dir():
        batches = read_batches(path)
        if batches is None:
            train, valid = _read_photos(path, seed, split=split)
            return Source(name, train, valid, photos=True)
        train, own = batches
    elif not path.exists():
        raise TrainingDataError(
            f"{path} does not exist; give an archive, a *.bin batch or a folder with {option}"
        )
    elif path.name.lower().endswith(ARCHIVE_SUFFIXES):
        train, own = read_archive(path)
    else:
        train, own = read_batch(path), None
    if not split:
        return Source(name, train, train[:0], photos=False)
    if own is None:
        train, own = _split(train, seed, str(path))
    return Source(name, train, own, photos=False)


def _read_photos(folder: Path, seed: int, *, split: bool) -> tuple[Tensor, Tensor]:
    files = find_pictures(folder)
    larger, exact = TileCutting(), TileCutting(side=SIDE)
    if not files:
        raise TrainingDataError(f"{folder} holds neither *.bin batches nor pictures; give a folder that does")
    if not split:
        tiles = read_tiles(files, folder, seed, exact)
        return tiles, tiles[:0]
    if len(files) == 1:
        train, valid = _split(read_tiles(files, folder, seed, larger), seed, str(folder))
        return train, valid[..., :SIDE, :SIDE]
    generator = torch.Generator().manual_seed(seed)
    shuffled = [files[i] for i in torch.randperm(len(files), generator=generator).tolist()]
    count = max(1, round(len(files) * VALID_SHARE))
    valid = read_tiles(shuffled[:count], folder, seed, exact)
    return read_tiles(sorted(shuffled[count:]), folder, seed, larger), valid


def _split(tiles: Tensor, seed: int, name: str) -> tuple[Tensor, Tensor]:
    """Set a seeded share aside for validation."""
    if len(tiles) < 2:
        raise TrainingDataError(f"{name} holds one picture only; training needs two or more")
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(tiles), generator=generator)
    count = min(MOST_VALID, max(1, round(len(tiles) * VALID_SHARE)))
    return tiles[order[count:].sort().values], tiles[order[:count]]


def _some(pictures: Tensor) -> Tensor:
    """At most MOST_VALID of them, evenly from all: those of one photo lie side by side."""
    if len(pictures) <= MOST_VALID:
        return pictures
    return pictures[torch.linspace(0, len(pictures) - 1, MOST_VALID).long()]


def _describe(source: Source) -> str:
    weight = "" if source.weight == 1 else f", weight {source.weight:g}"
    return (
        f"{source.name} ({len(source.train):,} {'tiles of photos' if source.photos else 'pictures'}{weight})"
    )


def read_test_pictures(path: Path) -> npt.NDArray[np.uint8]:
    """Read pictures to evaluate on, uint8 (n, 32, 32, 3).

    The test batch of an archive or folder, or one batch. Raises TrainingDataError where it can't be used.
    """
    if path.is_dir():
        pictures = read_batch(batches_folder(path) / TEST_BATCH)
    elif path.name.lower().endswith(ARCHIVE_SUFFIXES):
        batches = archive_batches(path)
        if TEST_BATCH not in batches:
            raise TrainingDataError(
                f"{path} has no {TEST_BATCH}; give an archive or a batch that has test pictures"
            )
        pictures = parse_batch(batches[TEST_BATCH], f"{path}:{TEST_BATCH}")
    else:
        pictures = read_batch(path)
    return np.ascontiguousarray(pictures.permute(0, 2, 3, 1).numpy())
