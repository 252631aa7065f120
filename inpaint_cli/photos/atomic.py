"""Write a file so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path

from inpaint_cli.errors import PhotoError

_ORDINARY_FILE = 0o666


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` through a temporary file beside it: write, fsync, rename, fsync the folder.

    The folder must exist. A failure or interruption leaves `path` as it was and removes the temporary file (a
    kill -9 may leave a hidden `.inpaint-*.part`). Raises PhotoError.
    """
    try:
        refuse_what_is_no_file(path)
        _write_and_rename(path, data)
    except OSError as error:
        raise PhotoError(f"{path}: can't be written: {error.strerror or error}") from error


def refuse_what_is_no_file(path: Path) -> None:
    """Raise OSError where a rename would take a device, a pipe or a socket away; a link may be replaced."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise OSError(errno.EEXIST, "it is a folder, a pipe, a socket or a device, which is not replaced")


def _write_and_rename(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".inpaint-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_permissions(path))
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    _sync_folder(path.parent)


def _permissions(path: Path) -> int:
    """Keep those of a file that is replaced; mkstemp's 0600 would hide an archive from its readers."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return _ORDINARY_FILE & ~_umask()


def _umask() -> int:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("Umask:")[1].split()[0], 8)
    except (OSError, IndexError, ValueError):
        return 0o022


def _sync_folder(folder: Path) -> None:
    """Make the rename durable; some file systems and Windows can't sync a folder, which is no failure."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
