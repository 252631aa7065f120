"""Choose the learned detector's thresholds: damaged photos with known masks against clean ones.

    python -m benchmarks.calibrate_detector CASES [CASES ...] --clean FOLDER [--model NAME|PATH]

CASES holds photos/KIND/*.png and masks/KIND/*.png. The detector looks at every photo as it does in use; then
each setting of the thresholds is tried on the probabilities: mean F1 (within 2 px) of each kind, the share of
clean photos in which nothing is found, and the share of their pixels that is touched. Settings that touch too
much are left out, the rest is printed with the best mean F1 first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.arguments import parser_of
from inpaint_cli.backends import open_network
from inpaint_cli.cli.clean_photos import find_photos
from inpaint_cli.detection.cleanup import Cleanup
from inpaint_cli.detection.detection import Floats, as_colour
from inpaint_cli.detection.factory import DOUBTFUL, SURELY_DAMAGED
from inpaint_cli.detection.learned import Evidence, LearnedDetector
from inpaint_cli.detection.measure import score_mask
from inpaint_cli.detection.sensitivity import DEFAULT_SENSITIVITY
from inpaint_cli.detection.snap import snapped
from inpaint_cli.photos import read_mask, read_photo

Bools = npt.NDArray[np.bool_]

HIGH = (0.85, 0.9, 0.95, 0.98)
LOW = (0.45, 0.6, 0.75)
STRICT = DOUBTFUL.cleanup(DEFAULT_SENSITIVITY, None, None)
SCORES = np.round(np.arange(0.02, 1.0, 0.02), 2)
TOUCHED_AT_MOST, LEFT_ALONE_AT_LEAST = 0.0005, 0.9


@dataclass(frozen=True)
class Seen:
    """One photo: what was seen in it after a second look; the true mask, None: clean."""

    kind: str
    photo: Floats
    evidence: Evidence
    truth: Bools | None


@dataclass(frozen=True)
class Trial:
    """One setting: F1 by kind, and the harm on clean photos."""

    cleanup: Cleanup
    clean_below: float
    f1: dict[str, float]
    left_alone: float
    touched: float

    @property
    def mean_f1(self) -> float:
        """Over the kinds."""
        return float(np.mean(list(self.f1.values())))


def main() -> int:
    """Print the settings that do no harm, the best first."""
    options = _parser().parse_args()
    network = open_network(options.model, device="cpu")
    anything = Cleanup(high=0.9, low=0.4)
    detector = LearnedDetector(network, anything, 0.0, anything, 0.0)
    seen = [*_damaged(detector, options.cases), *_clean(detector, options.clean)]
    trials = sorted(_trials(seen), key=lambda trial: -trial.mean_f1)
    harmless = [
        trial
        for trial in trials
        if trial.touched <= TOUCHED_AT_MOST and trial.left_alone >= LEFT_ALONE_AT_LEAST
    ]
    print(
        f"{len(harmless)} of {len(trials)} settings leave {LEFT_ALONE_AT_LEAST:.0%} of the clean photos alone"
    )
    for trial in (harmless or trials)[: options.most]:
        print(_line(trial))
    return 0


def _damaged(detector: LearnedDetector, folders: Sequence[Path]) -> Iterator[Seen]:
    for folder in folders:
        for photo in sorted((folder / "photos").rglob("*.png")):
            relative = photo.relative_to(folder / "photos")
            truth = read_mask(folder / "masks" / relative)
            yield _seen(detector, f"{folder.name}/{relative.parts[0]}", photo, truth)


def _clean(detector: LearnedDetector, folder: Path) -> Iterator[Seen]:
    for photo in find_photos(folder):
        yield _seen(detector, "clean", photo, None)


def _seen(detector: LearnedDetector, kind: str, file: Path, truth: Bools | None) -> Seen:
    photo = as_colour(read_photo(file).pages[0].pixels)
    evidence, _ = detector.gather(photo)
    return Seen(kind, photo, evidence, truth)


def _trials(seen: Sequence[Seen]) -> Iterator[Trial]:
    """Try all settings; whatever the score decides on is computed once for all its limits."""
    strict = [_mask(each, each.evidence.cut(STRICT)) for each in seen]
    for high, low in product(HIGH, LOW):
        how = replace(STRICT, high=high, low=low)
        cores = [each.evidence.cut(how) for each in seen]
        scores = np.array([each.evidence.score(core) for each, core in zip(seen, cores, strict=True)])
        masks = [
            _mask(each, each.evidence.cut_knowing(core, how)) if score >= SURELY_DAMAGED else certain
            for each, core, score, certain in zip(seen, cores, scores, strict, strict=True)
        ]
        f1 = np.array([_f1(each, mask) for each, mask in zip(seen, masks, strict=True)])
        touched = np.array([mask.mean() for mask in masks])
        clean = np.array([each.truth is None for each in seen])
        empty = np.array([not mask.any() for mask in masks])
        for limit in SCORES:
            passed = scores >= limit
            kinds = {
                kind: float(
                    np.mean([f * p for each, f, p in zip(seen, f1, passed, strict=True) if each.kind == kind])
                )
                for kind in dict.fromkeys(each.kind for each in seen if each.truth is not None)
            }
            left_alone = float((~passed | empty)[clean].mean())
            yield Trial(how, float(limit), kinds, left_alone, float((touched * passed)[clean].mean()))


def _mask(seen: Seen, core: Bools) -> Bools:
    return snapped(seen.photo, seen.evidence.probability, core, STRICT.grow)


def _f1(seen: Seen, mask: Bools) -> float:
    if seen.truth is None:
        return 0.0
    return score_mask(mask, seen.truth)[2]


def _line(trial: Trial) -> str:
    how = trial.cleanup
    kinds = "  ".join(f"{kind} {value:.3f}" for kind, value in trial.f1.items())
    return (
        f"high {how.high} low {how.low} min {how.min_size} clean_below {trial.clean_below:.2f}: "
        f"mean {trial.mean_f1:.3f}, {trial.left_alone:.0%} left alone, {trial.touched:.4%} touched\n"
        f"    {kinds}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__file__, __doc__)
    add = parser.add_argument
    add("cases", nargs="+", type=Path, help="folders with photos/KIND and masks/KIND")
    add("--clean", type=Path, required=True, help="photos without damage, never trained on")
    add("--model", default="detector", help="name or path (default: %(default)s)")
    add("--most", type=int, default=8, help="settings to print (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
