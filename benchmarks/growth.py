"""How time and memory grow with the photo and with the damage: one process for each point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measures import peak_memory, time_pairs
from benchmarks.methods import YARDSTICK, open_method, white, yardstick


def measure_point(request: dict[str, Any]) -> dict[str, Any]:
    """Restore one photo with one method, note the peak of memory, then time it against the yardstick.

    A request: photo and mask (paths of .npy files), method, rounds, budget in seconds. The pairs come after
    the peak is read, so that the yardstick's memory isn't in it.
    """
    photo, mask = np.load(Path(request["photo"])), np.load(Path(request["mask"]))
    restore = open_method(request["method"])
    before = peak_memory()
    restore(photo, mask)
    peak = peak_memory()
    drawn = white(mask)
    pairs = time_pairs(
        lambda: restore(photo, mask),
        lambda: yardstick(photo, drawn),
        rounds=request["rounds"],
        budget=request["budget"],
    )
    return {
        "seconds": pairs.seconds,
        "ratio": 1.0 if request["method"] == YARDSTICK else pairs.ratio,
        "pairs": len(pairs.method),
        "peak_mb": peak,
        "peak_before_mb": before,
    }
