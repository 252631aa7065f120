"""Outcomes with small files behind them, for the picture report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inpaint_cli.batch.outcome import Outcome


def failed(name: str | Path, reason: str = "is empty") -> Outcome:
    return Outcome(photo=Path(name), output=None, status="failed", reason=reason)


def save(path: Path, pixels: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return path


def restored(folder: Path, name: str = "a.png", size: tuple[int, int] = (30, 40), **changes: Any) -> Outcome:
    """Red before, blue after, so that a look tells which is which; damaged in the upper left quarter."""
    before = np.full((*size, 3), (200, 0, 0))
    mask = np.zeros(size)
    mask[: size[0] // 2, : size[1] // 2] = 255
    outcome = Outcome(
        photo=save(folder / "photos" / name, before),
        output=save(folder / "out" / name, before[..., ::-1]),
        mask=save(folder / "masks" / name, mask),
        status="restored",
        coverage=0.25,
        mask_source="file",
        model="photo",
        backend="onnx",
        device="cpu",
        seconds=1.5,
    )
    return replace(outcome, **changes)
