"""Write a photo: new pixels under the masks, and everything else as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from inpaint_cli.errors import UnsupportedPhotoError
from inpaint_cli.photos import bmp, edge, fresh, jpeg, png, readonly, tiff, webp
from inpaint_cli.photos.alpha import filled_alpha
from inpaint_cli.photos.formats import find_format
from inpaint_cli.photos.metadata import Metadata
from inpaint_cli.photos.orientation import as_stored
from inpaint_cli.photos.photo import Bools, Page, PageKind, Photo, Pixels, Repair, StoredPage

Encoder = Callable[[bytes, str, Sequence[Repair]], bytes]

_ENCODERS: dict[str, Encoder] = {
    "JPEG": jpeg.encode,
    "PNG": png.encode,
    "TIFF": tiff.encode,
    "WEBP": webp.encode,
    "BMP": bmp.encode,
}
_METADATA: dict[str, Callable[[bytes, str], Metadata]] = {
    "JPEG": jpeg.metadata,
    "PNG": png.metadata,
    "TIFF": tiff.metadata,
    "WEBP": webp.metadata,
    "BMP": bmp.metadata,
    "GIF": readonly.metadata,
    "AVIF": readonly.metadata,
    "HEIF": readonly.metadata,
}

_PAGE_KINDS: dict[str, Callable[[bytes, str], list[PageKind]]] = {
    "PNG": png.page_kinds,
    "TIFF": tiff.page_kinds,
}
"""Of the formats whose pages may have what others can't hold, beside transparency."""


def output_format(photo: Photo, wanted: str | None = None) -> str:
    """Return the format that `encode_photo(..., format=wanted)` writes, or refuse before any work is done.

    Raises UsageError for an unknown name; UnsupportedPhotoError where the format can't hold what the photo
    holds (half or more opaque, but not fully, in JPEG or BMP, 16 bits in JPEG, WebP or BMP, several pages or
    other channels in anything but TIFF, more metadata than a JPEG has room for), is only read, or would keep
    a TIFF's layers. Pixels that are more transparent than that may be filled under a mask: `encode_photo`
    refuses those that are not.
    """
    target = photo.format if wanted is None else find_format(wanted)
    if target == photo.format:
        check_kept(target, photo.source, name=photo.name)
    else:
        with edge.foreign_errors(photo.name, "read", edge.CODEC_ERRORS):
            kept = _METADATA[photo.format](photo.source, photo.name)
        fresh.check_fits(target, photo.pages, kept, photo.name)
    return target


def check_target(format_name: str, target: str, data: bytes, *, name: str) -> None:
    """Raise what `output_format` would of the header alone, as far as that shows.

    data: all of the file, as for `check_header`. target: the format that is to be written.
    """
    if target == format_name:
        check_kept(format_name, data, name=name)
    elif kinds := _PAGE_KINDS.get(format_name):
        fresh.check_kinds(target, kinds(data, name), name)


def check_kept(format_name: str, data: bytes, *, name: str) -> None:
    """Raise UnsupportedPhotoError for a photo whose format can't be kept: it is only read, or has layers.

    data: all of the file, as for `check_header`.
    """
    if format_name not in _ENCODERS:
        raise UnsupportedPhotoError(
            f"{name}: {format_name} can't be written without changing pixels outside the mask; "
            "use --format png"
        )
    if format_name == "TIFF":
        tiff.check_kept(data, name)


def encode_photo(
    photo: Photo, pages: Sequence[Pixels], masks: Sequence[Bools], *, format: str | None = None
) -> bytes:
    """Return the file with new `pages` under `masks`; everything else stays as the original file has it.

    pages: per page (h, w, 1|3) as seen, of the page's own shape and type; only values under its mask are
    taken.
    masks: per page (h, w), True = damaged. Transparent pixels under a mask become opaque; other alpha stays.
    format: a name of OUTPUT_FORMATS to convert to, None to keep the photo's own.

    With empty masks and the same format the result is `photo.source`. In every format but JPEG the output
    decodes to exactly the original values outside the mask and to exactly `pages` inside; in JPEG every block
    that the mask doesn't touch keeps its DCT coefficients. Metadata, profile, tables, tags and stored
    orientation are kept. Raises UnsupportedPhotoError (see `output_format`; also where pixels stay
    transparent and the format has no transparency), PhotoError; ValueError where shapes or types don't match.
    """
    _check_shapes(photo, pages, masks)
    target = output_format(photo, format)
    with edge.foreign_errors(photo.name, "encoded", edge.CODEC_ERRORS):
        if target != photo.format:
            return _convert(photo, target, pages, masks)
        if not any(mask.any() for mask in masks):
            return photo.source
        repairs = [
            _repair(page, pixels, mask, orientation)
            for page, pixels, mask, orientation in zip(
                photo.pages, pages, masks, photo.orientations, strict=True
            )
        ]
        return _ENCODERS[target](photo.source, photo.name, repairs)


def _check_shapes(photo: Photo, pages: Sequence[Pixels], masks: Sequence[Bools]) -> None:
    if not len(pages) == len(masks) == len(photo.pages):
        raise ValueError(f"{len(photo.pages)} pages, but {len(pages)} new ones and {len(masks)} masks")
    for page, pixels, mask in zip(photo.pages, pages, masks, strict=True):
        if pixels.shape != page.pixels.shape or pixels.dtype != page.pixels.dtype:
            raise ValueError(
                f"new pixels {pixels.shape} {pixels.dtype}, the page {page.pixels.shape} {page.pixels.dtype}"
            )
        if mask.shape != page.shape or mask.dtype != np.bool_:
            raise ValueError(f"the mask is {mask.shape} {mask.dtype}, the page {page.shape}")


def _composite(page: Page, pixels: Pixels, mask: Bools) -> Page:
    """Take new values under the mask only, whatever the caller passed outside."""
    composite = page.pixels.copy()
    composite[mask] = pixels[mask]
    return Page(composite, None if page.alpha is None else filled_alpha(page.alpha, mask))


def _repair(page: Page, pixels: Pixels, mask: Bools, orientation: int) -> Repair:
    new = _composite(page, pixels, mask)
    return Repair(
        as_stored(new.pixels, orientation),
        None if new.alpha is None else as_stored(new.alpha, orientation),
        as_stored(mask, orientation),
    )


def _convert(photo: Photo, target: str, pages: Sequence[Pixels], masks: Sequence[Bools]) -> bytes:
    """Write upright pixels in another format; the metadata goes along with its orientation set to upright."""
    composites = [
        _composite(page, pixels, mask) for page, pixels, mask in zip(photo.pages, pages, masks, strict=True)
    ]
    stored = [StoredPage(page.pixels, fresh.alpha_for(target, page.alpha, photo.name)) for page in composites]
    return fresh.encode(target, stored, _METADATA[photo.format](photo.source, photo.name))
