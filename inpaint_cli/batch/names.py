"""Names as strings: a plan handles millions, and pathlib takes them apart again for each question."""

from __future__ import annotations

import os


def split_suffix(path: str) -> tuple[str, str]:
    """Return a path without its suffix, and the suffix with its dot; a leading dot begins no suffix."""
    name = path[path.rfind(os.sep) + 1 :]
    dot = name.rfind(".")
    if dot <= 0 or dot == len(name) - 1:
        return path, ""
    return path[: dot - len(name)], name[dot:]


def joined(folder: str, relative: str) -> str:
    """Return the path of something in a folder."""
    if not folder or folder == ".":
        return relative
    return folder + relative if folder.endswith(os.sep) else folder + os.sep + relative
