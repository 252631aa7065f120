"""The benchmark: damaged pictures with known truth, the methods that restore them, and what they score.

Networks are run as `restore` runs them: through the `Restorer`, which changes damaged pixels only. A blind
network is also scored raw, on its answer for the whole picture, as the published figure was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.backends import Network
from inpaint_cli.errors import TrainingDataError, UsageError
from inpaint_cli.restoration import DEFAULT_QUALITY, Restorer
from training.benchmark_masks import DENSITIES, RATIO_BINS, SHAPES, line_mask, ratio_mask
from training.classical import ClassicalMethod
from training.scores import Score, mean_score, score

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Advance = Callable[[int], None]
"""Called with the number of pictures that were just restored."""

BASELINE = "biharmonic"


@dataclass(frozen=True)
class Case:
    """One damaged picture: uint8 (h, w, 3) damaged and true, bool (h, w), True = damaged."""

    damaged: Pixels
    truth: Pixels
    mask: Mask


@dataclass(frozen=True)
class Candidate:
    """Something that restores pictures, under the name that tables give it.

    raw: its answer is taken as it is, known pixels too, and only for pictures of whole tiles.
    """

    name: str
    kind: str
    restore: Callable[[Pixels, Mask], Pixels]
    raw: bool = False


@dataclass(frozen=True, kw_only=True)
class CifarOptions:
    """What the benchmark draws.

    The seed, how many pictures, how many of them for each kind and size of hole. Raises UsageError for
    negative numbers.
    """

    seed: int = 1
    limit: int = 0
    hole_pictures: int = 100

    def __post_init__(self) -> None:
        if self.seed < 0 or self.limit < 0 or self.hole_pictures < 0:
            raise UsageError("--seed, --limit and --hole-pictures must not be negative")


@dataclass(frozen=True)
class Row:
    """What one candidate scored on one setting; ratio: its error against biharmonic's in the same run."""

    candidate: str
    kind: str
    score: Score
    ratio: float | None


@dataclass(frozen=True)
class Setting:
    """One kind of damage and what all candidates scored on it."""

    name: str
    coverage: float
    rows: tuple[Row, ...]

    def row(self, candidate: str) -> Row:
        """Return a candidate's row."""
        return next(row for row in self.rows if row.candidate == candidate)


@dataclass(frozen=True)
class HoleSetting:
    """Holes of one shape that cover between ``low`` and ``high`` of the picture."""

    shape: str
    low: float
    high: float
    setting: Setting


@dataclass(frozen=True)
class CifarReport:
    """All that `evaluate cifar10` measured."""

    pictures: int
    options: CifarOptions
    densities: tuple[Setting, ...]
    holes: tuple[HoleSetting, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """Names in the order of the tables."""
        return tuple(row.candidate for row in self.densities[0].rows)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "benchmark": "cifar10",
            "pictures": self.pictures,
            **asdict(self.options),
            "densities": [_setting_dict(setting) for setting in self.densities],
            "holes": [
                {"shape": hole.shape, "low": hole.low, "high": hole.high, **_setting_dict(hole.setting)}
                for hole in self.holes
            ],
        }


def classical_candidate(name: str, method: ClassicalMethod) -> Candidate:
    """A classical method as a candidate."""
    return Candidate(name, "classical", method.fill)


def network_candidates(
    network: Network, name: str | None = None, quality: str = DEFAULT_QUALITY
) -> list[Candidate]:
    """A network as `restore` runs it at this quality and, where it is blind, its raw answer too.

    Raises UsageError for a quality that there is not.
    """
    name = name or network.card.name
    restorer = Restorer(network=network, quality=quality)
    composite = Candidate(
        name, network.card.kind, lambda pixels, mask: _bytes(restorer.restore(pixels, mask))
    )
    if network.card.sees_mask:
        return [composite]
    answer = Candidate(
        f"{name} (raw)", network.card.kind, lambda pixels, mask: _raw(network, pixels), raw=True
    )
    return [composite, answer]


def check_names(candidates: Sequence[Candidate]) -> None:
    """Raise UsageError where two candidates have one name, by which their scores are kept."""
    names = [candidate.name for candidate in candidates]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two to be compared are called {name!r}; rename one, or leave one out")


