"""Damage for whole photos, as `evaluate photos` draws it. A mask is bool (h, w), True = damaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Drawing = npt.NDArray[np.uint8]
Rng = np.random.Generator
Draw = Callable[[Drawing, Rng], None]

REFERENCE_PIXELS = 480 * 480
"""The size for which the counts below are meant; larger photos get more of all but scratches, none wider."""
TRIES = 50
WORDS = (
    "summer",
    "1957",
    "at",
    "the",
    "lake",
    "family",
    "album",
    "no.",
    "24",
    "with",
    "love",
    "from",
    "grandma",
)


def draw_mask(kind: str, height: int, width: int, rng: Rng) -> Mask:
    """Draw damage of one of KINDS; some pixel is damaged, some is not. ValueError for a single pixel."""
    if height * width < 2:
        raise ValueError("one pixel can't be damaged in part")
    drawing = np.zeros((height, width), np.uint8)
    for _ in range(TRIES):
        KINDS[kind](drawing, rng)
        if drawing.any():
            break
    else:
        drawing[0, 0] = 255
    if drawing.all():
        longways = drawing if height > 1 else drawing.T
        longways[: len(longways) // 2] = 0
    return drawing > 0


def paint(photo: Pixels, mask: Mask, rng: Rng) -> Pixels:
    """Put a light or dark, slightly noisy defect under each hole of uint8 (h, w, 3)."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    light = rng.random((count, 1)) < 0.5
    tones = np.where(light, rng.integers(205, 256, (count, 1)), rng.integers(0, 45, (count, 1)))
    tinted = tones + rng.integers(-10, 11, (count, 3))
    damaged = photo.copy()
    hole = np.asarray(labels)[mask]
    damaged[mask] = np.clip(tinted[hole] + rng.normal(0, 3, (len(hole), 3)), 0, 255).astype(np.uint8)
    return damaged


def lines(drawing: Drawing, rng: Rng) -> None:
    """Straight lines of random length, 1-6 px thick."""
    height, width = drawing.shape
    for _ in range(_count(drawing, rng, 20, 30)):
        start = np.array([rng.uniform(0, width), rng.uniform(0, height)])
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.5) * max(height, width)
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(drawing, _point(start), _point(end), 255, int(rng.integers(1, 7)))


def scratch(drawing: Drawing, rng: Rng) -> None:
    """Long wavering scratches along one axis, of changing width and with breaks."""
    height, width = drawing.shape
    for _ in range(int(rng.integers(8, 15))):
        upright = rng.random() < 0.7
        extent, across = (height, width) if upright else (width, height)
        t = np.arange(rng.uniform(0, 0.4) * extent, rng.uniform(0.6, 1.0) * extent, 2.0)
        s = rng.uniform(0, across) + np.cumsum(rng.normal(0, 0.5, t.size)) + rng.uniform(-0.15, 0.15) * t
        thickness = np.clip(rng.uniform(1, 5) + np.cumsum(rng.normal(0, 0.12, t.size)), 1, 8)
        shown = np.cumsum(rng.normal(0, 0.15, t.size)) > -1.0
        points = np.stack([s, t] if upright else [t, s], 1)
        for step in np.flatnonzero(shown[:-1]):
            wide = round(float(thickness[step]))
            cv2.line(drawing, _point(points[step]), _point(points[step + 1]), 255, wide)


def text(drawing: Drawing, rng: Rng) -> None:
    """Rows of printed words."""
    height, width = drawing.shape
    y = int(rng.integers(10, 40))
    while y < height + 20:
        scale = float(rng.uniform(0.5, 1.1))
        row = " ".join(rng.choice(WORDS, max(6, width // 40)))
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_DUPLEX]))
        start = (int(rng.integers(-40, 20)), y)
        cv2.putText(drawing, row, start, font, scale, 255, 1 if scale < 0.7 else 2)
        y += round(30 * scale) + int(rng.integers(14, 60))
    np.copyto(drawing, np.where(drawing > 96, 255, 0).astype(np.uint8))


def dust(drawing: Drawing, rng: Rng) -> None:
    """Specks of a few pixels and curled hairs."""
    height, width = drawing.shape
    for _ in range(max(1, round(height * width * 4e-4))):
        centre = _point(np.array([rng.uniform(0, width), rng.uniform(0, height)]))
        axes = (int(rng.integers(1, 5)), int(rng.integers(1, 4)))
        cv2.ellipse(drawing, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    for _ in range(_count(drawing, rng, 6, 12)):
        steps = int(rng.integers(15, 60))
        heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(rng.normal(0, 0.06), 0.1, steps))
        start = np.array([rng.uniform(0, width), rng.uniform(0, height)])
        path = start + np.cumsum(3 * np.stack([np.cos(heading), np.sin(heading)], 1), 0)
        cv2.polylines(drawing, [np.round(path).astype(np.int32)], False, 255, int(rng.integers(1, 4)))


def blotch(drawing: Drawing, rng: Rng) -> None:
    """Irregular stains 10-44 px across."""
    height, width = drawing.shape
    for _ in range(_count(drawing, rng, 12, 20)):
        _blob(drawing, np.array([rng.uniform(0, width), rng.uniform(0, height)]), rng.uniform(5, 22), rng)


def hole(drawing: Drawing, rng: Rng) -> None:
    """Wide holes, 48-128 px across (less in a small photo): rectangles, ellipses and blobs."""
    height, width = drawing.shape
    most = max(3, min(129, min(height, width) // 2))
    for _ in range(_count(drawing, rng, 2, 5)):
        w, h = (int(size) for size in rng.integers(min(48, most - 1), most, 2))
        w, h = min(w, width), min(h, height)
        x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
        shape = int(rng.integers(0, 3))
        if shape == 0:
            cv2.rectangle(drawing, (x, y), (x + w - 1, y + h - 1), 255, -1)
        elif shape == 1:
            cv2.ellipse(drawing, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, 255, -1)
        else:
            _blob(drawing, np.array([x + w / 2, y + h / 2]), min(w, h) / 2, rng)


KINDS: Mapping[str, Draw] = MappingProxyType(
    {"lines": lines, "scratch": scratch, "text": text, "dust": dust, "blotch": blotch, "hole": hole}
)


def _blob(drawing: Drawing, centre: npt.NDArray[np.float64], radius: float, rng: Rng) -> None:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    bumps = np.convolve(rng.normal(0, 1, 26), np.ones(3) / 3, "valid")
    reach = radius * np.clip(1 + 0.35 * bumps, 0.4, 1.8)
    points = centre + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    cv2.fillPoly(drawing, [points.astype(np.int32)], 255)


def _count(drawing: Drawing, rng: Rng, low: int, high: int) -> int:
    """Between low and high at the reference size, in proportion to the area elsewhere."""
    return max(1, round(int(rng.integers(low, high + 1)) * drawing.size / REFERENCE_PIXELS))


def _point(value: npt.NDArray[np.float64]) -> tuple[int, int]:
    return round(float(value[0])), round(float(value[1]))
