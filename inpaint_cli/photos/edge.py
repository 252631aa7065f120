"""The edge to foreign libraries: their exceptions become ours, and what they print stays silent."""

from __future__ import annotations

import errno
import logging
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from inpaint_cli.errors import NO_MEMORY, DecompressionBombError, InpaintError, PhotoError
from inpaint_cli.photos.silence import native_stderr_silenced

# Not catch_warnings, which is not safe between threads; and without a handler logging prints by itself.
warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
logging.getLogger("PIL").addHandler(logging.NullHandler())

_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What the system lacks, whatever the file is like."""
NO_ROOM = frozenset({errno.EFBIG, errno.ENOSPC, errno.EDQUOT})
"""Why the file that libjpeg is to work on (see libjpeg.py) can't be written."""

CODEC_ERRORS = (ValueError, struct.error)
"""What our readers and writers let through of strange bytes, beside OSError; all else is a bug of ours."""


@contextmanager
def foreign_errors(
    name: str, doing: str, damage: tuple[type[Exception], ...] = (Exception,)
) -> Iterator[None]:
    """Translate what a codec raises on strange bytes into one PhotoError that names the file.

    damage: what tells of a damaged file, beside OSError. Of Pillow's plugins, which raise even KeyError and
    TypeError, that is anything; where code of ours runs inside as well, it is CODEC_ERRORS.
    """
    try:
        with native_stderr_silenced():
            yield
    except InpaintError:
        raise
    except MemoryError as error:
        raise PhotoError(f"{name}: {NO_MEMORY}") from error
    except OSError as error:
        if error.errno in _SHORTAGES:
            raise PhotoError(f"{name}: {error.strerror}; lower --jobs") from error
        if error.errno in NO_ROOM:
            raise PhotoError(f"{name}: can't be written: {error.strerror}") from error
        raise _damaged(name, doing, error) from error
    except damage as error:
        raise _damaged(name, doing, error) from error


def _damaged(name: str, doing: str, error: Exception) -> PhotoError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return PhotoError(f"{name}: can't be {doing}, the file may be damaged ({reason})")


def check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    """Refuse, before anything is decoded, a photo that is empty or has more than `max_pixels`.

    Raises PhotoError, DecompressionBombError.
    """
    if width < 1 or height < 1:
        raise PhotoError(f"{name}: the photo is {width}x{height}, there is nothing in it")
    if width * height > max_pixels:
        raise DecompressionBombError(
            f"{name}: {width}x{height} is {_millions(width * height)} megapixels, more than the "
            f"{_millions(max_pixels)} allowed; raise --max-pixels if you trust the file"
        )


def check_sizes(name: str, sizes: Sequence[tuple[int, int]], max_pixels: int) -> None:
    """Refuse as `check_size` any of several pages, (width, height) each, and all of them together.

    Raises what `check_size` raises.
    """
    for width, height in sizes:
        check_size(name, width, height, max_pixels)
    if len(sizes) > 1:
        check_size(name, sum(width * height for width, height in sizes), 1, max_pixels)


def _millions(pixels: int) -> str:
    return f"{pixels / 1e6:.0f}" if pixels >= 10_000_000 else f"{pixels / 1e6:.2f}"
