"""Shapes of damage, drawn on a crop: where a photo is hurt, not yet how that looks.

Each function takes a height, a width and a generator and returns uint8 (height, width), 255 where damage is.
Some draw soft values between; `paint` takes them for opacity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

USUAL = 160
"""Side in pixels of the crop that numbers of shapes are given for."""
_SHIFT = 4
"""Fractional bits of the coordinates that OpenCV draws with."""


def blank(height: int, width: int) -> Plane:
    """An undamaged crop."""
    return np.zeros((height, width), np.uint8)


def draw_path(plane: Plane, path: Points, thickness: int, *, smooth: bool) -> None:
    """Draw an open polyline of (k, 2) x, y; `smooth` antialiases it."""
    points = np.rint(path * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(
        plane, [points], isClosed=False, color=255, thickness=max(1, thickness),
        lineType=cv2.LINE_AA if smooth else cv2.LINE_8, shift=_SHIFT,
    )  # fmt: skip


def fill_outline(plane: Plane, outline: Points) -> None:
    """Fill a closed polygon of (k, 2) x, y."""
    cv2.fillPoly(plane, [np.rint(outline * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)


def walk(
    rng: np.random.Generator, start: Points, steps: int, stride: float, bend: float, jitter: float
) -> Points:
    """A curved walk (steps + 1, 2): the heading turns by `bend` and a random `jitter` at each step."""
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(bend + rng.normal(0, jitter, steps))
    moves = stride * np.stack([np.cos(heading), np.sin(heading)], 1)
    return np.concatenate([start[None], start + np.cumsum(moves, 0)])


def _somewhere(rng: np.random.Generator, height: int, width: int, margin: float = 0.0) -> Points:
    return np.array([rng.uniform(-margin, width + margin), rng.uniform(-margin, height + margin)])


def _thickness(rng: np.random.Generator, most: int) -> int:
    """Thin ones are the most frequent."""
    return int(np.clip(np.exp(rng.uniform(0, np.log(most + 1))), 1, most))


def several(most: int, height: int, width: int, rng: np.random.Generator) -> int:
    """Say how many to draw: 1 to `most` on USUAL x USUAL pixels, as many more as a crop is larger."""
    return max(1, round(float(rng.integers(1, most + 1)) * height * width / USUAL**2))


def lines(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Straight lines, 1-7 px thick, many of them longer than the crop."""
    plane = blank(height, width)
    smooth = rng.random() < 0.3
    for _ in range(several(7, height, width, rng)):
        middle = _somewhere(rng, height, width, 10)
        angle, reach = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(10), np.log(250)))
        step = reach * np.array([np.cos(angle), np.sin(angle)])
        draw_path(plane, np.stack([middle - step, middle + step]), int(rng.integers(1, 8)), smooth=smooth)
    return plane


