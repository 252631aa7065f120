"""The benchmark's damage: seeded masks for CIFAR-10 tiles, bool (32, 32), True = damaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import UsageError

Mask = npt.NDArray[np.bool_]
Drawing = npt.NDArray[np.uint8]
Rng = np.random.Generator
ShapeDrawer = Callable[[Drawing, Rng, float], None]

DENSITIES: Mapping[str, int] = MappingProxyType({"1-9 lines": 9, "1-5 lines": 5, "1-3 lines": 3})
"""How many lines at most, by name: the published report does not say how many it drew."""

RATIO_BINS: tuple[tuple[float, float], ...] = ((0.0, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.6))
SIDE = 32
"""Of a tile, in pixels."""
LEAST_RATIO = 0.01
TRIES = 500


def line_mask(rng: Rng, most: int) -> Mask:
    """1 to ``most`` straight lines of 1-2 px with ends drawn uniformly: the published damage."""
    drawing = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(int(rng.integers(1, most + 1))):
        _line(drawing, rng)
    return drawing > 0


def ratio_mask(shape: str, low: float, high: float, rng: Rng) -> Mask:
    """A mask of ``shape`` (SHAPES) that covers between ``low`` and ``high`` of the picture.

    Raises UsageError for a shape that there is not, or one of which no such mask was found in TRIES.
    """
    if shape not in SHAPES:
        raise UsageError(f"no shape of hole {shape!r}; there are: {', '.join(SHAPES)}")
    for _ in range(TRIES):
        target = rng.uniform(max(low, LEAST_RATIO), high)
        drawing = np.zeros((SIDE, SIDE), np.uint8)
        for _ in range(TRIES):
            if (drawing > 0).mean() >= max(low, LEAST_RATIO, target - 0.03):
                break
            SHAPES[shape](drawing, rng, target)
        if max(low, LEAST_RATIO) <= (drawing > 0).mean() < high:
            return drawing > 0
    raise UsageError(f"no {shape} hole covers between {low:.0%} and {high:.0%}")


def _line(drawing: Drawing, rng: Rng, target: float = 0.0) -> None:
    x1, y1, x2, y2 = (int(value) for value in rng.integers(0, drawing.shape[0], 4))
    cv2.line(drawing, (x1, y1), (x2, y2), 255, int(rng.integers(1, 3)))


def _free_form(drawing: Drawing, rng: Rng, target: float) -> None:
    """A brush stroke of a few bends (as in Yu et al. 2019), wider where more is to be covered."""
    side = drawing.shape[0]
    width = int(rng.integers(2, 4 + round(6 * target)))
    point = rng.uniform(0, side, 2)
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(2, 5))):
        heading += rng.uniform(-1.2, 1.2)
        end = point + rng.uniform(0.1, 0.35) * side * np.array([np.cos(heading), np.sin(heading)])
        cv2.line(drawing, _point(point), _point(end), 255, width)
        point = end


def _square(drawing: Drawing, rng: Rng, target: float) -> None:
    """One square hole of the target's size at a random place."""
    side = drawing.shape[0]
    width = min(side, max(1, round(side * target**0.5)))
    x, y = (int(value) for value in rng.integers(0, side - width + 1, 2))
    drawing[:] = 0
    drawing[y : y + width, x : x + width] = 255


SHAPES: Mapping[str, ShapeDrawer] = MappingProxyType(
    {"line": _line, "free-form": _free_form, "square": _square}
)


def _point(value: npt.NDArray[np.float64]) -> tuple[int, int]:
    return int(value[0]), int(value[1])
