"""Fit the judge of pieces: which pieces of what the detector found, or nearly found, are damage.

    python -m benchmarks.calibrate_pieces CASES [CASES ...] --photos FOLDER --elements FOLDER [-o FILE]

CASES holds photos/KIND/*.png and masks/KIND/*.png. The photos of FOLDER, none of which the detector was
trained on, are also damaged in all the ways that it is trained with, --per-photo times each. Prints, for each
of several thresholds, the share of pieces (by their weight) that are damage of those that are taken, and the
share of damaged pieces that is taken, of judges that were fitted without the photo; the last judge is fitted
to all, and written to FILE.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain

import numpy as np

from benchmarks.judging import (
    Case,
    PieceData,
    fit_and_write,
    given_cases,
    judge_options,
    learned_detector,
    measured,
    own_cases,
)
from inpaint_cli.detection.cleanup import grown
from inpaint_cli.detection.detection import as_colour
from inpaint_cli.detection.learned import LearnedDetector
from inpaint_cli.detection.measure import TOLERANCE
from inpaint_cli.detection.pieces import FEATURES, WEIGHTS


def main() -> int:
    """Fit, print and write."""
    options = judge_options(__file__, __doc__, WEIGHTS)
    detector = learned_detector(options.detector)
    cases = chain(given_cases(options.cases), own_cases(options.photos, options.elements, options.per_photo))
    fit_and_write((data for case in cases for data in _pieces(detector, case)), FEATURES, options)
    return 0


def _pieces(detector: LearnedDetector, case: Case) -> Iterator[PieceData]:
    """Measure the pieces of one photo, unless it counts as clean."""
    photo = as_colour(case.pixels)
    evidence, core = detector.gather(photo)
    score = evidence.score(core)
    if score < detector.clean_below or detector.judging is None:
        return
    core = detector.decided(evidence, core, score)
    pieces = detector.judging.pieces(photo, evidence.probability, core)
    labels, count = pieces.labels.ravel(), len(pieces.features)
    area, right = (np.bincount(labels, w, count) for w in (None, grown(case.truth, TOLERANCE).ravel()))
    contrast = pieces.features[:, FEATURES.index("contrast")].astype(np.float64)
    yield measured(pieces.features, pieces.labels, case, right > 0.5 * area, contrast).of(
        np.arange(count) > 0
    )


if __name__ == "__main__":
    sys.exit(main())
