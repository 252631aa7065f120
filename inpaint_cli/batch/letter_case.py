"""Disks that take `A.jpg` and `a.jpg` for one file: of Windows and macOS, of cameras and network drives."""

from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path

from inpaint_cli.replacing import PREFIX, SUFFIX


def without_case(path: str) -> str:
    """Return what all spellings have in common that such a disk may take for the same."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def ignores_case(folder: Path) -> bool:
    """Try whether a folder, or the first one above it that is there, takes two spellings for one file.

    False where nothing may be written there.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{PREFIX}case-", suffix=SUFFIX) as probe:
            file = Path(probe.name)
            return file.with_name(file.name.swapcase()).exists()
    except OSError:
        return False
