"""`inpaint-cli train`: train the networks and keep all that a run gives in its folder."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from inpaint_cli.cli.train_detector import refuse_for_detector, train_detector
from inpaint_cli.errors import BackendError, UsageError

if TYPE_CHECKING:
    from training.data import SourceOption, TrainingData
    from training.loop import EpochFigures, Trainer

MODELS = ("vanilla", "pconv", "photo", "detector")
BOTH = ("vanilla", "pconv")
NEEDED = ("torch", "safetensors", "matplotlib", "filelock")
LARGEST_NUMBER = 2**31 - 1
"""What is computed with larger ones overflows the 64 bits that torch counts in."""


def train(
    model: Annotated[
        str | None, typer.Option(help="vanilla, pconv, photo or detector; without it: vanilla, then pconv.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH[@WEIGHT]",
            help="cifar-10-binary.tar.gz, a folder of *.bin batches, one batch, or any folder of pictures."
            " May be given several times; a picture of weight 2 is seen twice as often."
            " Without it CIFAR-10 is downloaded once.",
        ),
    ] = None,
    valid: Annotated[
        Path | None, typer.Option(help="Pictures that validate (default: valid_batch.bin, or a share).")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="best (the default), paper (as published), fast, tiny (both for photo), large (for a GPU)."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Times through the data.")] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Train for so long instead; the learning rate falls by the clock."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, max=LARGEST_NUMBER, help="Pictures a step.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_NUMBER, help="The same seed gives the same run.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="squared, log or adversarial (sharper, more error).")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    compiled: Annotated[
        bool | None,
        typer.Option(
            "--compile/--no-compile",
            help="Compile the network, on cuda record the steps too: faster, after a slow start (cuda: on).",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in the folder.")] = False,
    start_from: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CHECKPOINT",
            help="Begin with another run's weights, or a smaller network's; of several, with their mean.",
        ),
    ] = None,
    elements: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="detector: scanned damage as KIND/*.png, white where it is opaque."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="RUN", help="The run's folder (default: runs/MODEL)."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Train a network on CIFAR-10 or on your own pictures.

    The run's folder gets config.json, losses.csv, losses.png, panel.png and the checkpoint
    last.safetensors, which `inpaint-cli export` turns into a model. The detector learns from photos without
    damage, which it damages afresh for each step; its folder gets config.json and the checkpoint.
    """
    if model is not None and model not in MODELS:
        raise UsageError(f"no model {model!r}; there are: {', '.join(MODELS)}")
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: must be auto, cpu or cuda")
    if minutes is not None and epochs is not None:
        raise UsageError("--minutes and --epochs both say when to end; give one of them")
    if model != "detector" and elements is not None:
        raise UsageError("--elements: only the detector is trained with scanned damage; add --model detector")
    if model is None and start_from:
        raise UsageError("--start-from: says nothing about which of two networks; add --model")
    require_training()
    from training.run_folder import RunFolder
    from training.session import TrainingRequest
    from training.session import train as run

    first = os.environ.get("RANK", "0") == "0"
    console = Console(stderr=True, quiet=quiet or not first)
    options = _parse_data(data)
    common: dict[str, Any] = {
        "valid": valid, "batch_size": batch_size, "learning_rate": lr, "seed": seed, "minutes": minutes,
        "device": device, "resume": resume, "start_from": tuple(start_from or ()),
    }  # fmt: skip
    if model == "detector":
        refuse_for_detector(
            {"--preset": preset, "--epochs": epochs, "--loss": loss, "--compile": compiled}, options
        )
        photos = tuple(option.path for option in options)
        target = _folder(output, model, alone=True)
        folder = train_detector(console, folder=target, photos=photos, elements=elements, **common)
        typer.echo(folder.weights_file)
        return
    reader = _Reader(console)
    requests = [
        TrainingRequest(
            model=name,
            folder=_folder(output, name, alone=model is not None),
            preset=preset,
            data=options,
            epochs=epochs,
            loss=loss,
            compiled=compiled,
            **common,
        )
        for name in ((model,) if model else BOTH)
    ]
    begun = [RunFolder(request.folder).holds_run for request in requests]
    if resume and any(begun):  # of two networks the second may not have been begun yet
        requests = [replace(asked, resume=holds) for asked, holds in zip(requests, begun, strict=True)]
    for request in requests:
        with _ProgressWatcher(console, request.model) as watcher:
            folder = run(request, reader, watcher)
        if first:
            typer.echo(folder.weights_file)


