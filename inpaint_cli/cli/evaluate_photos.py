"""`inpaint-cli evaluate photos`: how good is it on photos of one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint_cli.cli import candidates, checks, streams
from inpaint_cli.cli import options as flags
from inpaint_cli.cli.clean_photos import clean_photos, find_photos
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.consoles import plain_console, results_console
from inpaint_cli.cli.evaluate_report import print_json, progress_bar
from inpaint_cli.cli.extras import require_training
from inpaint_cli.cli.reporting import can_have_folder, read_head
from inpaint_cli.errors import ExitCode, PhotoError, UsageError
from inpaint_cli.paths import real_path
from inpaint_cli.restoration.quality import DEFAULT_QUALITY, find_quality

if TYPE_CHECKING:
    from training.evaluation import Candidate
    from training.photo_benchmark import KindReport

QUICK_METHODS = ("ns", "telea", "biharmonic", "harmonic")
"""Classical methods that whole photos are compared with by default; FSR takes ten seconds a megapixel."""


@dataclass(frozen=True, kw_only=True)
class PhotosOptions:
    """What `evaluate photos` was asked to do."""

    clean: Annotated[Path, typer.Argument(metavar="CLEAN_FOLDER", help="Photos without damage.")]
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kinds",
            metavar="KIND,KIND",
            help="lines, scratch, text, dust, blotch, hole (default: all).",
        ),
    ] = None
    quality: Annotated[
        list[str] | None,
        typer.Option("--quality", metavar="NAME", help="As of `restore`; may be given several times."),
    ] = None
    model: candidates.Models = None
    method: candidates.Methods = None
    seed: candidates.Seed = 1
    limit: Annotated[
        int, typer.Option("--limit", min=0, metavar="N", help="Only the first photos; 0 = all.")
    ] = 0
    panel: Annotated[Path, typer.Option("--panel", metavar="PNG", help="Crops side by side.")] = Path(
        "evaluation.png"
    )
    backend: flags.Backend = "onnx"
    device: flags.Device = "auto"
    json: candidates.Json = False

    def __post_init__(self) -> None:
        """Raise UsageError for a backend, device or quality that there is not."""
        checks.check_backend(self.backend, self.device)
        for quality in self.quality or ():
            find_quality(quality)


def _photos(_: typer.Context, options: PhotosOptions) -> None:
    """How good is it on your own kind of photo: damages copies, restores them, scores, and draws a panel.

    PSNR (dB) and SSIM are taken over the damaged pixels alone. The folder itself is only read.
    """
    require_training(*candidates.NEEDED)
    from training.photo_benchmark import find_kinds, photo_panel
    from training.report import photo_tables

    kinds = find_kinds(options.kinds.split(",") if options.kinds else None)
    _check_panel(options.panel, options.clean)
    files = find_photos(options.clean)[: options.limit or None]
    broken: dict[Path, str] = {}
    reports = _reports(options, kinds, files, broken)
    measured = len(files) - len(broken)
    if options.json:
        described = [report.as_dict() for report in reports]
        print_json({"benchmark": "photos", "photos": measured, "seed": options.seed,
                               "kinds": described, "panel": str(options.panel)})  # fmt: skip
    else:
        console = results_console()
        for table in photo_tables(reports, measured):
            console.print(table)
    _write_panel(options.panel, photo_panel(reports))
    for reason in broken.values():
        streams.to_stderr(f"failed: {reason}")
    if broken:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _reports(
    options: PhotosOptions, kinds: Sequence[str], files: Sequence[Path], broken: dict[Path, str]
) -> list[KindReport]:
    """Damage, restore and score all photos, kind by kind; `broken` gets why any can't be read."""
    from training.photo_benchmark import evaluate_kind, keep_crops, shown_rows

    networks = _networks(options)
    names = [network.name for network in networks]
    methods = list(QUICK_METHODS) if options.method is None else options.method
    compared = [*networks, *candidates.classical_candidates(methods)]
    reports = []
    with progress_bar() as progress:
        task = progress.add_task("Evaluating", total=len(files) * len(kinds) * len(compared))
        for kind in kinds:
            report = evaluate_kind(
                kind,
                clean_photos(files, options.clean, broken),
                compared,
                options.seed,
                lambda count: progress.advance(task, count),
            )
            reports.append(keep_crops(report, shown_rows(report, names)))
    return reports


def _networks(options: PhotosOptions) -> list[Candidate]:
    return [
        network
        for quality in dict.fromkeys(options.quality or [DEFAULT_QUALITY])
        for network in candidates.network_candidates(
            options.model or [None], options.backend, options.device, quality
        )
        if not network.raw
    ]


def _check_panel(file: Path, photos: Path) -> None:
    """Raise UsageError where the panel would replace something else, or can't be written."""
    from training.panels import MARK

    if real_path(file).is_relative_to(real_path(photos)):
        raise UsageError(f"--panel {file}: lies among the photos, which are only read; give another place")
    if file.suffix.lower() != ".png":
        raise UsageError(f"--panel {file}: is a PNG; let its name end in .png")
    if os.path.lexists(file) and "\0".join(MARK).encode() not in read_head("--panel", file):
        raise UsageError(f"--panel {file}: is there already, and is no panel of ours; give another name")
    if not can_have_folder(file):
        raise UsageError(f"--panel {file}: its folder can't be made; give another place")


def _write_panel(file: Path, data: bytes) -> None:
    from inpaint_cli.photos import write_atomically

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoError(f"{file}: its folder can't be made: {error.strerror or error}") from error
    write_atomically(file, data)
    plain_console(stderr=True).print(f"panel: {file}", soft_wrap=True)


photos = command_from(PhotosOptions, _photos)
