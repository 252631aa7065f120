"""Fit the judge of letters: which pieces of one colour, in rows of print that was found, are print.

    python -m benchmarks.calibrate_letters CASES [CASES ...] --photos FOLDER --elements FOLDER [-o FILE]

CASES holds photos/KIND/*.png and masks/KIND/*.png. The photos of FOLDER, none of which the detector was
trained on, also get print as it is trained with, --per-photo times each. What is printed, and what is written
to FILE, is as `benchmarks.calibrate_pieces` has it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
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
from inpaint_cli.detection.detection import as_colour
from inpaint_cli.detection.learned import LearnedDetector
from inpaint_cli.detection.letters import FEATURES, WEIGHTS, measured_letters
from inpaint_cli.detection.print_rows import letters_in_rows

SHARES = {"rows-of-text": 0.8, "burnt-in-date": 0.2}
"""What print is drawn, and how often."""
MOSTLY = 0.7
"""Share of a piece's pixels that is print, from which the piece is."""


def main() -> int:
    """Fit, print and write."""
    options = judge_options(__file__, __doc__, WEIGHTS)
    detector = replace(learned_detector(options.detector), lettering=None)
    cases = chain(
        given_cases(options.cases),
        own_cases(options.photos, options.elements, options.per_photo, shares=SHARES),
    )
    fit_and_write((data for case in cases for data in _letters(detector, case)), FEATURES, options)
    return 0


def _letters(detector: LearnedDetector, case: Case) -> Iterator[PieceData]:
    """Measure the pieces of one photo, unless it has no rows of print."""
    found = detector.find(case.pixels)
    rows = letters_in_rows(found.mask)
    for letters in measured_letters(as_colour(case.pixels), found.probability, found.mask, rows):
        labels, count = letters.labels.ravel(), len(letters.features)
        right = np.bincount(labels, case.truth.ravel(), count) > MOSTLY * letters.area
        contrast = letters.features[:, FEATURES.index("beyond")].astype(np.float64)
        yield measured(letters.features, letters.labels, case, right, contrast).of(letters.in_row)


if __name__ == "__main__":
    sys.exit(main())
