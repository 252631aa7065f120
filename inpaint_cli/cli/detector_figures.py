"""Measure a detector: what it finds of known damage, and what it does to clean photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inpaint_cli.cli.clean_photos import find_photos, path_in
from inpaint_cli.detection import Detection, Detector
from inpaint_cli.detection.measure import KindScore, PhotoScore, mean_score, score_photo
from inpaint_cli.errors import MaskError
from inpaint_cli.photos import read_mask, read_photo


@dataclass(frozen=True)
class CleanScore:
    """Harm on clean photos: share of all pixels touched, share of photos in which nothing was found."""

    photos: int
    touched: float
    left_alone: float
    touched_most: float


@dataclass(frozen=True, kw_only=True)
class DetectorFigures:
    """All figures of one detector; `kinds` by the first folder below PHOTOS."""

    kinds: dict[str, KindScore]
    clean: CleanScore | None
    seconds_a_megapixel: float


def find_cases(photos: Path, masks: Path, limit: int) -> dict[str, list[tuple[Path, Path]]]:
    """Pair photos with masks, by kind. Raises MaskError where a photo has none."""
    kinds: dict[str, list[tuple[Path, Path]]] = {}
    for file in find_photos(photos):
        relative = path_in(photos, file)
        mask = (masks / relative).with_suffix(".png")
        if not mask.is_file():
            raise MaskError(f"{file}: its true mask {mask} is not there")
        kind = relative.parts[0] if len(relative.parts) > 1 else "all"
        kinds.setdefault(kind, []).append((file, mask))
    return {kind: pairs[: limit or None] for kind, pairs in kinds.items()}


def measure_detector(
    detector: Detector,
    cases: Mapping[str, Sequence[tuple[Path, Path]]],
    clean: Sequence[Path],
    done: Callable[[], object],
) -> DetectorFigures:
    """Measure a detector on damaged photos with their true masks, by kind, and on clean ones.

    done: is called after each photo. Raises PhotoError, and MaskError for a mask of another size.
    """
    clock = _Clock(detector, done)
    return DetectorFigures(
        kinds={kind: mean_score(list(_scored(clock, pairs))) for kind, pairs in cases.items()},
        clean=_harm(clock, clean) if clean else None,
        seconds_a_megapixel=clock.seconds_a_megapixel,
    )


class _Clock:
    """Runs a detector, adding up its seconds and pixels."""

    def __init__(self, detector: Detector, done: Callable[[], object]) -> None:
        self.detector, self.done = detector, done
        self.seconds, self.pixels = 0.0, 0

    def find(self, file: Path) -> Detection:
        pixels = read_photo(file).pages[0].pixels
        started = time.perf_counter()
        detection = self.detector.find(pixels)
        self.seconds += time.perf_counter() - started
        self.pixels += pixels.shape[0] * pixels.shape[1]
        self.done()
        return detection

    @property
    def seconds_a_megapixel(self) -> float:
        return self.seconds / max(self.pixels, 1) * 1e6


def _scored(clock: _Clock, pairs: Sequence[tuple[Path, Path]]) -> Iterator[PhotoScore]:
    for photo, mask in pairs:
        truth: npt.NDArray[np.bool_] = read_mask(mask)
        detection = clock.find(photo)
        if truth.shape != detection.mask.shape:
            raise MaskError(f"{mask}: is of another size than {photo}")
        yield score_photo(detection, truth)


def _harm(clock: _Clock, files: Sequence[Path]) -> CleanScore:
    touched, pixels, alone = [], [], []
    for file in files:
        found = clock.find(file)
        touched.append(float(found.mask.mean()))
        pixels.append(found.mask.size)
        alone.append(found.clean)
    return CleanScore(
        photos=len(files),
        touched=float(np.average(touched, weights=pixels)),
        left_alone=float(np.mean(alone)),
        touched_most=max(touched),
    )
