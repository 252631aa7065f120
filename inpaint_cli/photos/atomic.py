"""Write a photo's file whole or not at all."""

from __future__ import annotations

from pathlib import Path

from inpaint_cli.errors import PhotoError
from inpaint_cli.replacing import replacing


def write_atomically(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write `data` to `path`, a new file with `mode`, see `replacing`; its folder must exist.

    Raises PhotoError.
    """
    try:
        with replacing(path, mode=mode) as file:
            file.write(data)
    except OSError as error:
        raise PhotoError(f"{path}: can't be written: {error.strerror or error}") from error
