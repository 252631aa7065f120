"""The steps of a benchmark: build the cases, and have each measured in a process of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.child import ChildFailed, run_child
from benchmarks.jpeg import QUALITY
from benchmarks.methods import is_ours
from benchmarks.photographs import enlarged
from benchmarks.thin_damage import thin_mask
from inpaint_cli.errors import UsageError

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is measured.

    methods: on every kind of damage; growth_methods: as photos and damage grow. sizes, jpeg_sizes,
    damage_size: in megapixels. damage: shares of the photo, 0..1; thin: the share where only the size
    changes. rounds: pairs of timings, fewer where they take longer than budget seconds. timeout: in seconds,
    for one measurement. Raises UsageError for numbers that make no sense.
    """

    kinds: tuple[str, ...]
    methods: tuple[str, ...]
    growth_methods: tuple[str, ...]
    sizes: tuple[float, ...]
    damage: tuple[float, ...]
    damage_size: float
    jpeg_sizes: tuple[float, ...]
    seed: int = 1
    rounds: int = 5
    budget: float = 20.0
    thin: float = 0.005
    timeout: float = 3600.0

    def __post_init__(self) -> None:
        for name, sizes in (("sizes", self.sizes), ("jpeg-sizes", self.jpeg_sizes)):
            if not all(0 < size <= 250 for size in sizes):
                raise UsageError(f"--{name} are megapixels, above 0 and at most 250")
        if not all(0 < share < 0.9 for share in self.damage):
            raise UsageError("--damage is in per cent, above 0 and below 90")
        if not 0 < self.damage_size <= 250:
            raise UsageError("--damage-size is in megapixels, above 0 and at most 250")
        if self.rounds < 1 or self.seed < 0:
            raise UsageError("--rounds must be at least 1, --seed not negative")


def largest(photos: Mapping[str, Pixels]) -> Pixels:
    """Return the photo with the most pixels: large cases are made of it."""
    return max(photos.values(), key=lambda photo: photo.size)


def measure_quality(settings: Settings, photos: Mapping[str, Pixels]) -> list[Row]:
    """Score and time every method on every kind of damage."""
    with _folder() as folder:
        np.savez(folder / "photos.npz", *photos.values())
        request = {
            "names": list(photos),
            "photos": str(folder / "photos.npz"),
            "methods": settings.methods,
            "seed": settings.seed,
            "rounds": settings.rounds,
            "budget": settings.budget / 10,
        }
        return [_quality({**request, "kind": kind}, settings.timeout) for kind in settings.kinds]


def measure_sizes(settings: Settings, photo: Pixels) -> list[Row]:
    """Time and memory on thin damage, as the photo grows."""
    return [row for size in settings.sizes for row in _points(settings, photo, size, settings.thin)]


def measure_damage(settings: Settings, photo: Pixels) -> list[Row]:
    """Time and memory on a photo of one size, as the damage grows."""
    return [row for share in settings.damage for row in _points(settings, photo, settings.damage_size, share)]


def measure_jpegs(settings: Settings, photo: Pixels) -> list[Row]:
    """Our models on a JPEG with thin damage, against its own decode and encode."""
    ours = [method for method in settings.methods if is_ours(method)]
    rows = []
    for size in settings.jpeg_sizes:
        with _folder() as folder:
            case = _write_case(folder, photo, size, settings.thin, settings.seed)
            Image.fromarray(np.load(folder / "photo.npy")).save(folder / "photo.jpg", quality=QUALITY)
            request = {"jpeg": str(folder / "photo.jpg"), "mask": str(folder / "mask.npy")}
            rows += [_measured(settings, "jpeg", method, case, request) for method in ours]
    return rows


def _quality(request: Row, timeout: float) -> Row:
    _tell(f"quality: {request['kind']}, {len(request['names'])} photos")
    return run_child("quality", request, timeout=timeout)


def _points(settings: Settings, photo: Pixels, megapixels: float, share: float) -> Iterator[Row]:
    with _folder() as folder:
        case = _write_case(folder, photo, megapixels, share, settings.seed)
        request = {"photo": str(folder / "photo.npy"), "mask": str(folder / "mask.npy")}
        for method in settings.growth_methods:
            yield _measured(settings, "growth", method, case, request)


def _measured(settings: Settings, task: str, method: str, case: Row, files: Row) -> Row:
    """One point. One that fails (a method that needs more memory than there is) is a row with its problem."""
    request = {**files, "method": method, "rounds": settings.rounds, "budget": settings.budget}
    _tell(f"{task}: {method}, {case['megapixels']:.3g} MP, {case['damage']:.2%} damaged")
    try:
        measured = run_child(task, request, timeout=settings.timeout)
    except ChildFailed as error:
        _tell(f"  {error}")
        measured = {"problem": str(error)}
    return {"method": method, **case, **measured}


def _write_case(folder: Path, photo: Pixels, megapixels: float, share: float, seed: int) -> Row:
    """Write photo.npy, white under the damage, and mask.npy; the parent keeps neither in memory."""
    large = enlarged(photo, megapixels)
    mask = thin_mask(large.shape[0], large.shape[1], share, seed)
    large[mask] = 255
    np.save(folder / "photo.npy", large)
    np.save(folder / "mask.npy", mask)
    return {
        "wanted_megapixels": megapixels,
        "wanted_damage": share,
        "megapixels": mask.size / 1e6,
        "damage": float(mask.mean()),
    }


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="inpaint-bench-") as name:
        yield Path(name)
