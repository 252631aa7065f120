"""Scanned damage: opacity maps of dirt, dust, hair, lint, scratches and stains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from inpaint_cli.errors import TrainingDataError
from training.data.pictures import read_pixels
from training.detector.shapes import Plane, blank, several


@dataclass(frozen=True)
class ElementBank:
    """Opacity maps by kind: uint8 of any size, 255 = opaque."""

    kinds: Mapping[str, tuple[Plane, ...]] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> ElementBank:
        """Read FOLDER/KIND/*.png, but hidden ones.

        Raises TrainingDataError where there is none, or one can't be read.
        """
        kinds = {}
        for each in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
            planes = tuple(_read(file) for file in sorted(each.glob("[!.]*.png")))
            if planes:
                kinds[each.name] = planes
        if not kinds:
            raise TrainingDataError(f"{folder}: no damage elements (KIND/*.png) are in it")
        return cls(kinds)

    def draw(self, height: int, width: int, rng: np.random.Generator) -> Plane:
        """Place some elements of one kind, scaled, turned and cropped: (height, width)."""
        names = sorted(self.kinds)
        planes = self.kinds[names[int(rng.integers(0, len(names)))]]
        result = blank(height, width)
        for _ in range(several(4, height, width, rng)):
            element = planes[int(rng.integers(0, len(planes)))]
            np.maximum(result, _placed(element, height, width, rng), out=result)
        return result


def _read(file: Path) -> Plane:
    return cv2.cvtColor(read_pixels(file), cv2.COLOR_RGB2GRAY).astype(np.uint8)


def _placed(element: Plane, height: int, width: int, rng: np.random.Generator) -> Plane:
    """Turn, scale (0.25-1.2) and shift one element so that its middle part falls on the crop."""
    rows, columns = element.shape
    scale, angle = np.exp(rng.uniform(np.log(0.25), np.log(1.2))), rng.uniform(0, 360)
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, scale).astype(np.float64)
    reach = 0.35 * scale * min(rows, columns)
    matrix[:, 2] += np.array([width, height]) * rng.uniform(0, 1, 2) - np.array([columns, rows]) / 2
    matrix[:, 2] += rng.uniform(-reach, reach, 2)
    if rng.random() < 0.5:
        element = np.ascontiguousarray(element[:, ::-1])
    if scale < 0.6:
        element = cv2.blur(element, (3, 3)).astype(np.uint8)
    return cv2.warpAffine(element, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.uint8)
