"""Files that are never half written."""

from __future__ import annotations

import os
from pathlib import Path


def write_bytes(file: Path, data: bytes) -> None:
    """Write beside the target, sync, rename.

    A kill at any moment leaves the old file or the new one, whole.
    """
    temporary = file.with_name(f".{file.name}.part")
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(file)
