"""The masks of one photo, page by page: given as a file, drawn by transparency, or found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inpaint_cli.detection import Detector, combine_masks, find_transparency
from inpaint_cli.errors import MaskError
from inpaint_cli.limits import DEFAULT_MAX_DAMAGE, DEFAULT_MAX_PIXELS
from inpaint_cli.photos import Page, Photo, decode_mask

Bools = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

ALIKE = 0.02
"""Share of a side by which a mask's shape may differ from the photo's to be taken for the same view."""


@dataclass(frozen=True, kw_only=True)
class MaskSettings:
    """How masks are read, and when they are refused.

    max_damage: a photo of which a larger share (0..1) would be restored is refused, see `check_share`.
    mode: how a given mask and found damage are combined, see `detection.combine_masks`.
    """

    invert: bool = False
    resize: bool = False
    max_damage: float = DEFAULT_MAX_DAMAGE
    max_pixels: int = DEFAULT_MAX_PIXELS
    mode: str = "only"


@dataclass(frozen=True)
class Damage:
    """What is damaged in each page of a photo, (h, w) bool each, and where that is known from."""

    masks: tuple[Bools, ...]
    source: str

    @property
    def coverage(self) -> float:
        """Damaged share of all pages, 0..1."""
        return sum(int(mask.sum()) for mask in self.masks) / sum(mask.size for mask in self.masks)


def given_damage(photo: Photo, data: bytes, name: str, settings: MaskSettings) -> Damage:
    """Decode the masks of all pages from a file's bytes, as large as the photo is seen. Raises MaskError."""
    masks = decode_mask(data, name=name, invert=settings.invert, max_pixels=settings.max_pixels)
    if len(masks) != len(photo.pages):
        pages = "1 page" if len(masks) == 1 else f"{len(masks)} pages"
        raise MaskError(f"{name}: has {pages}, the photo has {len(photo.pages)}")
    sized = (_sized(mask, page.shape, name, settings) for mask, page in zip(masks, photo.pages, strict=True))
    return Damage(tuple(sized), "file")


def transparent(photo: Photo) -> tuple[Bools, ...] | None:
    """Where each page is transparent enough to count as damaged (h, w); None where no page is."""
    holes = tuple(
        np.zeros(page.shape, np.bool_) if page.alpha is None else find_transparency(page.alpha)
        for page in photo.pages
    )
    return holes if any(hole.any() for hole in holes) else None


def hidden(page: Page) -> Bools | None:
    """Where nobody sees the page's colours (h, w), which may then be any; None where all of it is seen.

    A page that is transparent everywhere says nothing by that, as in `find_transparency`: all of it counts.
    """
    unseen = None if page.alpha is None else page.alpha == 0
    return None if unseen is None or unseen.all() or not unseen.any() else unseen


def find_damage(photo: Photo, detector: Detector | None) -> Damage:
    """Take transparent pixels where the photo has them, else what the detector finds. Raises MaskError."""
    holes = transparent(photo)
    return detected(photo, detector) if holes is None else Damage(holes, "alpha")


def detected(photo: Photo, detector: Detector | None) -> Damage:
    """Take what the detector finds in what is seen of the photo. Raises MaskError where there is none."""
    if detector is None:
        raise MaskError("no mask was given for it and there is no detector")
    return Damage(tuple(_detected(page, detector) for page in photo.pages), detector.name)


def _detected(page: Page, detector: Detector) -> Bools:
    """Find damage in what is seen of a page: the rest is one plain colour, as a border may be."""
    unseen = hidden(page)
    if unseen is None:
        return detector.find(page.pixels).mask
    shown = page.pixels.copy()
    shown[unseen] = shown[~unseen].mean(axis=0)
    return detector.find(shown).mask & ~unseen


def combined(given: Damage, found: Damage, mode: str) -> Damage:
    """Join a given mask and found damage, page by page; `mode` is "union" or "subtract"."""
    masks = tuple(combine_masks(g, f, mode) for g, f in zip(given.masks, found.masks, strict=True))
    return Damage(masks, f"{given.source} {mode} {found.source}")


def check_share(damage: Damage, mask: Path | None, settings: MaskSettings) -> None:
    """Raise MaskError for what would restore a larger share of a photo than `max_damage`.

    mask: the file that says what is damaged, None where it was found.
    """
    if damage.coverage <= settings.max_damage:
        return
    share = f"{damage.coverage:.0%} of it"
    if mask is not None and 1 - damage.coverage > settings.max_damage:  # no more would be right inverted
        raise MaskError(f"{mask}: {share} counts as damaged; raise --max-damage if that is right")
    if mask is not None:
        why, remedy = (
            ("is it inverted", "Try") if not settings.invert else ("is it not inverted", "Leave out")
        )
        raise MaskError(
            f"{mask}: {share} counts as damaged, {why}? "
            f"{remedy} --invert-mask, or raise --max-damage if that is right"
        )
    what = "transparent" if damage.source == "alpha" else "found to be damaged"
    raise MaskError(f"{share} is {what}; raise --max-damage if that is right")


def check_shapes(mask: tuple[int, ...], shape: tuple[int, int], name: str, *, resize: bool) -> None:
    """Raise MaskError where a mask does not fit, nor may be scaled to; both (h, w), as seen."""
    if mask == shape:
        return
    sizes = f"the mask is {mask[1]}x{mask[0]}, the photo is {shape[1]}x{shape[0]}"
    if not _are_alike(mask, shape):
        turned = _are_alike(mask[::-1], shape)
        why = "turn it as the photo is seen (EXIF orientation)" if turned else "both must be of one shape"
        raise MaskError(f"{name}: {sizes}; {why}")
    if not resize:
        raise MaskError(f"{name}: {sizes}; if it shows the same view, use --resize-mask")


def _sized(mask: Bools, shape: tuple[int, int], name: str, settings: MaskSettings) -> Bools:
    check_shapes(mask.shape, shape, name, resize=settings.resize)
    return mask if mask.shape == shape else resized(mask, shape)


def _are_alike(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Say whether one is the other at another scale, but for a pixel of the smaller or ALIKE of a side."""
    for length, across, its_length, its_across in ((*shape, *other), (*other, *shape)):
        expected = length * its_across / across
        if abs(expected - its_length) > max(1, its_across / across, ALIKE * its_length):
            return False
    return True


def resized(mask: Bools, shape: tuple[int, int]) -> Bools:
    """Scale a mask to (h, w); a pixel that covers any damaged pixel of the mask is damaged: lines survive."""
    rows, columns = (_spans(have, want) for have, want in zip(mask.shape, shape, strict=True))
    return _any_along(_any_along(mask, rows, 0), columns, 1)


def _spans(have: int, want: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the first and one past the last source index under each target index."""
    edges = np.arange(want + 1, dtype=np.int64)
    first = edges[:-1] * have // want
    end = np.maximum(-(-edges[1:] * have // want), first + 1)
    return first, end


def _any_along(mask: Bools, spans: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], axis: int) -> Bools:
    first, end = spans
    count = np.concatenate([np.zeros_like(np.take(mask, [0], axis), np.int64), np.cumsum(mask, axis)], axis)
    damaged: Bools = np.take(count, end, axis) > np.take(count, first, axis)
    return damaged
