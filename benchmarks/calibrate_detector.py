"""Choose the learned detector's thresholds: damaged photos with known masks against clean ones.

    python -m benchmarks.calibrate_detector CASES [CASES ...] --clean FOLDER [--model NAME|PATH]

CASES holds photos/KIND/*.png and masks/KIND/*.png. The detector looks at every photo as it does in use at one
that may be damaged, twice; then each setting of the thresholds is tried on the probabilities, those of surely
damaged photos and those of photos in doubt: mean F1 (within 2 px) of each kind, the share of clean photos in
which nothing is found, and the share of their pixels that is touched. Settings that touch too much are left
out, the rest is printed with the best mean F1 first.
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
from benchmarks.cases import case_files, kinds_in
from inpaint_cli.backends import open_network
from inpaint_cli.cli.clean_photos import find_photos
from inpaint_cli.detection.cleanup import Cleanup
from inpaint_cli.detection.detection import Floats, as_colour
from inpaint_cli.detection.factory import DOUBTFUL
from inpaint_cli.detection.learned import Evidence, LearnedDetector
from inpaint_cli.detection.measure import score_mask
from inpaint_cli.detection.sensitivity import DEFAULT_SENSITIVITY
from inpaint_cli.detection.snap import snapped
from inpaint_cli.photos import read_mask, read_photo

Bools = npt.NDArray[np.bool_]

HIGH = (0.9, 0.95, 0.97, 0.98)
LOW = (0.6, 0.75, 0.8, 0.85)
STRICT = DOUBTFUL.cleanup(DEFAULT_SENSITIVITY, None, None)
STRICTS = ((0.98, 0.85), (0.99, 0.85), (0.99, 0.9))
"""High and low thresholds of photos in doubt."""
SURE = (0.8, 0.85, 0.9)
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
class _Judged:
    """What a mask is worth: F1 where the photo is damaged, and the share of the photo that it touches."""

    f1: float
    touched: float

    @classmethod
    def of(cls, seen: Seen, core: Bools) -> _Judged:
        mask = snapped(seen.photo, seen.evidence.probability, core, STRICT.grow)
        f1 = 0.0 if seen.truth is None else score_mask(mask, seen.truth)[2]
        return cls(f1, float(mask.mean()))


_NOTHING = _Judged(0.0, 0.0)


@dataclass(frozen=True)
class Trial:
    """One setting: F1 by kind, and the harm on clean photos."""

    cleanup: Cleanup
    strict: Cleanup
    sure_from: float
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
    seen = [*_damaged(detector, options.cases, options.every), *_clean(detector, options.clean)]
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


def _damaged(detector: LearnedDetector, folders: Sequence[Path], every: int) -> Iterator[Seen]:
    for folder in folders:
        for kind in kinds_in(folder):
            for photo, mask in case_files(folder, kind, every):
                yield _seen(detector, f"{folder.name}/{kind}", photo, read_mask(mask))


def _clean(detector: LearnedDetector, folder: Path) -> Iterator[Seen]:
    for photo in find_photos(folder):
        yield _seen(detector, "clean", photo, None)


def _seen(detector: LearnedDetector, kind: str, file: Path, truth: Bools | None) -> Seen:
    photo = as_colour(read_photo(file).pages[0].pixels)
    evidence, _ = detector.gather(photo)
    return Seen(kind, photo, evidence, truth)


def _trials(seen: Sequence[Seen]) -> Iterator[Trial]:
    """Try all settings; what several of them share is computed once."""
    clean = np.array([each.truth is None for each in seen])
    certain = {}
    for high, low in STRICTS:
        strict = replace(STRICT, high=high, low=low)
        certain[strict] = [_Judged.of(each, each.evidence.cut(strict)) for each in seen]
    for high, low in product(HIGH, LOW):
        how = replace(STRICT, high=high, low=low)
        cores = [each.evidence.cut(how) for each in seen]
        scores = np.array([each.evidence.score(core) for each, core in zip(seen, cores, strict=True)])
        whole = [
            _Judged.of(each, each.evidence.cut_knowing(core, how))
            for each, core in zip(seen, cores, strict=True)
        ]
        for strict, sure, limit in product(certain, SURE, SCORES):
            chosen = [
                (every if score >= sure else surely) if score >= limit else _NOTHING
                for score, every, surely in zip(scores, whole, certain[strict], strict=True)
            ]
            kinds = {
                kind: float(np.mean([c.f1 for c, s in zip(chosen, seen, strict=True) if s.kind == kind]))
                for kind in dict.fromkeys(each.kind for each in seen if each.truth is not None)
            }
            touched = np.array([each.touched for each in chosen])[clean]
            yield Trial(
                how, strict, sure, float(limit), kinds, float((touched == 0).mean()), float(touched.mean())
            )


def _line(trial: Trial) -> str:
    how = trial.cleanup
    kinds = "  ".join(f"{kind} {value:.3f}" for kind, value in trial.f1.items())
    return (
        f"high {how.high} low {how.low}, in doubt {trial.strict.high} and {trial.strict.low} below "
        f"{trial.sure_from}, clean_below {trial.clean_below:.2f}: "
        f"mean {trial.mean_f1:.3f}, {trial.left_alone:.0%} left alone, {trial.touched:.4%} touched\n"
        f"    {kinds}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__file__, __doc__)
    add = parser.add_argument
    add("cases", nargs="+", type=Path, help="folders with photos/KIND and masks/KIND")
    add("--clean", type=Path, required=True, help="photos without damage, never trained on")
    add("--model", default="detector", help="name or path (default: %(default)s)")
    add("--every", type=int, default=1, metavar="N", help="only every so manieth damaged photo of a kind")
    add("--most", type=int, default=8, help="settings to print (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
