"""Damaged photos with known truth, as a judge outside the project writes them.

A folder of cases holds photos/KIND/*.png, masks/KIND/*.png (white = damage) and truth/KIND/*.png.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inpaint_cli.photos import read_mask, read_photo
from training.evaluation import Case


def case_files(folder: Path, kind: str, every: int = 1) -> Iterator[tuple[Path, Path]]:
    """The damaged photos of one kind, every so manieth, each with its mask."""
    for photo in sorted((folder / "photos" / kind).glob("*.png"))[::every]:
        yield photo, folder / "masks" / kind / photo.name


def kinds_in(folder: Path) -> list[str]:
    """The kinds of damage that a folder of cases has."""
    return sorted(each.name for each in (folder / "photos").iterdir())


def read_cases(folder: Path, kind: str, every: int = 1) -> Iterator[Case]:
    """Read the photos of one kind, every so manieth. Raises PhotoError, MaskError."""
    for photo, mask in case_files(folder, kind, every):
        damaged, truth = (
            read_photo(file).pages[0].pixels for file in (photo, folder / "truth" / kind / photo.name)
        )
        yield Case(damaged, truth, read_mask(mask))
