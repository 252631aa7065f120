"""Everything that restores pixels, under one name each: the classical methods and our models.

A method is named as in `training.classical` (ns, telea, biharmonic, harmonic, fsr), `quality:NAME` or
`model:NAME|PATH`. It is opened for one thread on the CPU. Libraries are imported when a method needs them, so
that the memory of a process that runs one method is that method's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.backends import find_model, list_models
from inpaint_cli.restoration.quality import QUALITIES

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Restore = Callable[[Pixels, Mask], Pixels]

QUALITY, MODEL = "quality:", "model:"
YARDSTICK = "ns"
YARDSTICK_RADIUS = 3


def our_methods(models: Sequence[str] | None) -> list[str]:
    """Name the models given, or every quality and what else in models/ sees a mask and restores pixels.

    Raises ModelError for a model that isn't there.
    """
    if models:
        return [MODEL + _checked(model) for model in models]
    used = {tier.model for quality in QUALITIES.values() for tier in quality.tiers}
    cards = [files.card for files in list_models() if files.onnx is not None and files.card.name not in used]
    others = [MODEL + card.name for card in cards if card.sees_mask and card.output == "restored"]
    return [*(QUALITY + name for name in QUALITIES), *others]


def is_ours(method: str) -> bool:
    """Tell a model of ours from a classical method."""
    return method.startswith((QUALITY, MODEL))


def title_of(method: str) -> str:
    """What tables and plots call it."""
    if method.startswith(QUALITY):
        return f"ours, {method.removeprefix(QUALITY)}"
    if method.startswith(MODEL):
        return f"ours, {find_model(method.removeprefix(MODEL)).card.name}"
    from training.classical import METHODS

    return METHODS[method].title


def open_method(method: str) -> Restore:
    """Make it ready to run, on one thread. Raises UsageError or ModelError for one that isn't there."""
    cv2.setNumThreads(1)
    if is_ours(method):
        from inpaint_cli.restoration import Restorer

        restorer = (
            Restorer(quality=method.removeprefix(QUALITY), device="cpu", threads=1)
            if method.startswith(QUALITY)
            else Restorer(method.removeprefix(MODEL), device="cpu", threads=1)
        )
        return lambda pixels, mask: restorer.restore(pixels, mask).astype(np.uint8, copy=False)
    if method == YARDSTICK:
        return lambda pixels, mask: yardstick(pixels, white(mask))
    from training.classical import find_methods

    return find_methods([method])[method].fill


def yardstick(pixels: Pixels, drawn: Pixels) -> Pixels:
    """cv2's Navier-Stokes as bare as it comes; `drawn` is the mask as `white` makes it."""
    filled = np.asarray(cv2.inpaint(pixels, drawn, YARDSTICK_RADIUS, cv2.INPAINT_NS))
    return filled.astype(np.uint8, copy=False)


def white(mask: Mask) -> Pixels:
    """Return the mask as cv2 takes it: 255 = damaged."""
    return np.where(mask, np.uint8(255), np.uint8(0))


def _checked(model: str) -> str:
    """Refuse a model that isn't there; a path is made absolute, for it is opened from elsewhere."""
    files = find_model(model)
    return str(files.onnx.resolve()) if files.onnx is not None and Path(model).suffix else model
