"""`inpaint-cli evaluate detect`: how much damage the detectors find, and what they do to clean photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from inpaint_cli.cli import checks
from inpaint_cli.cli import options as flags
from inpaint_cli.cli.candidates import Json
from inpaint_cli.cli.clean_photos import find_photos
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.consoles import plain_console
from inpaint_cli.cli.detector_figures import DetectorFigures, find_cases, measure_detector
from inpaint_cli.cli.evaluate_report import print_json, progress_bar
from inpaint_cli.detection import (
    DEFAULT_SENSITIVITY,
    DETECTORS,
    Detector,
    open_detector,
    resolve_detector,
)
from inpaint_cli.detection.measure import TOLERANCE
from inpaint_cli.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class EvaluateDetectOptions:
    """What `evaluate detect` was asked to do."""

    photos: Annotated[
        Path,
        typer.Argument(metavar="PHOTOS", help="Damaged photos; those of a kind in a folder of its name."),
    ]
    masks: Annotated[
        Path, typer.Argument(metavar="MASKS", help="Their true masks, at the same relative paths, as PNG.")
    ]
    clean: Annotated[
        Path | None,
        typer.Option("--clean", metavar="FOLDER", help="Photos without damage, to measure harm on."),
    ] = None
    detector: Annotated[
        list[str] | None,
        typer.Option(
            "--detector",
            metavar="NAME|MODEL",
            help=f"{', '.join(DETECTORS)}, or yours (*.onnx); may be given several times (default: all).",
        ),
    ] = None
    sensitivity: Annotated[
        float, typer.Option("--sensitivity", min=0, max=1, metavar="S", help="As of `detect`.")
    ] = DEFAULT_SENSITIVITY
    limit: Annotated[
        int, typer.Option("--limit", min=0, metavar="N", help="Only the first photos of each kind; 0 = all.")
    ] = 0
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", min=1, metavar="N", help="Threads of the network (default: the free cores)."
        ),
    ] = None
    backend: flags.Backend = "onnx"
    device: flags.Device = "auto"
    json: Json = False

    def __post_init__(self) -> None:
        """Refuse an unknown backend, device or detector."""
        checks.check_backend(self.backend, self.device)
        for name in self.detector or ():
            resolve_detector(name)


def _detect(_: typer.Context, options: EvaluateDetectOptions) -> None:
    """How much of the damage is found: precision, recall, F1 and area under their curve, within 2 pixels.

    Beside it the harm on clean photos: the share of pixels touched, and of photos in which nothing was found.
    """
    if not options.masks.is_dir():
        raise UsageError(f"{options.masks}: there is no such folder")
    cases = find_cases(options.photos, options.masks, options.limit)
    clean_files = find_photos(options.clean) if options.clean else []
    detectors = _opened(options)
    measured: dict[str, DetectorFigures] = {}
    with progress_bar() as progress:
        for name, opened in detectors.items():
            task = progress.add_task(name, total=sum(map(len, cases.values())) + len(clean_files))
            measured[name] = measure_detector(opened, cases, clean_files, partial(progress.advance, task))
    if options.json:
        shown = [
            {"detector": name, "sensitivity": options.sensitivity, **asdict(figures)}
            for name, figures in measured.items()
        ]
        print_json({"benchmark": "detect", "tolerance": TOLERANCE, "detectors": shown})
        return
    plain_console(width=110).print(figures_table(measured))


detect = command_from(EvaluateDetectOptions, _detect)


def _opened(options: EvaluateDetectOptions) -> dict[str, Detector]:
    """Open all detectors, so that none is measured before another turns out not to be there."""
    return {
        name: open_detector(
            name,
            sensitivity=options.sensitivity,
            backend=options.backend,
            device=options.device,
            threads=options.threads,
        )
        for name in options.detector or DETECTORS
    }


def figures_table(measured: Mapping[str, DetectorFigures]) -> Table:
    """One row for each kind and detector, then the harm on clean photos."""
    table = Table(title=f"Damage found, within {TOLERANCE} px")
    for column in ("kind", "detector", "photos", "precision", "recall", "F1", "area", "s/MP"):
        table.add_column(column, justify="left" if column in ("kind", "detector") else "right")
    for kind in next(iter(measured.values())).kinds:
        for name, figures in measured.items():
            score = figures.kinds[kind]
            shares = (score.precision, score.recall, score.f1, score.area)
            table.add_row(
                kind,
                name,
                str(score.photos),
                *(f"{share:.3f}" for share in shares),
                f"{figures.seconds_a_megapixel:.2f}",
            )
        table.add_section()
    for name, figures in measured.items():
        if harm := figures.clean:
            harms = (
                f"{harm.left_alone:.0%} left alone",
                f"{harm.touched:.4%} touched",
                f"{harm.touched_most:.2%} at most",
            )
            table.add_row("clean", name, str(harm.photos), *harms, "", "")
    return table
