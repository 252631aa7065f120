"""Put a file in its place whole or not at all, and clear away what a kill left of one.

Every file of ours comes about beside its place, under a name of its own that is locked while it is written:
what nobody holds the lock of was left by a run that was killed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PREFIX, SUFFIX = ".inpaint-", ".part"
"""How the names of temporary files begin and end, by which `sweep` knows them."""
_ORDINARY_FILE = 0o666


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Yield a temporary file beside `path`, to be written to; then sync it, rename it, sync the folder.

    mode: who may read and write a new file, less what the umask takes; None for everybody, execution for
    nobody. A file that is replaced keeps its own.
    The folder must exist. A failure or interruption leaves `path` as it was and removes the temporary file; a
    kill -9 may leave a hidden `.inpaint-*.part`, see `sweep`. Raises OSError, also where `path` is a folder,
    a pipe, a socket or a device.
    """
    refuse_what_is_no_file(path)
    handle, lock, temporary = _new_temporary(path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_permissions(path, _ORDINARY_FILE if mode is None else mode))
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    finally:
        lock.close()
    _sync_folder(path.parent)


def refuse_what_is_no_file(path: Path) -> None:
    """Raise OSError where a rename would take a device, a pipe or a socket away; a link may be replaced."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise OSError(errno.EEXIST, "it is a folder, a pipe, a socket or a device, which is not replaced")


def sweep(folders: Iterable[Path]) -> None:
    """Remove the temporary files of killed runs; without locks (Windows, some network drives) none."""
    for folder in folders:
        for leftover in _leftovers(folder):
            with contextlib.suppress(OSError):  # gone meanwhile, or not ours to clean
                _remove_unless_locked(leftover)


def _leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in a folder, none where it can't be read: it may not be there yet."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if _is_temporary(entry.name)]
    except OSError:
        return []


def _is_temporary(name: str) -> bool:
    return name.startswith(PREFIX) and name.endswith(SUFFIX)


def _remove_unless_locked(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        with contextlib.suppress(BlockingIOError):
            if lock_file(handle):
                file.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _new_temporary(folder: Path) -> tuple[int, IO[bytes], Path]:
    """Make a temporary file: return a handle to write it, the file that holds its lock, and its path.

    The lock has a handle of its own, since the file must be closed to be renamed; where there are no locks
    it is closed at once, for Windows renames nothing that is open. Another run may sweep a file away before
    it is locked; then another one is made.
    """
    while True:
        handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
        with contextlib.suppress(FileNotFoundError):
            lock = os.fdopen(os.open(name, os.O_RDONLY), "rb")
            with contextlib.suppress(BlockingIOError):
                if not lock_file(lock.fileno()):
                    lock.close()
                if os.path.lexists(name):
                    return handle, lock, Path(name)
            lock.close()
        os.close(handle)


def lock_file(handle: int) -> bool:
    """Take an open file's lock; False where there are none. Raises BlockingIOError where another has it."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except (ImportError, OSError):
        return False
    return True


def is_locked(file: Path) -> bool:
    """Say whether another program has a file's lock; False where that can't be known."""
    try:
        import fcntl

        with file.open("rb") as handle:
            # Shared, and given back at once: of two that only ask, neither takes the other for a writer.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False


def _permissions(path: Path, mode: int) -> int:
    """Keep those of a file that is replaced; mkstemp's 0600 would hide an archive from its readers."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return mode & _ORDINARY_FILE & ~_umask()


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
