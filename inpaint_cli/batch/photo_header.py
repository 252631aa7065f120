"""What a photo's header tells: its format, how large it is, and whether it is of a kind that is refused."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from PIL import Image
from PIL.ImageFile import ImageFile

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos.edge import foreign_errors
from inpaint_cli.photos.read import check_header, known_format, opened
from inpaint_cli.photos.readonly import heif_plugin

_START_BYTES = 256
_OF_ONE_PAGE = ("JPEG", "PNG", "WEBP", "BMP")

FormatCheck = Callable[[str, bytes, str], None]
"""Takes a photo's format, its file (of which little is read) and name; raises PhotoError."""


@dataclass(frozen=True)
class PhotoHeader:
    """What is known of a photo that was not decoded.

    format: as of `Photo`. size: width and height of the first page, None where the header doesn't tell.
    problem: why it will fail, "" where the header tells of nothing.
    """

    format: str
    size: tuple[int, int] | None
    problem: str = ""

    @property
    def shape(self) -> tuple[int, int] | None:
        """Height and width as stored, of a format that has no more than one page; EXIF may turn it."""
        return self.size[::-1] if self.size is not None and self.format in _OF_ONE_PAGE else None


def read_header(path: Path, check: FormatCheck | None = None) -> PhotoHeader:
    """Read the start of a photo.

    check: is asked whether it can be written as is wanted.
    Raises PhotoError as `read_bytes` and `decode_photo` do for a file that can't be read or is of no known
    kind, UnsupportedPhotoError for HEIC without the package that reads it.
    """
    with opened(path) as file:
        format_name = known_format(file.read(_START_BYTES), name=str(path))
        size = _size(file, format_name, str(path))
        return PhotoHeader(format_name, size, _problem(file, format_name, str(path), check))


def _size(file: BinaryIO, format_name: str, name: str) -> tuple[int, int] | None:
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


def _problem(file: BinaryIO, format_name: str, name: str, check: FormatCheck | None) -> str:
    data = _mapped(file)
    try:
        check_header(data, format_name, name=name)
        if check is not None:
            check(format_name, data, name)
    except PhotoError as error:
        return str(error)
    return ""


def _mapped(file: BinaryIO) -> bytes:
    """Return a file's content of which only the parts that are looked at are read, where the system can."""
    try:
        return cast(bytes, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError:
        file.seek(0)
        return file.read()


def _plugin(format_name: str, name: str) -> Callable[..., ImageFile] | None:
    """Return what reads headers of a format; of HEIC, Pillow alone knows nothing."""
    if format_name == "HEIF":
        return heif_plugin(name)
    Image.init()
    return Image.OPEN.get(format_name, (None, None))[0]
