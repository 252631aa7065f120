"""What the detector learns from: crops of photos, damaged on purpose or left clean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import TrainingDataError
from training.data.pictures import Pixels, find_pictures, read_pictures
from training.detector.aging import age, scan
from training.detector.elements import ElementBank
from training.detector.paint import Floats, Painted, paint
from training.detector.shapes import SHAPES, Plane
from training.detector.text import burnt_in_date, rows_of_text

MOST_DAMAGE = 0.6
"""A crop with a larger damaged share is drawn again: nothing would be left to tell damage from."""

SHARES: Mapping[str, float] = {
    "lines": 0.16,
    "scratches": 0.14,
    "rows-of-text": 0.17,
    "burnt-in-date": 0.02,
    "specks": 0.15,
    "hairs": 0.05,
    "blotches": 0.11,
    "holes": 0.04,
    "cracks": 0.11,
    "craquelure": 0.01,
    "torn-edges": 0.02,
    "pen-marks": 0.03,
    "folds": 0.06,
    "elements": 0.13,
}


@dataclass(frozen=True, kw_only=True)
class SampleConfig:
    """How samples are made. clean: share without any damage; second: how often a second kind is added."""

    side: int = 224
    clean: float = 0.38
    second: float = 0.35
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))


@dataclass(frozen=True)
class Samples:
    """A batch: photo (n, 3, s, s) in 0..1; label and weight (n, 1, s, s); which photo each came from."""

    photo: Floats
    label: Floats
    weight: Floats
    sources: npt.NDArray[np.intp]
    clean: npt.NDArray[np.bool_]


def read_photos(folder: Path) -> list[Pixels]:
    """Read every photo below a folder: uint8 (h, w, 3) RGB.

    Raises TrainingDataError where there is none, or one can't be read.
    """
    if not folder.is_dir():
        raise TrainingDataError(f"{folder}: there is no such folder")
    photos = [pixels for _, pixels in read_pictures(find_pictures(folder))]
    if not photos:
        raise TrainingDataError(f"{folder}: no photos are in it")
    return photos


@dataclass(frozen=True)
class SampleMaker:
    """Makes samples of photos (uint8 (h, w, 3)); the same generator state gives the same samples."""

    photos: Sequence[Pixels]
    elements: ElementBank | None
    config: SampleConfig

    def make(
        self, n: int, rng: np.random.Generator, chances: npt.NDArray[np.float64] | None = None
    ) -> Samples:
        """Make n samples; `chances` (photos,) says how often each photo is cut from, None: all alike."""
        sources = rng.choice(len(self.photos), n, p=chances)
        clean = rng.random(n) < self.config.clean
        made = [self.one(self.photos[i], rng, clean=bool(c)) for i, c in zip(sources, clean, strict=True)]
        photo = np.stack([each.photo for each in made]).transpose(0, 3, 1, 2) * np.float32(1 / 255)
        label = np.stack([each.label for each in made])[:, None]
        weight = np.stack([each.weight for each in made])[:, None]
        return Samples(np.ascontiguousarray(photo), label, weight, sources, clean)

    def one(self, photo: Pixels, rng: np.random.Generator, *, clean: bool) -> Painted:
        """Cut, age, damage and scan one photo."""
        side = self.config.side
        crop = age(cut(photo, side, rng).astype(np.float32), rng)
        painted = Painted(crop, np.zeros((side, side), np.float32), np.ones((side, side), np.float32))
        if not clean:
            painted = self._damaged(painted, rng)
            if rng.random() < self.config.second:
                painted = self._damaged(painted, rng)
        return Painted(scan(painted.photo, rng), painted.label, painted.weight)

    def _damaged(self, before: Painted, rng: np.random.Generator) -> Painted:
        for _ in range(8):
            shape = self.draw(rng)
            if shape.any() and (shape > 96).mean() <= MOST_DAMAGE:
                return paint(before.photo, shape, rng).over(before)
        return before

    def draw(self, rng: np.random.Generator) -> Plane:
        """Draw one kind of damage, chosen by the shares: uint8 (side, side)."""
        shares = {
            name: share for name, share in self.config.shares.items() if self.elements or name != "elements"
        }
        chances = np.array(list(shares.values()))
        name = list(shares)[int(rng.choice(len(shares), p=chances / chances.sum()))]
        side = self.config.side
        if name == "elements" and self.elements is not None:
            return self.elements.draw(side, side, rng)
        if name == "rows-of-text":
            return rows_of_text(side, side, rng)
        if name == "burnt-in-date":
            return burnt_in_date(side, side, rng)
        return SHAPES[name](side, side, rng)


def cut(photo: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    """Cut a square at a random place and scale (0.4-2), mirrored or turned now and then."""
    height, width = photo.shape[:2]
    look = rng.random()
    scale = (
        1.0
        if look < 0.45
        else float(np.exp(rng.uniform(np.log(0.4), 0) if look < 0.8 else rng.uniform(0, np.log(2))))
    )
    taken = int(np.clip(round(side / scale), 8, min(height, width)))
    top, left = int(rng.integers(0, height - taken + 1)), int(rng.integers(0, width - taken + 1))
    crop = photo[top : top + taken, left : left + taken]
    if taken != side:
        method = cv2.INTER_AREA if taken > side else cv2.INTER_CUBIC
        crop = cv2.resize(crop, (side, side), interpolation=method).astype(np.uint8)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    if rng.random() < 0.15:
        crop = np.rot90(crop, int(rng.integers(1, 4)))
    if rng.random() < 0.15:
        crop = crop[..., rng.permutation(3)]
    return np.ascontiguousarray(crop)
