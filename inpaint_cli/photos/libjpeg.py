"""DCT coefficients of a JPEG, read and written by the libjpeg builds that the package `jpeglib` carries.

jpeglib's own Python layer decodes each file three times, keeps markers in C globals (not safe between
threads), loses the order of segments and can't write progressive files. Its C functions do all that is needed
here, so they are called directly: libjpeg-turbo for sequential files, mozjpeg (whose default is progressive)
for progressive ones.
"""

from __future__ import annotations

import ctypes
import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_short, c_ubyte, c_uint, c_ushort, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import edge
from inpaint_cli.photos.silence import native_stderr_silenced

Plane = npt.NDArray[np.int16]

_SEQUENTIAL = "turbo210"
_PROGRESSIVE = "mozjpeg403"
_OPTIMIZE_CODING = 1 << 6
_ALL_SET = 0xFFFFFFFF
_COMPONENTS = 4
_TABLE = 64
_LIBRARY_SUFFIXES = frozenset({".so", ".dll", ".pyd", ".dylib"})


class LibjpegError(ValueError):
    """libjpeg refused the file."""


def read_coefficients(jpeg: bytes, blocks: Sequence[tuple[int, int]]) -> list[Plane]:
    """Return each component's quantised coefficients: (rows, columns, 64) int16 in natural, not zigzag order.

    blocks: rows and columns of 8x8 blocks of each component (1 or 3), ceil(height * v / (v_max * 8)) and
    likewise wide, which must be right, since C code fills arrays of that size. Raises LibjpegError,
    MemoryError, PhotoError where jpeglib itself can't be used.
    """
    planes = [np.zeros((rows, columns, _TABLE), np.int16) for rows, columns in blocks]
    tables = (c_ushort * (_TABLE * _COMPONENTS))()
    assignment = (c_short * _COMPONENTS)()
    with _memory_file(jpeg) as source, native_stderr_silenced():
        ctypes.set_errno(0)
        done = _library(_SEQUENTIAL).read_jpeg_dct(source, *_pointers(planes), tables, assignment)
        _check(done, "libjpeg can't read its coefficients")
    return planes


def write_coefficients(
    jpeg: bytes,
    planes: Sequence[Plane],
    *,
    size: tuple[int, int],
    colour_space: int,
    progressive: bool,
) -> bytes:
    """Return a JPEG with the tables and sampling of `jpeg` and other coefficients, Huffman coding optimised.

    planes: as from `read_coefficients`; size: height and width; colour_space: libjpeg's number (1 grey, 2
    RGB, 3 YCbCr). Application segments, comments and restart intervals are not carried over. Raises
    LibjpegError, MemoryError, OSError where there is no room for it, PhotoError where jpeglib itself can't be
    used.
    """
    library = _library(_PROGRESSIVE if progressive else _SEQUENTIAL)
    dimensions = (c_int * 2)(*size)
    with _memory_file(jpeg) as source, _memory_file(b"") as target, native_stderr_silenced():
        ctypes.set_errno(0)
        done = library.write_jpeg_dct(
            source, target, *_pointers(planes), dimensions, None, None, colour_space, len(planes),
            None, -1, None, 0, None, None, None, _OPTIMIZE_CODING, _ALL_SET,
        )  # fmt: skip
        _check(done, "libjpeg can't write its coefficients")
        return Path(os.fsdecode(target)).read_bytes()


def _check(done: int, failure: str) -> None:
    """Raise what kept libjpeg from its work, where it is not done: what the system lacks, or the file."""
    if done:
        return
    reason = ctypes.get_errno()  # libjpeg itself tells nothing but that it failed
    if reason == errno.ENOMEM:
        raise MemoryError(failure)
    if reason in edge.NO_ROOM:
        raise OSError(reason, os.strerror(reason))
    raise LibjpegError(failure)


@cache
def _library(version: str) -> ctypes.CDLL:
    """Load one of jpeglib's libraries, with the types of its functions (jpeglib 1.0, cjpeglib_dct.cpp).

    Raises PhotoError where it is not there or can't be loaded: no fault of any file's.
    """
    path = _library_path(version)
    try:
        library = ctypes.CDLL(str(path), use_errno=True)
    except OSError as error:
        raise _unusable(f"has a library that can't be loaded ({error})") from error
    planes = [c_void_p] * _COMPONENTS
    library.read_jpeg_dct.argtypes = [c_char_p, *planes, POINTER(c_ushort), POINTER(c_short)]
    library.write_jpeg_dct.argtypes = [
        c_char_p, c_char_p, *planes, POINTER(c_int), POINTER(c_int), POINTER(c_int), c_int, c_int,
        POINTER(c_ushort), c_short, POINTER(c_short), c_int, POINTER(c_int), POINTER(c_int), POINTER(c_ubyte),
        c_uint, c_uint,
    ]  # fmt: skip
    return library


def _library_path(version: str) -> Path:
    """Find the file without importing jpeglib, which would take a tenth of a second."""
    package = find_spec("jpeglib")
    if package is None or package.origin is None:
        raise _unusable("is not installed")
    files = sorted((Path(package.origin).parent / "cjpeglib").glob(f"cjpeglib_{version}.*"))
    found = next((file for file in files if file.suffix in _LIBRARY_SUFFIXES), None)
    if found is None:
        raise _unusable(f"lacks its library {version}")
    return found


def _unusable(why: str) -> PhotoError:
    return PhotoError(
        f"the package jpeglib, which JPEGs are restored with, {why};"
        " pip install --force-reinstall 'jpeglib>=1.0.2,<1.1'"
    )


def _pointers(planes: Sequence[Plane]) -> list[c_void_p | None]:
    pointers: list[c_void_p | None] = [c_void_p(plane.ctypes.data) for plane in planes]
    return pointers + [None] * (_COMPONENTS - len(planes))


@contextmanager
def _memory_file(data: bytes) -> Iterator[bytes]:
    """Yield a path that C code can open, in memory where the system has that."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("inpaint-cli")
        try:
            with os.fdopen(os.dup(handle), "wb") as file:
                file.write(data)
            yield f"/proc/self/fd/{handle}".encode()
        finally:
            os.close(handle)
        return
    with tempfile.TemporaryDirectory(prefix="inpaint-cli-") as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(data)
        yield os.fsencode(path)
