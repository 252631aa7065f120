"""How large a photo is, from its header alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos.edge import foreign_errors
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.read import opened
from inpaint_cli.photos.readonly import heif_plugin

_START_BYTES = 256


def photo_size(path: Path) -> tuple[int, int] | None:
    """Return the width and height of the first page, None where the header doesn't tell.

    Raises PhotoError as `read_bytes` and `decode_photo` do for a file that can't be read or is empty,
    UnsupportedPhotoError for HEIC without the package that reads it.
    """
    with opened(path) as file:
        start = file.read(_START_BYTES)
        if not start:
            raise PhotoError(f"{path}: the file is empty")
        return _size(file, sniff(start), str(path))


def _size(file: BinaryIO, format_name: str | None, name: str) -> tuple[int, int] | None:
    """Look with one plugin: `Image.open` refuses what is larger than a limit of its own."""
    plugin = _plugin(format_name, name)
    if plugin is None:
        return None
    try:
        with foreign_errors(name, "read"):
            file.seek(0)
            with plugin(file, name) as picture:
                return picture.width, picture.height
    except PhotoError:
        return None


def _plugin(format_name: str | None, name: str) -> Callable[..., ImageFile] | None:
    """Return what reads headers of a format; of HEIC, Pillow alone knows nothing."""
    if format_name == "HEIF":
        return heif_plugin(name)
    Image.init()
    return Image.OPEN.get(format_name or "", (None, None))[0]
