"""The files behind one outcome, read again to picture it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inpaint_cli.batch.damage import Bools, resized, transparent
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.page_thumbnails import Pictures, make_pictures
from inpaint_cli.errors import InpaintError
from inpaint_cli.limits import DEFAULT_MAX_PIXELS
from inpaint_cli.photos import Photo, read_mask_pages, read_photo

_LOSSY = frozenset({"JPEG", "WEBP", "AVIF", "HEIF"})


def pictures_of(
    outcome: Outcome,
    masks: Sequence[Bools] | None = None,
    *,
    invert_mask: bool = False,
    mask_mode: str = "only",
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Pictures | None:
    """Picture the photo, its mask and the result, as far as they can be read; None if the photo can't.

    masks: of each page, where the caller has them; else they are read from the mask's file or transparency,
    unless `mask_mode` says that the file isn't all: then before and after are compared.
    """
    photo = _photo(outcome.photo, max_pixels)
    if photo is None:
        return None
    after = None
    if outcome.status in ("restored", "skipped") and outcome.output is not None:
        after = _photo(outcome.output, max_pixels)
    if masks is None:
        masks = _masks(outcome, photo, invert_mask, mask_mode, max_pixels)
    lossy = after is not None and bool(_LOSSY & {photo.format, after.format})
    return make_pictures(photo.pages, None if after is None else after.pages, masks, lossy=lossy)


def _photo(path: Path, max_pixels: int) -> Photo | None:
    try:
        return read_photo(path, max_pixels=max_pixels)
    except InpaintError:
        return None  # the outcome says what is wrong with it


def _masks(
    outcome: Outcome, photo: Photo, invert: bool, mode: str, max_pixels: int
) -> Sequence[Bools] | None:
    if outcome.mask is None:
        return transparent(photo)
    if mode != "only":
        return None
    try:
        masks = read_mask_pages(outcome.mask, invert=invert, max_pixels=max_pixels)
    except InpaintError:
        return None
    if outcome.status == "failed" or len(masks) != len(photo.pages):
        return masks
    pages = zip(masks, photo.pages, strict=True)  # another size was fine with --resize-mask
    return [mask if mask.shape == page.shape else resized(mask, page.shape) for mask, page in pages]
