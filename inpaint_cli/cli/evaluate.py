"""`inpaint-cli evaluate`: how good the models are, beside every classical method, in one run."""

from __future__ import annotations

import typer

from inpaint_cli.cli.evaluate_cifar10 import cifar10
from inpaint_cli.cli.evaluate_detect import detect
from inpaint_cli.cli.evaluate_photos import photos
from inpaint_cli.cli.evaluate_study import study

evaluate = typer.Typer(no_args_is_help=True, help="Measure models against the classical methods.")
evaluate.command("cifar10")(cifar10)
evaluate.command("photos")(photos)
evaluate.command("study")(study)
evaluate.command("detect")(detect)
