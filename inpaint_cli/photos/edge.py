"""The edge to foreign libraries: their exceptions become ours, and what they print stays silent."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from inpaint_cli.errors import DecompressionBombError, InpaintError, PhotoError
from inpaint_cli.photos.silence import native_stderr_silenced

# Not catch_warnings, which is not safe between threads; and without a handler logging prints by itself.
warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def foreign_errors(name: str, doing: str) -> Iterator[None]:
    """Translate whatever a codec raises on strange bytes into one PhotoError that names the file."""
    try:
        with native_stderr_silenced():
            yield
    except InpaintError:
        raise
    except MemoryError as error:
        raise PhotoError(f"{name}: not enough memory; lower --jobs or --max-pixels") from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PhotoError(f"{name}: can't be {doing}, the file may be damaged ({reason})") from error


def check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    """Refuse, before anything is decoded, a photo that is empty or has more than `max_pixels`."""
    if width < 1 or height < 1:
        raise PhotoError(f"{name}: the photo is {width}x{height}, there is nothing in it")
    if width * height > max_pixels:
        raise DecompressionBombError(
            f"{name}: {width}x{height} is {_millions(width * height)} megapixels, more than the "
            f"{_millions(max_pixels)} allowed; raise --max-pixels if you trust the file"
        )


def _millions(pixels: int) -> str:
    return f"{pixels / 1e6:.0f}" if pixels >= 10_000_000 else f"{pixels / 1e6:.2f}"
