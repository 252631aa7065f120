"""Small pictures of one photo for the page: the whole, and its most telling spot at 100 %."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from inpaint_cli.batch.damage import Bools, Pixels
from inpaint_cli.depth import eight_bits
from inpaint_cli.photos import Page

Bytes8 = npt.NDArray[np.uint8]

WHOLE_SIDE = 448
SPOT_SIDE = 256
MOST_BYTES = 12_000
"""A picture is compressed harder, then made smaller, until it fits."""

_QUALITIES = (78, 60, 42)
_HOPELESS = 2 * MOST_BYTES

MASK_COLOUR = (255, 32, 110)
_CELL = 16
_JPEG_NOISE = 12 / 255
"""A block that is coded anew also moves its intact pixels a little."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Before, after and mask of the same part of a photo, as data URIs; None where there is none.

    left, top, width, height: which part of the photo, each as a share 0..1 of it.
    pixels: width and height in which to show it.
    """

    before: str
    after: str | None
    mask: str | None
    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    pixels: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "before": self.before,
            "after": self.after,
            "mask": self.mask,
            "box": [round(share, 5) for share in (self.left, self.top, self.width, self.height)],
            "pixels": list(self.pixels),
        }


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """What the page shows of one photo.

    spot: where most is to be seen of the damage; None where nothing is, or where `whole` is at 100 %.
    page, pages: which page of the photo it is, from 1.
    compared: the mask is where before and after differ, because the mask itself is not known.
    """

    whole: Look
    spot: Look | None = None
    page: int = 1
    pages: int = 1
    compared: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "whole": self.whole.to_dict(),
            "spot": None if self.spot is None else self.spot.to_dict(),
            "page": self.page,
            "pages": self.pages,
            "compared": self.compared,
        }


def make_pictures(
    before: Sequence[Page],
    after: Sequence[Page] | None,
    masks: Sequence[Bools] | None,
    *,
    lossy: bool = False,
) -> Pictures:
    """Picture the most damaged page.

    before, after: pages as seen; after is None where there is no result, and left out where its pages are of
    another size. masks: (h, w) each, True = damaged; None where unknown: then it is where before and after
    differ. lossy: small differences are only noise of the format.
    """
    if after is not None and [page.shape for page in after] != [page.shape for page in before]:
        after = None
    compared = masks is None and after is not None
    if masks is None and after is not None:
        masks = [_changes(*pair, lossy) for pair in zip(before, after, strict=True)]
    if masks is not None and [mask.shape for mask in masks] != [page.shape for page in before]:
        masks = None
    number = 0 if masks is None else int(np.argmax([mask.mean() for mask in masks]))
    page = before[number]
    result = None if after is None else after[number]
    mask = None if masks is None or not masks[number].any() else masks[number]
    return Pictures(
        whole=_whole(page, result, mask),
        spot=_spot(page, result, mask),
        page=number + 1,
        pages=len(before),
        compared=compared,
    )


def telling_spot(mask: Bools) -> tuple[int, int]:
    """Return top and left of the square of SPOT_SIDE that has about as much damage as intact picture in it.

    So a filled hole is seen with what surrounds it, also where the hole is larger than the square.
    """
    height, width = mask.shape
    counts = np.add.reduceat(mask, np.arange(0, height, _CELL), axis=0, dtype=np.uint32)
    counts = np.add.reduceat(counts, np.arange(0, width, _CELL), axis=1)
    total = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1), np.int64)
    total[1:, 1:] = counts.cumsum(0).cumsum(1)
    rows, columns = (max(1, min(SPOT_SIDE // _CELL, cells)) for cells in counts.shape)
    damaged = (
        total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
    )
    score = damaged * (rows * columns * _CELL * _CELL - damaged)
    best = np.argwhere(score == score.max())
    middle = best[np.abs(best - best.mean(0)).sum(1).argmin()]
    top, left = (int(cell) * _CELL for cell in middle)
    return max(0, min(top, height - SPOT_SIDE)), max(0, min(left, width - SPOT_SIDE))


def _whole(page: Page, after: Page | None, mask: Bools | None) -> Look:
    height, width = page.shape
    scale = min(1.0, WHOLE_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return Look(
        before=_photo_uri(_small(page, size)),
        after=None if after is None else _photo_uri(_small(after, size)),
        mask=None if mask is None else _mask_uri(_shrunk(mask, (size[1], size[0]))),
        pixels=size,
    )


def _spot(page: Page, after: Page | None, mask: Bools | None) -> Look | None:
    height, width = page.shape
    if mask is None or max(height, width) <= WHOLE_SIDE:
        return None
    top, left = telling_spot(mask)
    rows, columns = slice(top, top + SPOT_SIDE), slice(left, left + SPOT_SIDE)
    cut = mask[rows, columns]
    return Look(
        before=_photo_uri(_bytes(_cut(page, rows, columns))),
        after=None if after is None else _photo_uri(_bytes(_cut(after, rows, columns))),
        mask=_mask_uri(cut),
        left=left / width,
        top=top / height,
        width=cut.shape[1] / width,
        height=cut.shape[0] / height,
        pixels=(cut.shape[1], cut.shape[0]),
    )


def _cut(page: Page, rows: slice, columns: slice) -> Page:
    alpha = None if page.alpha is None else page.alpha[rows, columns]
    return Page(page.pixels[rows, columns], alpha)


def _small(page: Page, size: tuple[int, int]) -> Bytes8:
    """Return (h, w, 1|3|4) of width and height `size`."""
    pixels = _resize(page.pixels, size).reshape(size[1], size[0], page.pixels.shape[2])
    alpha = None if page.alpha is None else _resize(page.alpha, size)
    return _bytes(Page(pixels, alpha))


def _resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    small = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    return cast(Pixels, small)


def _shrunk(mask: Bools, shape: tuple[int, int]) -> Bools:
    """Scale a mask down to (h, w); a pixel is damaged if any pixel under it is, so scratches stay seen."""
    for axis, (have, want) in enumerate(zip(mask.shape, shape, strict=True)):
        mask = np.logical_or.reduceat(mask, np.arange(want) * have // want, axis=axis)
    return mask


def _bytes(page: Page) -> Bytes8:
    """Return (h, w, 1|3|4) in 8 bits, with the alpha channel where the page has one."""
    pixels = eight_bits(page.pixels)
    if page.alpha is None:
        return pixels
    return np.concatenate([pixels] * (3 // pixels.shape[2]) + [eight_bits(page.alpha)[..., None]], axis=2)


def _changes(before: Page, after: Page, lossy: bool) -> Bools:
    """Say where a page differs from its restored self; (h, w)."""
    if before.pixels.dtype != after.pixels.dtype or before.pixels.shape != after.pixels.shape:
        return np.zeros(before.shape, np.bool_)
    least = np.iinfo(before.pixels.dtype).max * _JPEG_NOISE if lossy else 0
    apart = cv2.absdiff(before.pixels, after.pixels).reshape(before.pixels.shape) > least
    return cast(Bools, apart.any(axis=2))


def _photo_uri(pixels: Bytes8) -> str:
    """Compress (h, w, 1|3|4) to at most MOST_BYTES."""
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    while True:
        for quality in _QUALITIES:
            data = BytesIO()
            picture.save(data, "WEBP", quality=quality, method=2)
            if data.tell() <= MOST_BYTES:
                return _uri("webp", data)
            if data.tell() > _HOPELESS:
                break
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))


def _mask_uri(mask: Bools) -> str:
    """Draw (h, w) in one colour, transparent where nothing is damaged."""
    picture = Image.fromarray(mask.astype(np.uint8), "P")
    picture.putpalette(bytes((0, 0, 0, *MASK_COLOUR)))
    data = BytesIO()
    picture.save(data, "PNG", transparency=0, bits=1, optimize=True)
    return _uri("png", data)


def _uri(kind: str, data: BytesIO) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data.getvalue()).decode()}"
