"""`inpaint-cli evaluate`: how good the models are, beside every classical method, in one run."""

from __future__ import annotations

import typer

from inpaint_cli.cli.evaluate_cifar10 import cifar10
from inpaint_cli.cli.evaluate_detect import detect
from inpaint_cli.cli.evaluate_photos import photos
from inpaint_cli.cli.evaluate_study import study

evaluate = typer.Typer(no_args_is_help=True, help="Measure models against the classical methods.")
evaluate.command("cifar10", short_help="The published benchmark, on CIFAR-10.")(cifar10)
evaluate.command("photos", short_help="How good is it on your own kind of photo.")(photos)
evaluate.command("detect", short_help="How much of the damage is found, and harm done.")(detect)
evaluate.command("study", short_help="Write docs/study.md anew from runs.")(study)