def scratches(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Long wavering scratches along one axis, of changing width, with breaks."""
    plane = blank(height, width)
    upright, smooth = rng.random() < 0.7, rng.random() < 0.4
    extent, across = (height, width) if upright else (width, height)
    for _ in range(several(5, height, width, rng)):
        along = np.arange(-8.0, extent + 8, rng.uniform(1.5, 5))
        waver = np.cumsum(rng.normal(0, rng.uniform(0.1, 0.7), along.size))
        side = rng.uniform(-10, across + 10) + waver + rng.normal(0, 0.12) * along
        thickness = rng.uniform(0.6, 5) + np.cumsum(rng.normal(0, 0.15, along.size))
        seen = np.cumsum(rng.normal(0, 0.2, along.size)) > rng.uniform(-3, 0.2)
        path = np.stack([side, along] if upright else [along, side], 1)
        _draw_runs(
            plane, path, np.where(seen, np.clip(np.rint(thickness), 1, 8), 0).astype(int), smooth=smooth
        )
    return plane


def _draw_runs(plane: Plane, path: Points, thickness: npt.NDArray[np.int_], *, smooth: bool) -> None:
    """Draw each stretch of a path that is of one thickness; 0 = not drawn."""
    edges = [0, *(np.flatnonzero(np.diff(thickness)) + 1), len(path) - 1]
    for begin, end in pairwise(edges):
        if thickness[begin]:
            draw_path(plane, path[begin : end + 1], int(thickness[begin]), smooth=smooth)


def hairs(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Curled hairs, 1-3 px thick."""
    plane = blank(height, width)
    smooth = rng.random() < 0.5
    for _ in range(several(5, height, width, rng)):
        path = walk(
            rng, _somewhere(rng, height, width), int(rng.integers(6, 60)), 3.0, rng.normal(0, 0.08), 0.12
        )
        draw_path(plane, path, int(rng.integers(1, 4)), smooth=smooth)
    return plane


def specks(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Dust: ellipses of 1-9 px, few or many, with now and then a hair among them."""
    plane = hairs(height, width, rng) if rng.random() < 0.4 else blank(height, width)
    count = 1 + int(height * width * np.exp(rng.uniform(np.log(3e-5), np.log(1.5e-3))))
    for _ in range(count):
        centre = _somewhere(rng, height, width).astype(int)
        axes = (_thickness(rng, 4), _thickness(rng, 3)) if rng.random() < 0.8 else (0, 0)
        cv2.ellipse(plane, (int(centre[0]), int(centre[1])), axes, rng.uniform(0, 180), 0, 360, 255, -1)
    return plane


def blob_outline(rng: np.random.Generator, centre: Points, radius: float, rough: float = 0.35) -> Points:
    """The closed outline (24, 2) of an irregular blob."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    noise = np.convolve(rng.normal(0, 1, 26), np.ones(3) / 3, "valid")
    reach = radius * np.clip(1 + rough * noise, 0.35, 1.9) * (1 + 0.4 * rng.random() * np.cos(angles) ** 2)
    return centre + np.stack([reach * np.cos(angles), reach * np.sin(angles)], 1)


def blotches(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Irregular blobs, 6-60 px across."""
    plane = blank(height, width)
    rough = rng.uniform(0.1, 0.6)
    for _ in range(several(5, height, width, rng)):
        radius = np.exp(rng.uniform(np.log(3), np.log(28)))
        fill_outline(plane, blob_outline(rng, _somewhere(rng, height, width), radius, rough))
    return plane


def holes(height: int, width: int, rng: np.random.Generator) -> Plane:
    """A wide hole or two: rectangle, ellipse or blob, up to the crop's own size."""
    plane = blank(height, width)
    for _ in range(int(rng.integers(1, 3))):
        centre, size = _somewhere(rng, height, width, 20), rng.uniform(12, 64, 2)
        shape = rng.integers(0, 3)
        if shape == 0:
            corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size
            fill_outline(plane, centre + corners if rng.random() < 0.7 else centre + _turned(corners, rng))
        elif shape == 1:
            middle, axes = (int(centre[0]), int(centre[1])), (int(size[0]), int(size[1]))
            cv2.ellipse(plane, middle, axes, rng.uniform(0, 90), 0, 360, 255, -1)
        else:
            fill_outline(plane, blob_outline(rng, centre, float(size[0])))
    return plane


def _turned(points: Points, rng: np.random.Generator) -> Points:
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: Points = points @ turn.T
    return turned


def cracks(height: int, width: int, rng: np.random.Generator) -> Plane:
    """A jagged crack with branches, thinner towards their ends."""
    plane = blank(height, width)
    smooth = rng.random() < 0.6
    thickness = int(rng.integers(1, 6))
    trunk = walk(rng, _somewhere(rng, height, width), int(rng.integers(15, 50)), rng.uniform(3, 7), 0, 0.35)
    draw_path(plane, trunk, thickness, smooth=smooth)
    for _ in range(int(rng.integers(0, 6))):
        start = trunk[int(rng.integers(0, len(trunk)))]
        branch = walk(rng, start, int(rng.integers(4, 20)), rng.uniform(2, 6), 0, 0.4)
        draw_path(plane, branch, max(1, thickness - int(rng.integers(1, 4))), smooth=smooth)
    return _flaked(plane, rng) if rng.random() < 0.4 else plane


def _flaked(plane: Plane, rng: np.random.Generator) -> Plane:
    """Let the emulsion flake off here and there along a crack."""
    ys, xs = np.nonzero(plane)
    for _ in range(int(rng.integers(1, 6)) if xs.size else 0):
        at = int(rng.integers(0, xs.size))
        fill_outline(plane, blob_outline(rng, np.array([xs[at], ys[at]], float), rng.uniform(2, 8), 0.6))
    return plane


def craquelure(height: int, width: int, rng: np.random.Generator) -> Plane:
    """A net of cracks: the borders of cells around random points."""
    count = int(rng.integers(4, 14))
    seeds = rng.uniform(-20, [width + 20, height + 20], (count, 2))
    y, x = np.mgrid[0:height, 0:width]
    shift = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 6) * 60
    distance = np.hypot(
        x[..., None] + shift[..., None] - seeds[:, 0], y[..., None] + shift[..., None] - seeds[:, 1]
    )
    nearest = np.partition(distance, 1, axis=-1)
    border: Plane = ((nearest[..., 1] - nearest[..., 0] < rng.uniform(1.2, 4)) * 255).astype(np.uint8)
    return border


def torn_edges(height: int, width: int, rng: np.random.Generator) -> Plane:
    """One side or corner of the crop is torn off along a ragged line."""
    reach = 2.0 * max(height, width)
    steps = 60
    along = np.linspace(-reach / 2, reach / 2, steps)
    ragged = np.cumsum(rng.normal(0, rng.uniform(0.3, 2.5), steps))
    ragged -= np.linspace(ragged[0], ragged[-1], steps)
    offset = rng.uniform(0.15, 0.65) * max(height, width)
    edge = np.stack([along, offset + ragged], 1)
    outline = np.concatenate([edge, [[reach, reach], [-reach, reach]]])
    plane = blank(height, width)
    fill_outline(plane, _turned(outline, rng) * rng.choice([-1, 1]) + np.array([width, height]) / 2)
    return plane


def pen_marks(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Handwriting and scrawls: smooth loops, 1-6 px thick."""
    plane = blank(height, width)
    thickness = int(rng.integers(1, 7))
    for _ in range(int(rng.integers(1, 4))):
        steps = int(rng.integers(20, 80))
        t = np.linspace(0, rng.uniform(2, 8) * np.pi, steps)
        size = rng.uniform(3, 18, 2)
        drift = np.outer(t, rng.uniform(-4, 4, 2))
        path = np.stack([size[0] * np.sin(t + rng.uniform(0, 6)), size[1] * np.cos(1.3 * t)], 1) + drift
        draw_path(plane, _somewhere(rng, height, width) + path, thickness, smooth=True)
    return plane


def folds(height: int, width: int, rng: np.random.Generator) -> Plane:
    """One or two straight folds across the crop: a thin broken line with a soft shoulder."""
    plane = blank(height, width)
    for _ in range(int(rng.integers(1, 3))):
        middle, angle = _somewhere(rng, height, width), rng.choice([0, np.pi / 2]) + rng.normal(0, 0.08)
        step = 2.0 * max(height, width) * np.array([np.cos(angle), np.sin(angle)])
        ends = np.linspace(middle - step, middle + step, 80) + rng.normal(0, 0.5, (80, 2))
        draw_path(plane, ends, int(rng.integers(1, 5)), smooth=True)
    worn = cv2.GaussianBlur(rng.random((height, width), np.float32), (0, 0), 2.0)
    if rng.random() < 0.5:
        plane[worn < np.quantile(worn, rng.uniform(0, 0.4))] = 0
    return plane


Shape = Callable[[int, int, np.random.Generator], Plane]

SHAPES: Mapping[str, Shape] = {
    "lines": lines,
    "scratches": scratches,
    "hairs": hairs,
    "specks": specks,
    "blotches": blotches,
    "holes": holes,
    "cracks": cracks,
    "craquelure": craquelure,
    "torn-edges": torn_edges,
    "pen-marks": pen_marks,
    "folds": folds,
}
