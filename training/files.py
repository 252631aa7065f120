"""Files that are never half written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from inpaint_cli.errors import UsageError
from inpaint_cli.replacing import replacing, sweep


def write_bytes(file: Path, data: bytes) -> None:
    """Make the folder, remove what a kill left in it, and write the file, see `replacing`.

    A kill at any moment leaves the old file or the new one, whole. Raises UsageError, naming the file, where
    it can't be written.
    """
    write_together({file: data})


def write_together(contents: dict[Path, bytes]) -> None:
    """Write files as `write_bytes` does; none takes its place, in this order, before all are written.

    Only a kill between two renames leaves some old and some new ones.
    """
    with ExitStack() as places:
        for file, data in reversed(contents.items()):  # the stack puts the last one in its place first
            places.enter_context(_replaced(file, data))


@contextmanager
def _replaced(file: Path, data: bytes) -> Iterator[None]:
    """Write a temporary file, which takes its place at the end."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        sweep([file.parent])
        with replacing(file) as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
            yield
    except OSError as error:
        raise UsageError(
            f"{file} can't be written ({error.strerror}); make room or choose another with -o"
        ) from error
