"""`inpaint-cli train`: train the networks and keep all that a run gives in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inpaint_cli.choices import KINDS
from inpaint_cli.cli import checks
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.extras import require_training
from inpaint_cli.errors import UsageError

DEVICES = ("auto", "cpu", "cuda")
LARGEST_NUMBER = 2**31 - 1
"""What is computed with larger ones overflows the 64 bits that torch counts in."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What `train` was asked to do."""

    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="vanilla, pconv, photo or detector; without it: vanilla, then pconv.",
        ),
    ] = None
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="PATH[@WEIGHT]",
            help="cifar-10-binary.tar.gz, a folder of *.bin batches, one batch, or any folder of pictures."
            " May be given several times; a picture of weight 2 is seen twice as often."
            " Without it CIFAR-10 is downloaded once.",
        ),
    ] = None
    valid: Annotated[
        Path | None,
        typer.Option(
            "--valid", metavar="PATH", help="Pictures that validate (default: valid_batch.bin, or a share)."
        ),
    ] = None
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="best (the default), paper (as published), fast, tiny (both for photo), large (for a GPU).",
        ),
    ] = None
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", min=1, help="Times through the data.")
    ] = None
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            metavar="N",
            help="Train for so long instead; the learning rate falls by the clock.",
        ),
    ] = None
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", metavar="N", min=1, max=LARGEST_NUMBER, help="Pictures a step."),
    ] = None
    lr: Annotated[float | None, typer.Option("--lr", metavar="RATE", help="Learning rate.")] = None
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", min=0, max=LARGEST_NUMBER, help="The same seed gives the same run."
        ),
    ] = None
    loss: Annotated[
        str | None,
        typer.Option("--loss", metavar="NAME", help="squared, log or adversarial (sharper, more error)."),
    ] = None
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda.")] = "auto"
    compiled: Annotated[
        bool | None,
        typer.Option(
            "--compile/--no-compile",
            help="Compile the network; on cuda record the steps of all but a detector too: faster, after a"
            " slow start (cuda: on).",
        ),
    ] = None
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in the folder.")] = False
    start_from: Annotated[
        list[Path] | None,
        typer.Option(
            "--start-from",
            metavar="CHECKPOINT|RUN",
            help="Begin with another run's weights, or a smaller network's; of several, with their mean.",
        ),
    ] = None
    elements: Annotated[
        Path | None,
        typer.Option(
            "--elements",
            metavar="DIR",
            help="detector: scanned damage as KIND/*.png, white where it is opaque.",
        ),
    ] = None
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            "--teacher",
            metavar="CHECKPOINT|RUN",
            help="detector: a trained one whose answers are learned as well; of several, what they say"
            " together.",
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="RUN", help="The run's folder (default: runs/MODEL)."),
    ] = None
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False

    def __post_init__(self) -> None:
        """Raise UsageError for what contradicts itself."""
        if self.model is not None:
            checks.check_choice("--model", self.model, KINDS)
        checks.check_choice("--device", self.device, DEVICES)
        if self.minutes is not None and self.epochs is not None:
            raise UsageError("--minutes and --epochs both say when to end; give one of them")
        if self.model != "detector" and self.elements is not None:
            raise UsageError(
                "--elements: only the detector is trained with scanned damage; add --model detector"
            )
        if self.model != "detector" and self.teacher:
            raise UsageError("--teacher: only the detector learns from others; add --model detector")
        if self.model is None and self.start_from:
            raise UsageError("--start-from: says nothing about which of two networks; add --model")


def _train(_: typer.Context, options: TrainOptions) -> None:
    """Train a network on CIFAR-10 or on your own pictures.

    The run's folder gets config.json, losses.csv, losses.png, panel.png and the checkpoint
    last.safetensors, which `inpaint-cli export` turns into a model. The detector learns from photos without
    damage, which it damages afresh for each step; its folder gets config.json and the checkpoint.
    """
    require_training()
    from inpaint_cli.cli.train_networks import train_networks

    train_networks(options)


train = command_from(TrainOptions, _train)
