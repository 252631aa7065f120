"""Shapes turned into pixels, for a batch of pictures on the device that trains.

Shapes are unions of capsules (all points within a radius of a segment), so that one rasteriser serves lines,
strokes, hairs, specks and blobs, or of lines as thin as other programs draw them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

THICK_RADIUS = 1.42
"""Pixels from the segment that OpenCV 5 still takes for a line of thickness 2 (best overlap, 1,000 lines)."""


def draw_capsules(ends: Tensor, radius: Tensor, side: int) -> Tensor:
    """Draw a union of capsules for each picture.

    ends: float32 (n, k, 4), x1 y1 x2 y2 in pixels; radius: float32 (n, k) in pixels, negative = not drawn.
    Returns valid (n, 1, side, side).
    """
    x, y = _pixels(ends, side)
    x1, y1, x2, y2 = ends.unsqueeze(-1).unbind(2)
    dx, dy = x2 - x1, y2 - y1
    along = (((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy).clamp_min(1e-6)).clamp_(0, 1)
    distance = (x - x1 - along * dx).square_() + (y - y1 - along * dy).square_()
    limit = torch.where(radius < 0, radius, radius.square()).unsqueeze(-1)
    return _missed(distance <= limit, ends, side)


def draw_thin_lines(ends: Tensor, thickness: Tensor, side: int) -> Tensor:
    """Draw straight lines of 1 or 2 pixels as common rasterisers do.

    A line of one pixel takes, at each step of its longer axis, the nearest pixel of the other axis (Bresenham
    1965). One of two pixels is drawn as OpenCV draws it: all points within about 1.4 pixels of the segment,
    three rows in all.
    ends: float32 (n, k, 4) with whole numbers; thickness: (n, k), 1, 2 or 0 = not drawn.
    Returns valid (n, 1, side, side).
    """
    x, y = _pixels(ends, side)
    x1, y1, x2, y2 = ends.unsqueeze(-1).unbind(2)
    dx, dy = x2 - x1, y2 - y1
    longer = torch.maximum(dx.abs(), dy.abs()).clamp_min(1e-6)
    length = (dx * dx + dy * dy).sqrt().clamp_min(1e-6)
    across = ((x - x1) * dy - (y - y1) * dx).abs()
    along = (x - x1) * dx + (y - y1) * dy
    inside_axis = torch.where(
        dx.abs() >= dy.abs(),
        (x >= torch.minimum(x1, x2)) & (x <= torch.maximum(x1, x2)),
        (y >= torch.minimum(y1, y2)) & (y <= torch.maximum(y1, y2)),
    )
    thin = inside_axis & (across / longer <= 0.5)
    point = (dx == 0) & (dy == 0)
    thin = torch.where(point, (x == x1) & (y == y1), thin)
    beyond = (-along / length).clamp_min(0) + ((along / length) - length).clamp_min(0)
    thick = (across / length / THICK_RADIUS).square() + beyond.square() <= 1.0 + 1e-4
    thick = torch.where(point, (x - x1).square() + (y - y1).square() <= 1.0, thick)
    drawn = thickness.unsqueeze(-1)
    return _missed((thin & (drawn == 1)) | (thick & (drawn == 2)), ends, side)


def _pixels(ends: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return x and y of all pixels of a picture, each (1, 1, side * side), where and as the ends are."""
    axis = torch.arange(side, device=ends.device, dtype=ends.dtype)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return x.reshape(1, 1, -1), y.reshape(1, 1, -1)


def _missed(hit: Tensor, ends: Tensor, side: int) -> Tensor:
    """Return what none of a picture's shapes hit, bool (n, k, side * side), as valid (n, 1, side, side)."""
    return (~hit.any(1)).to(ends.dtype).view(-1, 1, side, side)


@dataclass(frozen=True)
class Rasterisers:
    """`draw_capsules` and `draw_thin_lines`, as they are or compiled."""

    capsules: Callable[[Tensor, Tensor, int], Tensor]
    thin_lines: Callable[[Tensor, Tensor, int], Tensor]


EAGER = Rasterisers(draw_capsules, draw_thin_lines)


def compiled_rasterisers() -> Rasterisers:
    """Both as one or two kernels in the place of some twenty: on a GPU they take most of a batch's time."""
    return Rasterisers(
        torch.compile(draw_capsules, dynamic=True), torch.compile(draw_thin_lines, dynamic=True)
    )