def require_training(*more: str) -> None:
    """Raise BackendError where packages of the extra `train` are missing: those of training, and ``more``."""
    missing = [name for name in (*NEEDED, *more) if importlib.util.find_spec(name) is None]
    if missing:
        raise BackendError(
            f"this needs {missing[0]}, which isn't installed: pip install 'inpaint-cli[train]'"
        )


def _parse_data(data: Sequence[str] | None) -> tuple[SourceOption, ...]:
    from training.data import SourceOption

    return tuple(SourceOption.parse(text) for text in data or ())


def _folder(output: Path | None, model: str, *, alone: bool) -> Path:
    if output is None:
        return Path("runs") / model
    return output if alone else output / model


class _Reader:
    """Reads the data once for both models, downloading CIFAR-10 where none was given."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.known: dict[Any, TrainingData] = {}

    def __call__(self, options: Sequence[SourceOption], valid: Path | None, seed: int) -> TrainingData:
        from training.data import SourceOption, load_training_data

        key = (tuple(options), valid, seed)
        if key not in self.known:
            given = tuple(options) or (SourceOption(self._fetch()),)
            self.known[key] = load_training_data(given, valid=valid, seed=seed)
        return self.known[key]

    def _fetch(self) -> Path:
        from training.data import fetch_cifar10

        with Progress(console=self.console, transient=True) as progress:
            task = progress.add_task("Downloading CIFAR-10", total=None)
            return fetch_cifar10(
                progress=lambda done, total: progress.update(task, completed=done, total=total or None)
            )


class _SpeedColumn(ProgressColumn):
    """Pictures a second."""

    def render(self, task: Task) -> Text:
        batch = task.fields.get("batch_size", 0)
        return Text(f"{task.speed * batch:,.0f} pictures/s" if task.speed else "", style="cyan")


class _StepProgress(Progress):
    """A progress bar that asks the trainer how far it is each time that it is drawn."""

    trainer: Trainer | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        if self.trainer is not None and self.task_ids:
            trainer, task = self.trainer, self.task_ids[0]
            last = -(-trainer.total_steps // trainer.steps_per_epoch)
            epoch = min(trainer.step // trainer.steps_per_epoch + 1, last)
            of_how_many = "" if trainer.config.minutes else f"/{last}"
            self.update(
                task, completed=trainer.step, total=trainer.total_steps, epoch=f"epoch {epoch}{of_how_many}"
            )
        yield from super().get_renderables()


class _ProgressWatcher:
    """Draws progress on stderr and prints a line an epoch."""

    def __init__(self, console: Console, model: str) -> None:
        self.console, self.model = console, model
        self.progress = _StepProgress(
            TextColumn("[bold]{task.description}"),
            TextColumn("{task.fields[epoch]}"),
            BarColumn(bar_width=None),
            _SpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            speed_estimate_period=60.0,
            refresh_per_second=2,
            disable=console.quiet,
        )

    def __enter__(self) -> _ProgressWatcher:
        return self

    def __exit__(self, *error: object) -> None:
        if self.progress.live.is_started:  # rich prints an empty line otherwise
            self.progress.stop()

    def started(self, trainer: Trainer, data: TrainingData) -> None:
        """Say what is trained on, and show the bar."""
        parameters = sum(parameter.numel() for parameter in trainer.network.parameters())
        self.console.print(
            f"{self.model}: {parameters:,} parameters on {trainer.device.type}; {data.description}",
            highlight=False,
        )
        if trainer.finished:
            self.console.print(f"{self.model}: all {trainer.config.length} are done already")
            return
        self.progress.trainer = trainer
        self.progress.add_task(
            self.model,
            total=trainer.total_steps,
            completed=trainer.step,
            epoch="",
            batch_size=trainer.config.batch_size,
        )
        self.progress.start()

    def epoch_ended(self, figures: EpochFigures) -> None:
        """Print the epoch's losses."""
        self.console.print(
            f"{self.model} epoch {figures.epoch}: training {figures.training_loss:.6f},"
            f" validation {figures.validation_loss:.6f}, {figures.pictures_per_second:,.0f} pictures/s",
            highlight=False,
        )
