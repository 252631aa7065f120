"""How good and how fast on one kind of damage: every method on the same cases, side by side."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measures import Pairs, time_pairs
from benchmarks.methods import YARDSTICK, Pixels, Restore, is_ours, open_method, white, yardstick
from training.evaluation import Case
from training.photo_benchmark import CleanPhoto, damage_photo
from training.scores import mean_score, score


def measure_kind(request: dict[str, Any]) -> dict[str, Any]:
    """Damage the photos in the request's .npz file, restore them with every method, score and time them.

    A request: photos (a path), names of the photos in it, kind, methods, seed, rounds, budget in seconds for
    each method and photo.
    """
    with np.load(Path(request["photos"])) as file:
        pixels = [file[key] for key in file.files]
    photos = [CleanPhoto(*each) for each in zip(request["names"], pixels, strict=True)]
    cases = [damage_photo(photo, request["kind"], request["seed"]) for photo in photos]
    return {
        "kind": request["kind"],
        "photos": len(cases),
        "coverage": float(np.mean([case.mask.mean() for case in cases])),
        "methods": [_measure(method, cases, request) for method in request["methods"]],
    }


def _measure(method: str, cases: list[Case], request: dict[str, Any]) -> dict[str, Any]:
    restore = open_method(method)
    if is_ours(method):
        restore(cases[0].damaged, cases[0].mask)  # the first call also sets the session up
    scores, pairs = [], []
    for case in cases:
        restored, timed = _restore_timed(restore, case, request)
        scores.append(score(restored, case.truth, case.mask))
        pairs.append(timed)
    mean = mean_score(scores)
    return {
        "method": method,
        "psnr": mean.psnr,
        "ssim": mean.ssim,
        "error": mean.error,
        "seconds_per_megapixel": sum(pair.seconds for pair in pairs) / sum(c.mask.size / 1e6 for c in cases),
        "ratio": 1.0 if method == YARDSTICK else median(pair.ratio for pair in pairs),
    }


def _restore_timed(restore: Restore, case: Case, request: dict[str, Any]) -> tuple[Pixels, Pairs]:
    """Keep the answer of the timed calls: the slow methods take minutes as it is."""
    drawn = white(case.mask)
    answers: deque[Pixels] = deque(maxlen=1)
    pairs = time_pairs(
        lambda: answers.append(restore(case.damaged, case.mask)),
        lambda: yardstick(case.damaged, drawn),
        rounds=request["rounds"],
        budget=request["budget"],
    )
    return answers[0], pairs
