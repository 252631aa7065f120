"""What finding the damage costs: masks that were found in the place of the true ones.

    python -m benchmarks.found_masks CASES [--kinds lines,scratch,text] [--detector learned]

CASES is a folder as `benchmarks.cases` has it. Each photo is restored on one thread with its true mask, and
with the one that the detector finds. Prints for each kind the PSNR in dB over the truly damaged pixels of
both, the difference, the harm (mean absolute change of all other pixels, of 255), and the seconds of finding
as a multiple of those of restoring with the true mask.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.arguments import parser_of
from benchmarks.cases import read_cases
from benchmarks.measures import seconds_of
from inpaint_cli.detection import DEFAULT_DETECTOR, Detector, open_detector
from inpaint_cli.restoration import Restorer
from training.report import markdown_table
from training.scores import score

HEADER = ("damage", "true mask", "found mask", "lost", "harm", "finding / restoring")


def main() -> None:
    """Print the table."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--kinds", default="lines,scratch,text", help="parted by commas")
    parser.add_argument("--detector", default=DEFAULT_DETECTOR, help="name or path of a model")
    options = parser.parse_args()
    detector = open_detector(options.detector, device="cpu", threads=1)
    restorer = Restorer(device="cpu", threads=1)
    rows = [_row(options.cases, kind, detector, restorer) for kind in options.kinds.split(",")]
    print(markdown_table(HEADER, rows))


def _row(cases: Path, kind: str, detector: Detector, restorer: Restorer) -> list[str]:
    """Measure the photos of one kind."""
    figures = np.array(list(_photos(cases, kind, detector, restorer)))
    given, found, harm, restoring, finding = figures.T
    return [
        kind,
        *(f"{value:.2f}" for value in (given.mean(), found.mean(), (given - found).mean(), harm.mean())),
        f"{finding.sum() / restoring.sum():.1f}",
    ]


def _photos(cases: Path, kind: str, detector: Detector, restorer: Restorer) -> Iterator[list[float]]:
    """For each photo: PSNR with the true mask and with the found one, harm, seconds restoring and finding."""
    for case in read_cases(cases, kind):
        answers: list[np.ndarray] = []
        found: list[np.ndarray] = []
        finding = seconds_of(lambda case=case, found=found: found.append(detector.find(case.damaged).mask))
        restoring = seconds_of(
            lambda case=case, answers=answers: answers.append(restorer.restore(case.damaged, case.mask))
        )
        answers.append(restorer.restore(case.damaged, found[0]))
        given_psnr, found_psnr = (score(answer, case.truth, case.mask).psnr for answer in answers)
        harm = np.abs(answers[1].astype(np.float64) - case.truth)[~case.mask].mean()
        yield [given_psnr, found_psnr, float(harm), restoring, finding]


if __name__ == "__main__":
    main()
