"""`inpaint-cli evaluate cifar10`: the published benchmark, beside every classical method."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inpaint_cli.backends import list_models
from inpaint_cli.cli import candidates, checks
from inpaint_cli.cli import options as flags
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.consoles import results_console
from inpaint_cli.cli.evaluate_report import print_json, progress_bar
from inpaint_cli.cli.extras import require_training


@dataclass(frozen=True, kw_only=True)
class Cifar10Options:
    """What `evaluate cifar10` was asked to do."""

    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="BATCH",
            help="A test batch, or a folder or archive with one (default: downloaded).",
        ),
    ] = None
    model: candidates.Models = None
    method: candidates.Methods = None
    seed: candidates.Seed = 1
    limit: candidates.PictureLimit = 0
    hole_pictures: Annotated[
        int,
        typer.Option(
            "--hole-pictures",
            min=0,
            metavar="N",
            help="Pictures for each shape and size of hole; 0 leaves these tables out.",
        ),
    ] = 100
    backend: flags.Backend = "onnx"
    device: flags.Device = "auto"
    json: candidates.Json = False

    def __post_init__(self) -> None:
        """Refuse an unknown backend or device."""
        checks.check_backend(self.backend, self.device)


def _cifar10(_: typer.Context, options: Cifar10Options) -> None:
    """The published benchmark: CIFAR-10 test pictures with black lines, and holes of several kinds and sizes.

    The error is the mean over all pixels and channels of the squared difference in 0..1. Known pixels are
    pasted back; a blind model is also scored on its raw answer.
    """
    require_training(*candidates.NEEDED)
    from training.data import fetch_cifar10, read_test_pictures
    from training.evaluation import CifarOptions, evaluate_cifar, work_of
    from training.report import cifar_tables

    protocol = CifarOptions(seed=options.seed, limit=options.limit, hole_pictures=options.hole_pictures)
    pictures = read_test_pictures(options.data or fetch_cifar10())
    models = options.model or [
        each.card.name for each in list_models() if each.card.kind in ("pconv", "vanilla")
    ]
    compared = [
        *candidates.network_candidates(models, options.backend, options.device),
        *candidates.classical_candidates(options.method, always=("biharmonic",)),
    ]
    with progress_bar() as progress:
        task = progress.add_task("Evaluating", total=work_of(len(pictures), protocol, len(compared)))
        report = evaluate_cifar(pictures, compared, protocol, lambda count: progress.advance(task, count))
    if options.json:
        print_json(report.as_dict())
        return
    console = results_console()
    for table in cifar_tables(report):
        console.print(table)


cifar10 = command_from(Cifar10Options, _cifar10)
