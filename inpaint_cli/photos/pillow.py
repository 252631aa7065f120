"""Decode with a Pillow plugin that is chosen by us, without Pillow's global pixel limit."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import ImageOps
from PIL.ImageFile import ImageFile

from inpaint_cli.photos import edge

Plugin = Callable[[IO[bytes]], ImageFile]
_XMP = ("xmp", "XML:com.adobe.xmp")
"""Where Pillow keeps an XMP packet."""


def open_with(plugin: Plugin, data: bytes, *, name: str, max_pixels: int) -> ImageFile:
    """Read the header of `data`; nothing is decoded yet. Raises PhotoError, DecompressionBombError."""
    with edge.foreign_errors(name, "read"):
        picture = plugin(BytesIO(data))
        edge.check_size(name, picture.width, picture.height, max_pixels)
        return picture


def upright(picture: Any) -> Any:
    """Return `picture` as its EXIF says that it is seen; decodes it.

    Pillow by itself also turns what only XMP wants turned: most programs don't follow that, and those that
    turn the pixels themselves often leave it behind.
    """
    for key in _XMP:
        picture.info.pop(key, None)
    return ImageOps.exif_transpose(picture)


def to_array(picture: Any, *, name: str) -> npt.NDArray[np.uint8]:
    """Decode `picture` into (h, w) or (h, w, channels) uint8. Raises PhotoError."""
    with edge.foreign_errors(name, "decoded"):
        picture.load()
        return np.array(picture, dtype=np.uint8)
