"""`inpaint-cli evaluate`: how good the models are, beside every classical method, in one run."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from inpaint_cli.backends import list_models
from inpaint_cli.choices import BACKENDS, DEVICES
from inpaint_cli.cli import options as flags
from inpaint_cli.cli import streams
from inpaint_cli.cli.clean_photos import clean_photos, find_photos
from inpaint_cli.cli.evaluate_detect import detect
from inpaint_cli.cli.models import results_console
from inpaint_cli.cli.reporting import read_head
from inpaint_cli.cli.train import require_training
from inpaint_cli.errors import ExitCode, UsageError
from inpaint_cli.restoration.difficulty import open_tiers
from inpaint_cli.restoration.quality import DEFAULT_QUALITY, find_quality

if TYPE_CHECKING:
    from training.evaluation import Candidate
    from training.photo_benchmark import KindReport

NEEDED = ("skimage", "scipy")
QUICK_METHODS = ("ns", "telea", "biharmonic", "harmonic")
"""Classical methods that whole photos are compared with by default; FSR takes ten seconds a megapixel."""

evaluate = typer.Typer(no_args_is_help=True, help="Measure models against the classical methods.")

Models = Annotated[
    list[str] | None, typer.Option("--model", metavar="NAME|PATH", help="May be given several times.")
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="NAME",
        help="Classical: biharmonic, harmonic, ns, telea, fsr, or none. May be repeated.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the damage.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@evaluate.command()
def cifar10(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="BATCH",
            help="A test batch, or a folder or archive with one (default: downloaded).",
        ),
    ] = None,
    model: Models = None,
    method: Methods = None,
    seed: Seed = 1,
    limit: Annotated[int, typer.Option(min=0, help="Only the first pictures; 0 = all.")] = 0,
    hole_pictures: Annotated[
        int, typer.Option(min=0, help="Pictures for each shape and size of hole; 0 leaves these tables out.")
    ] = 100,
    backend: flags.Backend = "onnx",
    device: flags.Device = "auto",
    as_json: Json = False,
) -> None:
    """The published benchmark: CIFAR-10 test pictures with black lines, and holes of several kinds and sizes.

    The error is the mean over all pixels and channels of the squared difference in 0..1. Known pixels are
    pasted back; a blind model is also scored on its raw answer.
    """
    require_training(*NEEDED)
    from training.data import fetch_cifar10, read_test_pictures
    from training.evaluation import CifarOptions, evaluate_cifar, work_of
    from training.report import cifar_tables

    options = CifarOptions(seed=seed, limit=limit, hole_pictures=hole_pictures)
    pictures = read_test_pictures(data or fetch_cifar10())
    models = model or [each.card.name for each in list_models() if each.card.kind in ("pconv", "vanilla")]
    candidates = [*_networks(models, backend, device), *_classical(method, always=("biharmonic",))]
    with _progress() as progress:
        task = progress.add_task("Evaluating", total=work_of(len(pictures), options, len(candidates)))
        report = evaluate_cifar(pictures, candidates, options, lambda count: progress.advance(task, count))
    if as_json:
        _print_json({**report.as_dict(), "command": _command()})
        return
    console = results_console()
    for table in cifar_tables(report):
        console.print(table)


@evaluate.command()
def photos(
    clean: Annotated[Path, typer.Argument(metavar="CLEAN_FOLDER", help="Photos without damage.")],
    kinds: Annotated[
        str | None,
        typer.Option(metavar="KIND,KIND", help="lines, scratch, text, dust, blotch, hole (default: all)."),
    ] = None,
    quality: Annotated[
        list[str] | None,
        typer.Option("--quality", metavar="NAME", help="As of `restore`; may be given several times."),
    ] = None,
    model: Models = None,
    method: Methods = None,
    seed: Seed = 1,
    limit: Annotated[int, typer.Option(min=0, help="Only the first photos; 0 = all.")] = 0,
    panel: Annotated[Path, typer.Option(metavar="PNG", help="Crops side by side.")] = Path("evaluation.png"),
    backend: flags.Backend = "onnx",
    device: flags.Device = "auto",
    as_json: Json = False,
) -> None:
    """How good is it on your own kind of photo: damages copies, restores them, scores, and draws a panel.

    PSNR (dB) and SSIM are taken over the damaged pixels alone. The folder itself is only read.
    """
    require_training(*NEEDED)
    from training.photo_benchmark import evaluate_kind, find_kinds, keep_crops, photo_panel, shown_rows
    from training.report import photo_tables

    chosen = find_kinds(kinds.split(",") if kinds else None)
    _check_panel(panel, clean)
    files = find_photos(clean)[: limit or None]
    networks = [
        each
        for name in quality or [DEFAULT_QUALITY]
        for each in _networks(model or [None], backend, device, name)
        if not each.raw
    ]
    candidates = [*networks, *_classical(list(QUICK_METHODS) if method is None else method)]
    names = [candidate.name for candidate in networks]
    reports: list[KindReport] = []
    broken: dict[Path, str] = {}
    with _progress() as progress:
        task = progress.add_task("Evaluating", total=len(files) * len(chosen) * len(candidates))
        for kind in chosen:
            report = evaluate_kind(
                kind,
                clean_photos(files, clean, broken),
                candidates,
                seed,
                lambda count: progress.advance(task, count),
            )
            reports.append(keep_crops(report, shown_rows(report, names)))
    measured = len(files) - len(broken)
    if as_json:
        described = [report.as_dict() for report in reports]
        _print_json({"benchmark": "photos", "photos": measured, "seed": seed, "kinds": described,
                     "panel": str(panel), "command": _command()})  # fmt: skip
    else:
        console = results_console()
        for table in photo_tables(reports, measured):
            console.print(table)
    _write_panel(panel, photo_panel(reports))
    for reason in broken.values():
        streams.to_stderr(f"failed: {reason}")
    if broken:
        raise typer.Exit(ExitCode.SOME_FAILED)


@evaluate.command()
def study(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders, each with its checkpoint.")
    ],
    data: Annotated[Path, typer.Option(metavar="BATCH", help="Test pictures, as for `evaluate cifar10`.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.md")] = Path("docs/study.md"),
    method: Methods = None,
    seed: Seed = 1,
    limit: Annotated[int, typer.Option(min=0, help="Only the first pictures; 0 = all.")] = 0,
    hole_pictures: Annotated[
        int, typer.Option(min=0, help="Pictures for each shape and size of hole.")
    ] = 100,
) -> None:
    """Write the study anew from run folders: tables, loss curves and panels beside FILE.md.

    What stands outside of the `<!-- study: ... -->` blocks of an existing file is kept.
    """
    require_training(*NEEDED, "onnx")
    from training.data import read_test_pictures
    from training.evaluation import CifarOptions
    from training.study import open_runs, write_study

    options = CifarOptions(seed=seed, limit=limit, hole_pictures=hole_pictures)
    pictures = read_test_pictures(data)
    classical = _classical(method, always=("biharmonic",))
    with open_runs(runs) as opened, _progress() as progress:
        task = progress.add_task("Study", total=None)
        for file in write_study(
            opened,
            pictures,
            classical,
            options,
            output,
            _command(),
            lambda count: progress.advance(task, count),
        ):
            typer.echo(file)


evaluate.command()(detect)


def _networks(
    models: Sequence[str | None], backend: str, device: str, quality: str = DEFAULT_QUALITY
) -> list[Candidate]:
    """Open models by name or path, None for those of the quality."""
    from training.evaluation import network_candidates

    flags.check_choice("--backend", backend, BACKENDS)
    flags.check_choice("--device", device, DEVICES)
    found: list[Candidate] = []
    for name in models:
        network = open_tiers(find_quality(quality).tiers_with(name), backend=backend, device=device)
        taken = [candidate.name for candidate in found]
        found += network_candidates(network, _shown_name(name, network.card.name, quality, taken), quality)
    return found


def _shown_name(given: str | None, card_name: str, quality: str, taken: Sequence[str]) -> str:
    """The quality's name for its own models; else the card's, or the path where two have one name."""
    if given is None:
        return quality
    of_quality = "" if quality == DEFAULT_QUALITY else f", {quality}"
    shown = card_name + of_quality
    return given + of_quality if shown in taken else shown


def _classical(names: list[str] | None, always: Sequence[str] = ()) -> list[Candidate]:
    from training.classical import find_methods
    from training.evaluation import classical_candidate

    if names == ["none"]:
        names = []
    wanted = names if names is None else list(dict.fromkeys([*always, *names]))
    return [classical_candidate(name, method) for name, method in find_methods(wanted).items()]


def _check_panel(file: Path, photos: Path) -> None:
    """Raise UsageError where the panel would replace something else, or can't be written."""
    from training.panels import MARK

    if file.resolve() == photos.resolve() or photos.resolve() in file.resolve().parents:
        raise UsageError(f"--panel {file}: lies among the photos, which are only read; give another place")
    if file.exists() and "\0".join(MARK).encode() not in read_head("--panel", file):
        raise UsageError(f"--panel {file}: is there already, and is no panel of ours; give another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--panel {file}: its folder can't be made ({error.strerror})") from error


def _write_panel(file: Path, data: bytes) -> None:
    from inpaint_cli.photos import write_atomically

    write_atomically(file, data)
    Console(stderr=True).print(f"panel: {file}", highlight=False)


def _print_json(report: dict[str, Any]) -> None:
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False))


def _command() -> str:
    """The command line as it was given, for the record."""
    return shlex.join(["inpaint-cli", *sys.argv[1:]])


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,  # rich leaves an empty line in files
    )
