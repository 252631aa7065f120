"""Names of files as strings, and which of them name masks; training asks that as well.

A plan handles millions of names, and pathlib takes them apart again for each question.
"""

from __future__ import annotations

import os
import unicodedata
import zlib
from collections.abc import Sequence

MASK_ENDING = "_mask"


def split_suffix(path: str) -> tuple[str, str]:
    """Return a path without its suffix, and the suffix with its dot; a leading dot begins no suffix."""
    name = path[path.rfind(os.sep) + 1 :]
    dot = name.rfind(".")
    if dot <= 0 or dot == len(name) - 1:
        return path, ""
    return path[: dot - len(name)], name[dot:]


def stem_of(path: str) -> str:
    """Return a path without its suffix."""
    return split_suffix(path)[0]


def spelt_one_way(name: str) -> str:
    """Write letters with marks one way: macOS decomposes them in names, others don't."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def joined(folder: str, relative: str) -> str:
    """Return the path of something in a folder."""
    if not folder or folder == ".":
        return relative
    return folder + relative if folder.endswith(os.sep) else folder + os.sep + relative


def number_of(name: str) -> int:
    """Return a number for a name, the same in every process; what is not UTF-8 in it counts too."""
    return zlib.crc32(name.encode(errors="surrogatepass"))


def is_named_as_mask(relative: str) -> bool:
    """Say whether a file among photos has the name of a mask: `b_mask.png`."""
    return stem_of(relative).endswith(MASK_ENDING)


def masks_among(files: Sequence[str]) -> set[str]:
    """Return those of a folder's files that are named as the mask of another: `b_mask.png` of `b.jpg`."""
    owners = {
        file: spelt_one_way(stem_of(file)).removesuffix(MASK_ENDING)
        for file in files
        if is_named_as_mask(file)
    }
    if not owners:
        return set()
    wanted = set(owners.values())
    spellings = (name for file in files for name in (spelt_one_way(file), spelt_one_way(stem_of(file))))
    there = wanted.intersection(spellings)
    return {file for file, owner in owners.items() if owner in there}