def evaluate_cifar(
    pictures: Pixels,
    candidates: Sequence[Candidate],
    options: CifarOptions,
    advance: Advance = lambda count: None,
) -> CifarReport:
    """Run the benchmark on pictures uint8 (n, 32, 32, 3).

    Raises UsageError where two candidates have one name, TrainingDataError where there are no pictures.
    """
    check_names(candidates)
    chosen = pictures[: options.limit] if options.limit else pictures
    if not len(chosen):
        raise TrainingDataError("there are no pictures to evaluate on; give a CIFAR-10 batch with --data")
    densities = [
        measure(name, line_cases(chosen, options.seed, most), candidates, advance)
        for name, most in DENSITIES.items()
    ]
    few = chosen[: options.hole_pictures]
    holes = [
        HoleSetting(shape, low, high, measure(f"{shape} {low:.0%}-{high:.0%}", cases, candidates, advance))
        for shape, low, high, cases in hole_cases(few, options.seed)
    ]
    return CifarReport(len(chosen), options, tuple(densities), tuple(holes))


def work_of(count: int, options: CifarOptions, candidates: int) -> int:
    """How often `evaluate_cifar` will restore a picture, for progress."""
    chosen = min(count, options.limit) if options.limit else count
    settings = chosen * len(DENSITIES) + min(chosen, options.hole_pictures) * len(SHAPES) * len(RATIO_BINS)
    return settings * candidates


def line_cases(pictures: Pixels, seed: int, most: int) -> list[Case]:
    """Black lines, drawn for picture i with the seed (seed, i)."""
    masks = [line_mask(np.random.default_rng([seed, index]), most) for index in range(len(pictures))]
    return [_black(picture, mask) for picture, mask in zip(pictures, masks, strict=True)]


def hole_cases(pictures: Pixels, seed: int) -> Iterator[tuple[str, float, float, list[Case]]]:
    """Black holes of each shape and range of sizes: (shape, low, high, cases)."""
    if not len(pictures):
        return
    for number, shape in enumerate(SHAPES):
        for step, (low, high) in enumerate(RATIO_BINS):
            drawn = [
                ratio_mask(shape, low, high, np.random.default_rng([seed, 1000 + 100 * number + step, index]))
                for index in range(len(pictures))
            ]
            yield shape, low, high, [_black(p, mask) for p, mask in zip(pictures, drawn, strict=True)]


def measure(
    name: str, cases: Sequence[Case], candidates: Sequence[Candidate], advance: Advance = lambda count: None
) -> Setting:
    """Score every candidate on the same cases."""
    scores = {}
    for candidate in candidates:
        each = []
        for case in cases:
            each.append(score(candidate.restore(case.damaged, case.mask), case.truth, case.mask))
            advance(1)
        scores[candidate.name] = mean_score(each)
    baseline = scores.get(BASELINE)
    rows = [Row(c.name, c.kind, scores[c.name], _ratio(scores[c.name], baseline)) for c in candidates]
    return Setting(name, float(np.mean([case.mask.mean() for case in cases])), tuple(rows))


def _ratio(own: Score, baseline: Score | None) -> float | None:
    return own.error / baseline.error if baseline is not None and baseline.error > 0 else None


def _setting_dict(setting: Setting) -> dict[str, Any]:
    methods = [
        {
            "name": row.candidate,
            "kind": row.kind,
            "error": row.score.error,
            "ratio_to_biharmonic": row.ratio,
            "psnr": row.score.psnr,
            "ssim": row.score.ssim,
        }
        for row in setting.rows
    ]
    return {"name": setting.name, "missing": setting.coverage, "methods": methods}


def _black(picture: Pixels, mask: Mask) -> Case:
    return Case(np.where(mask[..., None], 0, picture).astype(np.uint8), picture, mask)


def _raw(network: Network, pixels: Pixels) -> Pixels:
    photo = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]).astype(np.float32) / np.float32(255)
    answer = network({"photo": photo})[0].transpose(1, 2, 0)
    return _bytes(np.clip(answer, 0, 1) * 255 + 0.5)


def _bytes(values: npt.NDArray[Any]) -> Pixels:
    return values.astype(np.uint8)
