"""Prove that a restored file changed nothing outside its mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inpaint_cli.errors import MaskError
from inpaint_cli.limits import DEFAULT_MAX_PIXELS
from inpaint_cli.photos import edge, jpeg, jpeg_blocks, jpeg_segments
from inpaint_cli.photos.orientation import as_stored
from inpaint_cli.photos.photo import Bools, Page, Photo, Pixels
from inpaint_cli.photos.read import decode_photo, read_bytes


@dataclass(frozen=True)
class Verification:
    """What a comparison of an original with its restored file found.

    changed_values: values (pixels x channels, and alpha) outside the mask that differ once both are decoded.
    For JPEG to JPEG: changed_blocks of the untouched_blocks (8x8 of each component) that the mask doesn't
    touch have other coefficients; the values that changed then lie in touched blocks or, through the
    decoder's smoothing of halved chroma, a pixel beside them. Both None for other formats.
    problem: why the files can't be compared at all (other size, pages, tables...), or None.
    """

    format: str
    changed_values: int
    changed_blocks: int | None = None
    untouched_blocks: int | None = None
    problem: str | None = None

    @property
    def kept(self) -> bool:
        """Whether the promise holds: no changed block in JPEG, no changed value in any other format."""
        if self.problem is not None:
            return False
        return (self.changed_values if self.changed_blocks is None else self.changed_blocks) == 0


def verify(
    original: bytes | Path,
    restored: bytes | Path,
    masks: Sequence[Bools],
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Verification:
    """Compare a photo with its restored file outside `masks`, one (h, w) per page, as seen.

    A file that the promise can't hold for (a JPEG written from another format) reports its changed values.
    Raises PhotoError where a file can't be read, MaskError where a mask doesn't fit the original.
    """
    before, after = _open(original, "original", max_pixels), _open(restored, "restored", max_pixels)
    _check_masks(before, masks)
    problem = _incomparable(before, after)
    if problem is not None:
        return Verification(after.format, 0, problem=problem)
    values = sum(
        _changed_values(old, new, mask)
        for old, new, mask in zip(before.pages, after.pages, masks, strict=True)
    )
    if before.format == after.format == "JPEG":
        return _verify_jpeg(before, after, masks[0], values)
    return Verification(after.format, values)


def _open(file: bytes | Path, name: str, max_pixels: int) -> Photo:
    data = read_bytes(file) if isinstance(file, Path) else file
    return decode_photo(data, name=str(file) if isinstance(file, Path) else name, max_pixels=max_pixels)


def _check_masks(photo: Photo, masks: Sequence[Bools]) -> None:
    if [mask.shape for mask in masks] != [page.shape for page in photo.pages]:
        raise MaskError(f"{photo.name}: the masks don't have the size of the photo's pages")


def _incomparable(before: Photo, after: Photo) -> str | None:
    if len(before.pages) != len(after.pages):
        return f"{len(before.pages)} pages became {len(after.pages)}"
    for old, new in zip(before.pages, after.pages, strict=True):
        if old.shape != new.shape:
            return f"{old.shape[1]}x{old.shape[0]} became {new.shape[1]}x{new.shape[0]}"
        if old.pixels.dtype != new.pixels.dtype:
            return f"{old.pixels.dtype} became {new.pixels.dtype}"
    return None


def _changed_values(old: Page, new: Page, mask: Bools) -> int:
    """Count values outside the mask that differ; grey is RGB of three same values, no alpha is opaque."""
    outside = ~mask
    changed = np.count_nonzero((old.pixels != new.pixels) & outside[..., None])
    if old.alpha is not None or new.alpha is not None:
        changed += np.count_nonzero((_alpha(old) != _alpha(new)) & outside)
    return int(changed)


def _alpha(page: Page) -> Pixels:
    if page.alpha is not None:
        return page.alpha
    opaque: Pixels = np.full(page.shape, np.iinfo(page.pixels.dtype).max, page.pixels.dtype)
    return opaque


def _verify_jpeg(before: Photo, after: Photo, mask: Bools, values: int) -> Verification:
    old, new = _coefficients(before), _coefficients(after)
    if old.frame.components != new.frame.components or before.orientations != after.orientations:
        return Verification("JPEG", values, problem="sampling or orientation changed")
    if any((a != b).any() for a, b in zip(old.tables, new.tables, strict=True)):
        return Verification("JPEG", values, problem="quantisation tables changed")
    stored = as_stored(mask, before.orientations[0])
    changed = untouched = 0
    for component, was, now in zip(old.frame.components, old.planes, new.planes, strict=True):
        shape = old.frame.blocks(component)
        free = ~jpeg_blocks.touched_blocks(stored, old.frame.factors(component), shape)
        untouched += int(free.sum())
        changed += int((was != now).any(axis=2)[free].sum())
    return Verification("JPEG", values, changed, untouched)


def _coefficients(photo: Photo) -> jpeg.Coefficients:
    with edge.foreign_errors(photo.name, "verified", edge.CODEC_ERRORS):
        file = jpeg.parse(photo.source, photo.name)
        end = jpeg_segments.end_of_picture(photo.source, file.scan, photo.name)
        return jpeg.read_coefficients(file, end, photo.name)
