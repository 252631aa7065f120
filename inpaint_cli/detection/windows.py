"""A network over a whole photo: overlapping windows, of which each answers for its middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inpaint_cli.detection.detection import Floats

MULTIPLE = 32


@dataclass(frozen=True)
class Span:
    """Along one axis: a window from `start`, of which `begin` to `end` is kept (all in photo coordinates)."""

    start: int
    begin: int
    end: int


def spans(length: int, window: int, margin: int) -> list[Span]:
    """Cover `length` (at least `window`) by windows that overlap by twice the margin or more."""
    count = max(1, -(-(length - 2 * margin) // (window - 2 * margin)))
    starts = [round(i * (length - window) / max(1, count - 1)) for i in range(count)]
    cuts = [0, *((a + b + window) // 2 for a, b in pairwise(starts)), length]
    return [Span(s, a, b) for s, a, b in zip(starts, cuts, cuts[1:], strict=False)]


def over_windows(
    planes: Mapping[str, Floats],
    run: Callable[[Mapping[str, Floats]], Floats],
    *,
    window: int,
    margin: int,
    threads: int = 1,
) -> Floats:
    """Run a network, called like a `Network`, over its inputs (h, w, channels) and return (h, w, c).

    The network sees windows whose sides are multiples of 32, at most `window`; they overlap by `margin` on
    each side. Small photos are mirrored up to 64 pixels a side.
    """
    height, width = next(iter(planes.values())).shape[:2]
    sides = [_padded(length) for length in (height, width)]
    padded = {name: _mirrored(plane, sides[0], sides[1]) for name, plane in planes.items()}
    wide = [min(window, side) for side in sides]
    places = [
        (rows, columns)
        for rows in spans(sides[0], wide[0], min(margin, wide[0] // 4))
        for columns in spans(sides[1], wide[1], min(margin, wide[1] // 4))
    ]

    def one(place: tuple[Span, Span]) -> Floats:
        rows, columns = place
        window = slice(rows.start, rows.start + wide[0]), slice(columns.start, columns.start + wide[1])
        parts = {name: plane[window].transpose(2, 0, 1)[None] for name, plane in padded.items()}
        answer = run({name: np.ascontiguousarray(part) for name, part in parts.items()})[0]
        kept = answer[:, rows.begin - rows.start : rows.end - rows.start,
                      columns.begin - columns.start : columns.end - columns.start]  # fmt: skip
        return np.asarray(kept.transpose(1, 2, 0), np.float32)

    result: Floats | None = None
    for (rows, columns), answer in zip(places, _mapped(one, places, threads), strict=True):
        if result is None:
            result = np.empty((sides[0], sides[1], answer.shape[2]), np.float32)
        result[rows.begin : rows.end, columns.begin : columns.end] = answer
    assert result is not None
    return result[:height, :width]


def _padded(length: int) -> int:
    return max(2 * MULTIPLE, -(-length // MULTIPLE) * MULTIPLE)


def _mirrored(planes: Floats, height: int, width: int) -> Floats:
    missing = ((0, height - planes.shape[0]), (0, width - planes.shape[1]), (0, 0))
    if (height, width) == planes.shape[:2]:
        return planes
    return np.pad(planes, missing, mode="symmetric")


def _mapped(
    one: Callable[[tuple[Span, Span]], Floats], places: list[tuple[Span, Span]], threads: int
) -> Iterator[Floats]:
    if threads == 1 or len(places) == 1:
        yield from map(one, places)
        return
    with ThreadPoolExecutor(min(threads, len(places)), "detect") as pool:
        yield from pool.map(one, places)
