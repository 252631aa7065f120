"""Damage drawn afresh for each picture and step, in batches on the device that trains.

Every function returns ``valid``: float32 (n, 1, side, side), 1 = known, 0 = damaged. Random numbers come from
the generator that is passed in, so the same seed draws the same damage; ``rasterisers`` turn shapes into
pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate

import torch
from torch import Tensor

from training.rasterisers import EAGER, Rasterisers


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device) * (high - low) + low


def _whole(shape: tuple[int, ...], low: int, high: int, generator: torch.Generator) -> Tensor:
    """Whole numbers from low to high, both included."""
    return torch.randint(low, high + 1, shape, generator=generator, device=generator.device)


def _counted(values: Tensor, least: int, generator: torch.Generator) -> Tensor:
    """Keep between ``least`` and all of the k columns of (n, k), the rest becomes -1."""
    n, k = values.shape
    count = _whole((n, 1), least, k, generator)
    order = torch.arange(k, device=values.device).expand(n, k)
    return torch.where(order < count, values, torch.full_like(values, -1))


def published_lines(
    n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER
) -> Tensor:
    """Straight lines of 1-2 px with both ends drawn uniformly: the published damage, 1 to 9 of them."""
    k = 9
    ends = _whole((n, k, 4), 0, side - 1, generator).float()
    thickness = _counted(_whole((n, k), 1, 2, generator).float(), 1, generator)
    return rasterisers.thin_lines(ends, thickness, side)


def long_lines(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """1 to 4 lines of 1-6 px that cross the tile, as a long line of a large photo does."""
    k = 4
    centre = _uniform((n, k, 2), -2, side + 2, generator)
    angle = _uniform((n, k), 0, torch.pi, generator)
    reach = _uniform((n, k), 0.3 * side, 1.5 * side, generator)
    step = torch.stack([angle.cos(), angle.sin()], -1) * reach.unsqueeze(-1)
    ends = torch.cat([centre - step, centre + step], -1)
    return rasterisers.capsules(ends, _counted(_uniform((n, k), 0.3, 3.2, generator), 1, generator), side)


def strokes(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """1 to 3 curved strokes of 1-7 px: scratches and hairs, as chains of short segments."""
    k, steps = 3, 9
    heading = _uniform((n, k, 1), 0, 2 * torch.pi, generator)
    bend = torch.randn((n, k, steps), generator=generator, device=generator.device) * 0.25
    turn = _uniform((n, k, 1), -0.2, 0.2, generator)
    angle = heading + (bend + turn).cumsum(-1)
    stride = _uniform((n, k, 1), 2, 6, generator)
    move = torch.stack([angle.cos(), angle.sin()], -1) * stride.unsqueeze(-1)
    start = _uniform((n, k, 1, 2), 0, side, generator)
    path = torch.cat([start, start + move.cumsum(2)], 2)
    ends = torch.cat([path[:, :, :-1], path[:, :, 1:]], -1).reshape(n, k * steps, 4)
    radius = _counted(_uniform((n, k), 0.3, 3.5, generator), 1, generator)
    return rasterisers.capsules(ends, radius.repeat_interleave(steps, 1), side)


def specks(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """1 to 12 dots and short dashes of 1-8 px: dust."""
    k = 12
    centre = _uniform((n, k, 2), 0, side, generator)
    step = torch.randn((n, k, 2), generator=generator, device=generator.device) * 1.5
    ends = torch.cat([centre - step, centre + step], -1)
    return rasterisers.capsules(ends, _counted(_uniform((n, k), 0.3, 3.0, generator), 1, generator), side)


def letters(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """A row or two of upright and slanted short strokes of 1-4 px, spaced as print is."""
    k = 24
    height = _uniform((n, 1), 6, 22, generator)
    top = _uniform((n, 1), -8, side - 4, generator)
    pitch = height * _uniform((n, 1), 0.3, 0.5, generator)
    column = torch.arange(k, device=generator.device).float().unsqueeze(0)
    x = (column % 12) * pitch * 0.7 - _uniform((n, 1), 0, 10, generator) + _uniform((n, k), -1, 1, generator)
    y = top + (column >= 12) * 1.7 * height
    low, high = _uniform((n, k), 0, 0.5, generator), _uniform((n, k), 0.5, 1, generator)
    flat = _uniform((n, k), 0, 1, generator) < 0.35
    slant = torch.randn((n, k), generator=generator, device=generator.device) * 0.15 * height
    x2 = torch.where(flat, x + pitch * 0.7, x + slant)
    ends = torch.stack([x, y + low * height, x2, y + torch.where(flat, low, high) * height], -1)
    radius = (height * _uniform((n, 1), 0.04, 0.1, generator)).expand(n, k).clone()
    return rasterisers.capsules(ends, _counted(radius, 6, generator), side)


def blobs(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """One or two irregular blobs of 5-30 px, each of up to six fat capsules."""
    k, parts = 2, 6
    centre = _uniform((n, k, 1, 2), 0, side, generator)
    size = _counted(_uniform((n, k), 2, 9, generator), 1, generator).unsqueeze(-1)
    shift = (
        torch.randn((n, k, parts, 4), generator=generator, device=generator.device)
        * size.clamp_min(0).unsqueeze(-1)
        * 0.6
    )
    ends = (centre.repeat(1, 1, parts, 2) + shift).reshape(n, k * parts, 4)
    radius = (size * _uniform((n, k, parts), 0.4, 0.9, generator)).reshape(n, k * parts)
    return rasterisers.capsules(ends, radius, side)


def half_planes(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """All beyond a wavy edge is missing, as in a tile at the rim of a wide hole.

    Of single tiles nearly all or nearly nothing is known, of all together 45 %.
    """
    axis = torch.arange(side, device=generator.device).float() - (side - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    angle = _uniform((n, 1, 1), 0, 2 * torch.pi, generator)
    offset = _uniform((n, 1, 1), -0.45 * side, 0.35 * side, generator)
    wave = _uniform((n, 1, 1), 0, 3, generator)
    phase = _uniform((n, 1, 1), 0, 6.3, generator)
    across = x * angle.cos() + y * angle.sin()
    along = y * angle.cos() - x * angle.sin()
    return (across + wave * (along * 0.3 + phase).sin() < offset).float().unsqueeze(1)


def everything(n: int, side: int, generator: torch.Generator, rasterisers: Rasterisers = EAGER) -> Tensor:
    """All is missing, as in a tile inside a wide hole."""
    return torch.zeros((n, 1, side, side), device=generator.device)


Drawer = Callable[[int, int, torch.Generator, Rasterisers], Tensor]

DAMAGE: Mapping[str, Drawer] = {
    "published-lines": published_lines,
    "long-lines": long_lines,
    "strokes": strokes,
    "specks": specks,
    "letters": letters,
    "blobs": blobs,
    "half-planes": half_planes,
    "everything": everything,
}


def draw_mixture(
    n: int,
    side: int,
    shares: Mapping[str, float],
    generator: torch.Generator,
    rasterisers: Rasterisers = EAGER,
) -> Tensor:
    """Draw each picture's damage with one of the drawers, chosen with the given shares.

    The batch is cut into runs of one kind each, in the order of ``shares``, so that every kind is drawn once
    in a batch.
    """
    if n == 0:
        return torch.empty((0, 1, side, side), device=generator.device)
    total = sum(shares.values())
    ends = [round(n * upto / total) for upto in accumulate(shares.values())]
    begins = [0, *ends[:-1]]
    runs = zip(shares, begins, ends, strict=True)
    return torch.cat(
        [DAMAGE[name](end - begin, side, generator, rasterisers) for name, begin, end in runs if end > begin]
    )
