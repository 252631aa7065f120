"""Masks as files: white is damage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageSequence
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from inpaint_cli.errors import MaskError, PhotoError, UnsupportedPhotoError
from inpaint_cli.limits import DEFAULT_MAX_PIXELS
from inpaint_cli.photos import edge, pillow
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.photo import Bools, Page
from inpaint_cli.photos.read import decode_photo, read_bytes
from inpaint_cli.photos.tiff_tags import Tag

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_PLUGINS: dict[str, pillow.Plugin] = {"TIFF": TiffImageFile, "JPEG": JpegImageFile}
_REDUCED = 1
_BLACK, _WHITE = 32 / 255, 223 / 255
_MOST_BETWEEN = 0.5
"""Share of a mask's pixels that may lie between black and white: soft edges do, but hardly half of a mask.

Of 300 photos, 9 have no larger one.
"""


def read_mask(path: Path) -> Bools:
    """Return (h, w) True = damaged, as seen (EXIF orientation applied), from any picture that holds one page.

    White is damage: a pixel counts where its grey value (ITU-R 601 luma of RGB) is more than 127 of 255 (more
    than half of the range for 16 bits), after transparent parts were laid over black. Raises MaskError.
    """
    pages = read_mask_pages(path)
    if len(pages) != 1:
        raise MaskError(f"{path}: the mask holds {len(pages)} pages, the photo has one")
    return pages[0]


def read_mask_pages(
    path: Path, *, invert: bool = False, max_pixels: int = DEFAULT_MAX_PIXELS
) -> tuple[Bools, ...]:
    """Return one mask per page of a (TIFF) file; see `read_mask`. `invert`: black is damage.

    Raises MaskError.
    """
    try:
        data = read_bytes(path)
        return decode_mask(data, name=str(path), invert=invert, max_pixels=max_pixels)
    except PhotoError as error:
        raise MaskError(f"mask {error}") from error


def encode_mask(pages: Sequence[Bools], suffix: str) -> bytes:
    """Encode masks, (h, w) True = damaged, as a picture in which white is damage.

    suffix: .tif for TIFF, else it is a PNG. Raises MaskError for several pages that are to be a PNG.
    """
    pictures = [Image.fromarray(mask.astype(np.uint8) * 255) for mask in pages]
    file = BytesIO()
    if suffix == ".tif":
        pictures[0].save(
            file, "TIFF", save_all=True, append_images=pictures[1:], compression="tiff_adobe_deflate"
        )
    elif len(pictures) == 1:
        pictures[0].save(file, "PNG", optimize=True)
    else:
        raise MaskError(f"has {len(pictures)} pages, and its mask can't be a PNG; give it a .tif suffix")
    return file.getvalue()


def decode_mask(
    data: bytes, *, name: str, invert: bool = False, max_pixels: int = DEFAULT_MAX_PIXELS
) -> tuple[Bools, ...]:
    """Decode a mask from memory; see `read_mask_pages`. Raises MaskError."""
    try:
        pages = _pages(data, name, max_pixels)
    except PhotoError as error:
        raise MaskError(f"mask {error}") from error
    return tuple(_damaged(page, name, invert) for page in pages)


def _pages(data: bytes, name: str, max_pixels: int) -> tuple[Page, ...]:
    """Decode as a photo, or by Pillow for kinds that only a mask may have (1-bit TIFF, CMYK...).

    `max_pixels` holds for all pages together.
    """
    try:
        return decode_photo(data, name=name, max_pixels=max_pixels).pages
    except UnsupportedPhotoError:
        plugin = _PLUGINS.get(sniff(data) or "")
        if plugin is None:
            raise
    with edge.foreign_errors(name, "decoded"):
        picture = plugin(BytesIO(data))
        edge.check_sizes(name, [frame.size for frame in _frames(picture)], max_pixels)
        return tuple(_page(frame, name) for frame in _frames(picture))


def _frames(picture: Any) -> Iterator[Any]:
    """Yield the picture once per page, turned to it and not decoded yet; thumbnails are no pages."""
    single = getattr(picture, "n_frames", 1) == 1
    frame: Any
    for frame in ImageSequence.Iterator(picture):
        if single or not frame.tag_v2.get(Tag.SUBFILE_TYPE, 0) & _REDUCED:
            yield frame


def _page(picture: Any, name: str) -> Page:
    """Decode one page, upright. Raises UnsupportedPhotoError where its range is not known."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        raise UnsupportedPhotoError(
            f"{name}: this kind of picture can't be a mask; use an 8-bit PNG, or a TIFF of 8-bit pages"
        )
    upright = pillow.upright(picture)
    if not upright.has_transparency_data and upright.mode != "RGBa":
        return Page(np.array(upright.convert("L"))[..., None])
    layer = np.array(upright.convert("RGBA"))
    return Page(layer[..., :3], layer[..., 3])


def _damaged(page: Page, name: str, invert: bool) -> Bools:
    """Return where a page marks damage. Raises MaskError where it has marks and none counts, and for a photo.

    What has marks: one whose grey, or whose alpha alone (black strokes on a transparent layer), varies.
    """
    top = np.float32(np.iinfo(page.pixels.dtype).max)
    grey = page.pixels[..., 0] if page.pixels.shape[2] == 1 else page.pixels @ _LUMA
    if page.alpha is not None:
        grey = grey * (page.alpha / top)
    between = np.count_nonzero((grey > _BLACK * top) & (grey < _WHITE * top))
    if between > _MOST_BETWEEN * grey.size and _varies(grey):
        raise MaskError(
            f"mask {name}: looks like a photo: {between / grey.size:.0%} of it is neither black nor white;"
            " give a mask, white where the photo is damaged"
        )
    whole = grey if np.issubdtype(grey.dtype, np.integer) else np.rint(grey)
    white: Bools = np.asarray(whole >= (top + 1) / 2, np.bool_)
    damaged = ~white if invert else white
    layered = page.alpha is not None and _varies(page.alpha)
    if not damaged.any() and (layered or _varies(grey)):
        colour, other, nearest = ("black", "white", grey.min()) if invert else ("white", "black", grey.max())
        unmarked = f"; if nothing is damaged, give it a {other} background" if layered else ""
        raise MaskError(
            f"mask {name}: has marks, but none counts: the nearest to {colour}, which is damage, is"
            f" {nearest / top * 255:.0f} of 255; draw them {colour}{unmarked}"
        )
    return damaged


def _varies(values: npt.NDArray[Any]) -> bool:
    return bool(values.min() < values.max())
