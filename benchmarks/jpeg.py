"""The engine beside the rest of the work on a JPEG: decode, restore, encode, as `restore` does them."""

from __future__ import annotations

import io
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.measures import peak_memory, seconds_of
from benchmarks.methods import Mask, Restore, open_method
from inpaint_cli.photos import decode_photo, encode_photo

QUALITY = 92


def measure_jpeg(request: dict[str, Any]) -> dict[str, Any]:
    """Time decode, engine and encode in turns, beside a plain decode and encode with Pillow.

    A request: jpeg and mask (paths), method, rounds, budget in seconds. The peak of memory is that of the
    first round, before Pillow has run.
    """
    data, mask = Path(request["jpeg"]).read_bytes(), np.load(Path(request["mask"]))
    restore = open_method(request["method"])
    steps: list[tuple[float, float, float]] = []
    plain: list[float] = []
    peak = 0.0
    while not steps or (len(steps) < request["rounds"] and sum(map(sum, steps)) < request["budget"]):
        steps.append(_whole_job(data, mask, restore))
        peak = peak or peak_memory()
        plain.append(seconds_of(lambda: _with_pillow(data)))
    decode, engine, encode = (median(times) for times in zip(*steps, strict=True))
    return {
        "decode": decode,
        "engine": engine,
        "encode": encode,
        "pillow": median(plain),
        "ratio": median(step[1] / (step[0] + step[2]) for step in steps),
        "ratio_to_pillow": median(step[1] / other for step, other in zip(steps, plain, strict=True)),
        "rounds": len(steps),
        "peak_mb": peak,
    }


def _whole_job(data: bytes, mask: Mask, restore: Restore) -> tuple[float, float, float]:
    start = time.process_time()
    photo = decode_photo(data, name="bench.jpg")
    decoded = time.process_time()
    restored = restore(photo.pages[0].pixels.astype(np.uint8, copy=False), mask)
    filled = time.process_time()
    encode_photo(photo, [restored], [mask])
    return decoded - start, filled - decoded, time.process_time() - filled


def _with_pillow(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        picture.save(io.BytesIO(), "JPEG", quality=QUALITY)
