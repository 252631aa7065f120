"""How good is it on one's own photos: damage clean ones, restore them, score, and show the crops."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.errors import NothingToDoError, UsageError
from inpaint_cli.names import number_of
from training.evaluation import Advance, Candidate, Case, check_names
from training.panels import draw_grid
from training.photo_damage import KINDS, draw_mask, paint
from training.scores import Score, mean_score, score

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

CROP = 224


@dataclass(frozen=True)
class CleanPhoto:
    """A photo without damage: uint8 (h, w, 3)."""

    name: str
    pixels: Pixels


def middle(photo: Pixels, side: int) -> Pixels:
    """Cut the middle out of a photo (h, w, 3), at most (side, side, 3); a copy of its own."""
    top, left = (max(0, (length - side) // 2) for length in photo.shape[:2])
    return photo[top : top + side, left : left + side].copy()


@dataclass(frozen=True)
class PhotoRow:
    """What one candidate scored on one kind of damage; seconds of engine time for a megapixel of photo."""

    candidate: str
    score: Score
    seconds_per_megapixel: float


@dataclass(frozen=True)
class KindReport:
    """One kind of damage: the mean coverage, every candidate's row, and crops of the first photo (titled)."""

    kind: str
    coverage: float
    rows: tuple[PhotoRow, ...]
    crops: tuple[tuple[str, Pixels], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "kind": self.kind,
            "missing": self.coverage,
            "methods": [
                {
                    "name": row.candidate,
                    "psnr": row.score.psnr,
                    "ssim": row.score.ssim,
                    "error": row.score.error,
                    "seconds_per_megapixel": row.seconds_per_megapixel,
                }
                for row in self.rows
            ],
        }


def find_kinds(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the kinds of damage of these names; all where none is named. Raises UsageError for any other."""
    for name in names or ():
        if name not in KINDS:
            raise UsageError(f"no kind of damage {name!r}; there are: {', '.join(KINDS)}")
    return tuple(names) if names else tuple(KINDS)


def damage_photo(photo: CleanPhoto, kind: str, seed: int) -> Case:
    """Damage a copy; the same seed, kind and name give the same damage."""
    rng = np.random.default_rng([seed, number_of(kind), number_of(photo.name)])
    height, width = photo.pixels.shape[:2]
    mask = draw_mask(kind, height, width, rng)
    return Case(paint(photo.pixels, mask, rng), photo.pixels, mask)


def evaluate_kind(
    kind: str,
    photos: Iterable[CleanPhoto],
    candidates: Sequence[Candidate],
    seed: int,
    advance: Advance = lambda count: None,
) -> KindReport:
    """Damage, restore and score all photos.

    Photos are taken one at a time, so that few are in memory at once. Raises UsageError where two candidates
    have one name, NothingToDoError where there is no photo.
    """
    check_names(candidates)
    scores: dict[str, list[Score]] = {candidate.name: [] for candidate in candidates}
    seconds = dict.fromkeys(scores, 0.0)
    coverages: list[float] = []
    megapixels = 0.0
    crops: tuple[tuple[str, Pixels], ...] = ()
    for photo in photos:
        case = damage_photo(photo, kind, seed)
        coverages.append(float(case.mask.mean()))
        megapixels += case.mask.size / 1e6
        restored = {}
        for candidate in candidates:
            start = time.perf_counter()
            restored[candidate.name] = candidate.restore(case.damaged, case.mask)
            seconds[candidate.name] += time.perf_counter() - start
            scores[candidate.name].append(score(restored[candidate.name], case.truth, case.mask))
            advance(1)
        crops = crops or _crops(case, restored)
    if not coverages:
        raise NothingToDoError("none of the photos can be read")
    rows = [PhotoRow(c.name, mean_score(scores[c.name]), seconds[c.name] / megapixels) for c in candidates]
    return KindReport(kind, float(np.mean(coverages)), tuple(rows), crops)


def photo_panel(reports: Sequence[KindReport]) -> bytes:
    """Draw a row for each kind.

    Damaged, each network, the best classical method of that kind, truth. A PNG.
    """
    return draw_grid([(report.kind, report.crops) for report in reports])


def shown_rows(report: KindReport, networks: Sequence[str]) -> tuple[str, ...]:
    """The networks, and the classical method that scored best."""
    classical = [row for row in report.rows if row.candidate not in networks]
    best = max(classical, key=lambda row: row.score.psnr, default=None)
    return (*networks, *((best.candidate,) if best else ()))


def keep_crops(report: KindReport, names: Sequence[str]) -> KindReport:
    """Leave only damaged, the named candidates and truth in the crops."""
    kept = tuple(crop for crop in report.crops if crop[0] in ("damaged", "truth", *names))
    return KindReport(report.kind, report.coverage, report.rows, kept)


def _crops(case: Case, restored: dict[str, Pixels]) -> tuple[tuple[str, Pixels], ...]:
    """Cut all pictures where the damage is densest, at 100 %."""
    height, width = case.mask.shape
    high, wide = min(CROP, height), min(CROP, width)
    best, place = -1.0, (0, 0)
    for y in range(0, height - high + 1, max(1, high // 2)):
        for x in range(0, width - wide + 1, max(1, wide // 2)):
            share = float(case.mask[y : y + high, x : x + wide].mean())
            if share > best:
                best, place = share, (y, x)
    y, x = place
    named = {"damaged": case.damaged, **restored, "truth": case.truth}
    return tuple((name, picture[y : y + high, x : x + wide].copy()) for name, picture in named.items())
