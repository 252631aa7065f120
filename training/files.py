"""Files that are never half written."""

from __future__ import annotations

from pathlib import Path

from inpaint_cli.errors import UsageError
from inpaint_cli.replacing import replacing, sweep


def write_bytes(file: Path, data: bytes) -> None:
    """Make the folder, remove what a kill left in it, and write the file, see `replacing`.

    A kill at any moment leaves the old file or the new one, whole. Raises UsageError, naming the file, where
    it can't be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        sweep([file.parent])
        with replacing(file) as handle:
            handle.write(data)
    except OSError as error:
        raise UsageError(
            f"{file} can't be written ({error.strerror}); make room or choose another with -o"
        ) from error
