"""`inpaint-cli train` of networks that restore: one run, or one of each network of the report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import Progress

from inpaint_cli.batch.masks import masks_left_out
from inpaint_cli.cli.consoles import plain_console
from inpaint_cli.cli.streams import to_stderr
from inpaint_cli.cli.train_detector import refuse_for_detector, train_detector
from inpaint_cli.cli.train_progress import ProgressWatcher
from inpaint_cli.printable import printable
from training.data import SourceOption, fetch_cifar10, load_training_data
from training.data.pictures import find_masks
from training.run_folder import RunFolder
from training.session import TrainingRequest
from training.session import train as train_network

if TYPE_CHECKING:
    from inpaint_cli.cli.train import TrainOptions
    from training.data import TrainingData

BOTH = ("vanilla", "pconv")


def train_networks(options: TrainOptions) -> None:
    """Train what is asked for, and print the checkpoint of each run on stdout, of several processes once."""
    first = os.environ.get("RANK", "0") == "0"
    console = plain_console(stderr=True, quiet=options.quiet or not first)
    sources = tuple(SourceOption.parse(text) for text in options.data or ())
    if first and not options.quiet:
        _tell_masks_left_out([source.path for source in sources] + ([options.valid] if options.valid else []))
    if options.model == "detector":
        typer.echo(_train_detector(options, sources, console).weights_file)
        return
    reader = _Reader(console)
    for request in _requests(options, sources):
        with ProgressWatcher(console, request.model) as watcher:
            folder = train_network(request, reader, watcher)
        if first:
            typer.echo(folder.weights_file)


def _tell_masks_left_out(data: Sequence[Path]) -> None:
    for folder in data:
        if folder.is_dir() and (masks := find_masks(folder)):
            below = {os.path.relpath(mask, folder) for mask in masks}
            to_stderr(f"note: {printable(masks_left_out(str(folder), below))}")


def _train_detector(options: TrainOptions, sources: Sequence[SourceOption], console: Console) -> RunFolder:
    refused = {
        "--preset": options.preset,
        "--epochs": options.epochs,
        "--loss": options.loss,
    }
    refuse_for_detector(refused, sources)
    return train_detector(
        console,
        folder=_folder(options, "detector"),
        photos=tuple(source.path for source in sources),
        elements=options.elements,
        teachers=tuple(options.teacher or ()),
        **_asked(options),
    )


def _requests(options: TrainOptions, sources: tuple[SourceOption, ...]) -> list[TrainingRequest]:
    requests = [
        TrainingRequest(
            model=name,
            folder=_folder(options, name),
            preset=options.preset,
            data=sources,
            epochs=options.epochs,
            loss=options.loss,
            **_asked(options),
        )
        for name in ((options.model,) if options.model else BOTH)
    ]
    begun = [RunFolder(request.folder).holds_run for request in requests]
    if options.resume and any(begun):  # of two networks the second may not have been begun yet
        return [replace(request, resume=holds) for request, holds in zip(requests, begun, strict=True)]
    return requests


def _asked(options: TrainOptions) -> dict[str, Any]:
    """What means the same to every kind of training."""
    return {
        "valid": options.valid,
        "batch_size": options.batch_size,
        "learning_rate": options.lr,
        "seed": options.seed,
        "minutes": options.minutes,
        "device": options.device,
        "compiled": options.compiled,
        "resume": options.resume,
        "start_from": tuple(options.start_from or ()),
    }


def _folder(options: TrainOptions, model: str) -> Path:
    if options.output is None:
        return Path("runs") / model
    return options.output if options.model else options.output / model


class _Reader:
    """Reads the data once for both networks, downloading CIFAR-10 where none was given."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.known: dict[Any, TrainingData] = {}

    def __call__(self, options: Sequence[SourceOption], valid: Path | None, seed: int) -> TrainingData:
        key = (tuple(options), valid, seed)
        if key not in self.known:
            given = tuple(options) or (SourceOption(self._fetch()),)
            self.known[key] = load_training_data(given, valid=valid, seed=seed)
        return self.known[key]

    def _fetch(self) -> Path:
        with Progress(console=self.console, transient=True) as progress:
            task = progress.add_task("Downloading CIFAR-10", total=None)
            return fetch_cifar10(
                progress=lambda done, total: progress.update(task, completed=done, total=total or None)
            )
