"""What the numbers of a quality are worth: its models, limits, core and ensemble, tried out on cases.

    python -m benchmarks.tiers CASES photo@26 photo-small:0.1+photo@26 photo@16x2

CASES is a folder as `benchmarks.cases` has it. Each further argument is a quality: its models from that of
the easiest tiles to that of the hardest, each but the last with the difficulty below which it restores a
tile; then @ and the core, and x and the number of answers where there are several. Prints for each kind of
damage the PSNR in dB over the damaged pixels of the first, the change against it of the others, and in
brackets the processor time of restoring as a share of the first one's, all on one thread.
"""

from __future__ import annotations

import math
import re
import time
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.arguments import parser_of
from benchmarks.cases import read_cases
from inpaint_cli.restoration import Restorer
from inpaint_cli.restoration.difficulty import open_tiers
from inpaint_cli.restoration.ensemble import SelfEnsemble
from inpaint_cli.restoration.quality import Quality, Tier
from training.evaluation import Case
from training.photo_damage import KINDS
from training.report import markdown_table
from training.scores import score

_QUALITY = re.compile(r"(?P<tiers>[^@]+)@(?P<core>\d+)(x(?P<ensemble>\d+))?")


def parse_quality(text: str) -> Quality:
    """Read `MODEL:LIMIT+MODEL@CORExANSWERS`. Raises ArgumentTypeError for anything else."""
    matched = _QUALITY.fullmatch(text)
    if matched is None:
        raise ArgumentTypeError(f"{text!r} is not MODEL@CORE, MODEL:LIMIT+MODEL@CORE or either with xANSWERS")
    tiers = []
    for part in matched["tiers"].split("+"):
        model, _, limit = part.partition(":")
        tiers.append(Tier(model, float(limit) if limit else math.inf))
    return Quality(tiers=tuple(tiers), core=int(matched["core"]), ensemble=int(matched["ensemble"] or 1))


def main() -> None:
    """Print the table."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("qualities", nargs="+", metavar="QUALITY")
    parser.add_argument("--kinds", default=",".join(KINDS), help="parted by commas")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every so manieth photo")
    options = parser.parse_args()
    try:
        restorers = [_restorer(parse_quality(text)) for text in options.qualities]
    except ArgumentTypeError as error:
        parser.error(str(error))
    kinds = options.kinds.split(",")
    columns = [_column(list(read_cases(options.cases, kind, options.every)), restorers) for kind in kinds]
    rows = [[text, *cells] for text, *cells in zip(options.qualities, *columns, strict=True)]
    print(markdown_table(("quality", *kinds), rows))


def _restorer(quality: Quality) -> Restorer:
    network = open_tiers(quality.tiers, backend="onnx", device="cpu", threads=1)
    asked = network if quality.ensemble == 1 else SelfEnsemble(network, quality.ensemble)
    return Restorer(network=asked, core=quality.core)


def _column(cases: Sequence[Case], restorers: Sequence[Restorer]) -> list[str]:
    """Measure one kind of damage; the qualities take turns at each photo."""
    measured = np.array([[_measure(case, restorer) for restorer in restorers] for case in cases])
    psnr, seconds = measured[..., 0].mean(axis=0), measured[..., 1].sum(axis=0)
    changes = [
        f"{change:+.2f} ({share:.2f})"
        for change, share in zip(psnr[1:] - psnr[0], seconds[1:] / seconds[0], strict=True)
    ]
    return [f"{psnr[0]:.2f}", *changes]


def _measure(case: Case, restorer: Restorer) -> tuple[float, float]:
    """PSNR in dB over the damaged pixels, and seconds of the processor."""
    started = time.process_time()
    restored = restorer.restore(case.damaged, case.mask)
    seconds = time.process_time() - started
    return score(restored, case.truth, case.mask).psnr, seconds


if __name__ == "__main__":
    main()
