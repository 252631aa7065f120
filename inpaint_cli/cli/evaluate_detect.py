"""`inpaint-cli evaluate detect`: how much damage the detectors find, and what they do to clean photos."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from rich.table import Table

from inpaint_cli.cli import checks
from inpaint_cli.cli import options as flags
from inpaint_cli.cli.candidates import Json
from inpaint_cli.cli.clean_photos import find_photos, path_in
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.consoles import plain_console
from inpaint_cli.cli.evaluate_report import print_json, progress_bar
from inpaint_cli.detection import (
    DEFAULT_SENSITIVITY,
    DETECTORS,
    Detection,
    Detector,
    open_detector,
    resolve_detector,
)
from inpaint_cli.detection.measure import TOLERANCE, KindScore, PhotoScore, mean_score, score_photo
from inpaint_cli.errors import MaskError
from inpaint_cli.photos import read_mask, read_photo


@dataclass(frozen=True)
class CleanScore:
    """Harm on clean photos: share of all pixels touched, share of photos in which nothing was found."""

    photos: int
    touched: float
    left_alone: float
    touched_most: float


@dataclass(frozen=True)
class DetectorReport:
    """All figures of one detector; `kinds` by the first folder below PHOTOS."""

    detector: str
    sensitivity: float
    kinds: dict[str, KindScore]
    clean: CleanScore | None
    seconds_a_megapixel: float


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
    cases = _cases(options.photos, options.masks, options.limit)
    clean_files = find_photos(options.clean) if options.clean else []
    detectors = _opened(options)
    reports = []
    with progress_bar() as progress:
        for name, opened in detectors.items():
            task = progress.add_task(name, total=sum(map(len, cases.values())) + len(clean_files))
            clock = _Clock(opened, lambda task=task: progress.advance(task))
            kinds = {kind: mean_score(list(_scored(clock, pairs))) for kind, pairs in cases.items()}
            harm = _harm(clock, clean_files) if clean_files else None
            reports.append(DetectorReport(name, options.sensitivity, kinds, harm, clock.seconds_a_megapixel))
    if options.json:
        shown = [asdict(report) for report in reports]
        print_json({"benchmark": "detect", "tolerance": TOLERANCE, "detectors": shown})
        return
    plain_console(width=110).print(report_table(reports))


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


def report_table(reports: Sequence[DetectorReport]) -> Table:
    """One row for each kind and detector, then the harm on clean photos."""
    table = Table(title=f"Damage found, within {TOLERANCE} px")
    for column in ("kind", "detector", "photos", "precision", "recall", "F1", "area", "s/MP"):
        table.add_column(column, justify="left" if column in ("kind", "detector") else "right")
    for kind in reports[0].kinds:
        for report in reports:
            score = report.kinds[kind]
            shares = (score.precision, score.recall, score.f1, score.area)
            table.add_row(
                kind,
                report.detector,
                str(score.photos),
                *(f"{share:.3f}" for share in shares),
                f"{report.seconds_a_megapixel:.2f}",
            )
        table.add_section()
    for report in reports:
        if report.clean:
            harm = report.clean
            figures = (
                f"{harm.left_alone:.0%} left alone",
                f"{harm.touched:.4%} touched",
                f"{harm.touched_most:.2%} at most",
            )
            table.add_row("clean", report.detector, str(harm.photos), *figures, "", "")
    return table


class _Clock:
    """Runs a detector, adding up its seconds and pixels."""

    def __init__(self, detector: Detector, done: Any) -> None:
        self.detector, self.done = detector, done
        self.seconds, self.pixels = 0.0, 0

    def find(self, file: Path) -> Detection:
        pixels = read_photo(file).pages[0].pixels
        started = time.perf_counter()
        detection = self.detector.find(pixels)
        self.seconds += time.perf_counter() - started
        self.pixels += pixels.shape[0] * pixels.shape[1]
        self.done()
        return detection

    @property
    def seconds_a_megapixel(self) -> float:
        return self.seconds / max(self.pixels, 1) * 1e6


def _cases(photos: Path, masks: Path, limit: int) -> dict[str, list[tuple[Path, Path]]]:
    """Pair photos with masks, by kind. Raises MaskError where a photo has none."""
    kinds: dict[str, list[tuple[Path, Path]]] = {}
    for file in find_photos(photos):
        relative = path_in(photos, file)
        mask = (masks / relative).with_suffix(".png")
        if not mask.is_file():
            raise MaskError(f"{file}: its true mask {mask} is not there")
        kind = relative.parts[0] if len(relative.parts) > 1 else "all"
        kinds.setdefault(kind, []).append((file, mask))
    return {kind: pairs[: limit or None] for kind, pairs in kinds.items()}


def _scored(clock: _Clock, pairs: Sequence[tuple[Path, Path]]) -> Iterator[PhotoScore]:
    for photo, mask in pairs:
        truth: npt.NDArray[np.bool_] = read_mask(mask)
        detection = clock.find(photo)
        if truth.shape != detection.mask.shape:
            raise MaskError(f"{mask}: is of another size than {photo}")
        yield score_photo(detection, truth)


def _harm(clock: _Clock, files: Sequence[Path]) -> CleanScore:
    touched, pixels, alone = [], [], []
    for file in files:
        found = clock.find(file)
        touched.append(float(found.mask.mean()))
        pixels.append(found.mask.size)
        alone.append(found.clean)
    return CleanScore(
        photos=len(files),
        touched=float(np.average(touched, weights=pixels)),
        left_alone=float(np.mean(alone)),
        touched_most=max(touched),
    )
