"""Files that are never half written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from inpaint_cli.errors import UsageError


def write_bytes(file: Path, data: bytes) -> None:
    """Make the folder, write beside the target, sync, rename.

    A kill at any moment leaves the old file or the new one, whole. Raises UsageError, naming the file, where
    it can't be written.
    """
    temporary = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise UsageError(
            f"{file} can't be written ({error.strerror}); make room or choose another with -o"
        ) from error
