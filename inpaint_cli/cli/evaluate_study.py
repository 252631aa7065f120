"""`inpaint-cli evaluate study`: the comparison of the networks, written anew from their runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inpaint_cli.cli import candidates
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.evaluate_report import command_line, progress_bar
from inpaint_cli.cli.extras import require_training


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """What `evaluate study` was asked to do."""

    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders, each with its checkpoint.")
    ]
    data: Annotated[
        Path, typer.Option("--data", metavar="BATCH", help="Test pictures, as for `evaluate cifar10`.")
    ]
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.md", help="The study; its pictures lie beside it.")
    ] = Path("docs/study.md")
    method: candidates.Methods = None
    seed: candidates.Seed = 1
    limit: candidates.PictureLimit = 0
    hole_pictures: Annotated[
        int,
        typer.Option("--hole-pictures", min=0, metavar="N", help="Pictures for each shape and size of hole."),
    ] = 100


def _study(_: typer.Context, options: StudyOptions) -> None:
    """Write the study anew from run folders: tables, loss curves and panels beside FILE.md.

    What stands outside of the `<!-- study: ... -->` blocks of an existing file is kept.
    """
    require_training(*candidates.NEEDED, "onnx")
    from training.data import read_test_pictures
    from training.evaluation import CifarOptions
    from training.study import open_runs, write_study

    protocol = CifarOptions(seed=options.seed, limit=options.limit, hole_pictures=options.hole_pictures)
    pictures = read_test_pictures(options.data)
    classical = candidates.classical_candidates(options.method, always=("biharmonic",))
    with open_runs(options.runs) as opened, progress_bar() as progress:
        task = progress.add_task("Study", total=None)
        for file in write_study(
            opened,
            pictures,
            classical,
            protocol,
            options.output,
            command_line(),
            lambda count: progress.advance(task, count),
        ):
            typer.echo(file)


study = command_from(StudyOptions, _study)
