"""Damaged photos with known truth, as a judge outside the project writes them.

A folder of cases holds photos/KIND/*.png, masks/KIND/*.png (white = damage) and truth/KIND/*.png.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inpaint_cli.photos import read_mask, read_photo

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Case:
    """One photo: damaged and true pixels (h, w, 1|3), and where it is damaged (h, w)."""

    damaged: Pixels
    truth: Pixels
    mask: npt.NDArray[np.bool_]


def read_cases(folder: Path, kind: str, every: int = 1) -> Iterator[Case]:
    """Read the photos of one kind, every so manieth. Raises PhotoError, MaskError."""
    for file in sorted((folder / "photos" / kind).glob("*.png"))[::every]:
        damaged, truth = (
            read_photo(folder / part / kind / file.name).pages[0].pixels for part in ("photos", "truth")
        )
        yield Case(damaged, truth, read_mask(folder / "masks" / kind / file.name))
