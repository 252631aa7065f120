"""Read a photo: bytes to pages as seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.limits import DEFAULT_MAX_PIXELS
from inpaint_cli.paths import refuse_endless
from inpaint_cli.photos import bmp, edge, jpeg, png, png_chunks, readonly, tiff, webp
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.orientation import as_seen
from inpaint_cli.photos.photo import Page, Photo, StoredPage

Decoder = Callable[[bytes, str, int], tuple[StoredPage, ...]]

_DECODERS: dict[str, Decoder] = {
    "JPEG": jpeg.decode,
    "PNG": png.decode,
    "TIFF": tiff.decode,
    "WEBP": webp.decode,
    "BMP": bmp.decode,
    "GIF": readonly.decode_gif,
    "AVIF": readonly.decode_avif,
    "HEIF": readonly.decode_heif,
}
_HEADER_CHECKS: dict[str, Callable[[bytes, str], object]] = {
    "JPEG": jpeg.parse,
    "PNG": png_chunks.check_header,
    "TIFF": tiff.page_kinds,
    "WEBP": webp.check_header,
    "GIF": readonly.check_header,
    "AVIF": readonly.check_header,
    "HEIF": readonly.check_header,
}
"""Of the formats whose headers tell of kinds that are refused."""


def read_photo(path: Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Photo:
    """Read the photo at `path`, whatever its suffix says; see `decode_photo`.

    Raises PhotoError for a file that can't be read, is empty, truncated or damaged, UnsupportedPhotoError for
    a kind that could not be kept whole, DecompressionBombError before decoding more than `max_pixels` in
    all pages together.
    """
    return decode_photo(read_bytes(path), name=str(path), max_pixels=max_pixels)


def read_bytes(path: Path) -> bytes:
    """Read a whole file. Raises PhotoError with the system's reason (absent, a folder, no permission...)."""
    with opened(path) as file:
        return file.read()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be read. Raises PhotoError, also for what the system says while it is read.

    What is no file is refused unread: a named pipe in a folder of photos would be waited for without end.
    """
    try:
        refuse_endless(path)
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise PhotoError(f"{path}: can't be read: {error.strerror or error}") from error


def known_format(data: bytes, *, name: str) -> str:
    """Return the format of a file by its first bytes. Raises PhotoError where it has none that is known."""
    if not data:
        raise PhotoError(f"{name}: the file is empty")
    format_name = sniff(data)
    if format_name is None:
        raise PhotoError(f"{name}: not a photo of a known kind ({', '.join(_DECODERS)})")
    return format_name


def check_header(data: bytes, format_name: str, *, name: str) -> None:
    """Raise what `decode_photo` would of the header alone, as far as that shows; no pixel is looked at.

    data: all of the file, of which little is read, so that it may be a map of it into memory.
    """
    if check := _HEADER_CHECKS.get(format_name):
        with edge.foreign_errors(name, "decoded", edge.CODEC_ERRORS):
            check(data, name)


def decode_photo(data: bytes, *, name: str, max_pixels: int = DEFAULT_MAX_PIXELS) -> Photo:
    """Decode a photo from memory; `name` stands for it in messages.

    Its pages are (h, w, 1|3) uint8 or uint16 as seen, alpha apart. Raises what `read_photo` raises.
    """
    format_name = known_format(data, name=name)
    with edge.foreign_errors(name, "decoded", edge.CODEC_ERRORS):
        stored = _DECODERS[format_name](data, name, max_pixels)
        pages = tuple(_seen(page) for page in stored)
    if not pages:
        raise UnsupportedPhotoError(f"{name}: the {format_name} file holds no picture")
    return Photo(
        format_name,
        pages,
        name=name,
        source=data,
        orientations=tuple(page.orientation for page in stored),
    )


def _seen(page: StoredPage) -> Page:
    alpha = None if page.alpha is None else as_seen(page.alpha, page.orientation)
    return Page(as_seen(page.pixels, page.orientation), alpha, page.others)
