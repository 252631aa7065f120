"""What a photo is once it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Page:
    """One picture of a photo, as seen: the stored orientation is already applied.

    pixels: (h, w, 1) grey or (h, w, 3) RGB, uint8 or uint16, over the type's full range.
    alpha: (h, w) of the same type, 0 = transparent, or None where the photo has no transparency.
    others: how many more channels the file has, of another meaning (an infrared one), which it alone holds.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    others: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels, as seen."""
        return self.pixels.shape[0], self.pixels.shape[1]


@dataclass(frozen=True)
class PageKind:
    """What of a page shows without decoding it: whether its values have 16 bits; others as of `Page`."""

    deep: bool
    others: int = 0


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo file: its pages, and the original bytes that a later `encode_photo` keeps whole.

    format: "JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF", "AVIF" or "HEIF", decided by content, never by
    suffix.
    pages: one for most photos; a TIFF may hold several.
    source: the file's bytes. orientations: EXIF orientation 1..8 of each page as stored in the file.
    """

    format: str
    pages: tuple[Page, ...]
    name: str = field(default="photo", kw_only=True)
    source: bytes = field(default=b"", repr=False, kw_only=True)
    orientations: tuple[int, ...] = field(default=(1,), kw_only=True)


@dataclass(frozen=True, eq=False)
class StoredPage:
    """A page as the file stores it, before (after decoding) or without (before encoding) orientation."""

    pixels: Pixels
    alpha: Pixels | None = None
    orientation: int = 1
    others: int = 0


@dataclass(frozen=True, eq=False)
class Repair:
    """New pixels of one page for an encoder, in the file's stored orientation.

    pixels: (h, w, 1|3), equal to the original outside the mask; alpha: (h, w) or None; mask: (h, w), True =
    new.
    """

    pixels: Pixels
    alpha: Pixels | None
    mask: Bools
