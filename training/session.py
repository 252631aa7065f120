"""One training run from request to finished run folder: what the loop does, and what is written around it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from training.checkpoints import read_start
from training.compilation import compilation_told
from training.data import SourceOption, TrainingData
from training.devices import find_device
from training.distributed import World, join_world
from training.files import write_bytes
from training.loop import EpochFigures, Sources, Trainer, run_network
from training.memory import DATA, shortage_told
from training.networks import build_network
from training.panels import Pixels, Strip, draw_panel
from training.plots import Curve, plot_run
from training.presets import TrainingConfig, find_preset
from training.run_folder import RunFolder, check_fresh, check_same_data, claim
from training.run_request import RunRequest, refuse_other_settings
from training.settling import settle

DEFAULT_PRESET = "best"
PANEL_PICTURES = 10
PICTURE_SECONDS = 60.0
"""Plot and panel are drawn anew at most this often, and at the end."""


@dataclass(frozen=True, kw_only=True)
class TrainingRequest(RunRequest):
    """What one `inpaint-cli train` of a restoring network asks for."""

    model: str
    preset: str | None = None
    data: tuple[SourceOption, ...] = ()
    epochs: int | None = None
    loss: str | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """The settings that are asked for, by name; with epochs, the run is no longer one by the clock."""
        by_epochs = {} if self.epochs is None else {"minutes": None}
        return {**by_epochs, **super().changes, **self._given("epochs", "loss")}

    @property
    def files(self) -> dict[str, tuple[Path, ...]]:
        """The files that are asked for, by the option that names them."""
        return {"--data": tuple(source.path for source in self.data), **super().files}

    def refuse_others(self, folder: Path, begun: Self) -> None:
        """Raise RunFolderError for another preset, other files or other weights than a run began with."""
        if self.preset is not None:
            refuse_other_settings(folder, {"preset": self.preset}, {"preset": begun.preset})
        super().refuse_others(folder, begun)
        for mine, first in zip(self.data, begun.data, strict=False):
            refuse_other_settings(folder, {"weight": mine.weight}, {"weight": first.weight})

    def completed(self, begun: Self) -> Self:
        """Return the request with what a run began with wherever nothing is asked for."""
        return replace(super().completed(begun), preset=begun.preset, data=self.data or begun.data)


PresetFinder = Callable[[str, str], TrainingConfig]
"""(preset, model) to its configuration."""


class DataLoader(Protocol):
    """Reads the data that a run asks for; called once the run's folder is held."""

    def __call__(self, options: Sequence[SourceOption], valid: Path | None, seed: int) -> TrainingData:
        """Read the sources."""
        ...


class Watcher(Protocol):
    """Someone who is told how a run goes."""

    def started(self, trainer: Trainer, data: TrainingData) -> None:
        """The run is about to begin (or go on)."""
        ...

    def epoch_ended(self, figures: EpochFigures) -> None:
        """An epoch is over."""
        ...


def train(
    request: TrainingRequest,
    read: DataLoader,
    watcher: Watcher,
    find: PresetFinder = find_preset,
    clock: Callable[[], float] = time.monotonic,
) -> RunFolder:
    """Train to the end, keeping the run folder current; a killed run is continued with ``resume``.

    clock: gives the time in seconds. Raises UsageError (RunFolderError for what is wrong with the folder),
    TrainingDataError, ModelError for a network or a checkpoint, BackendError for the device or another
    process that has ended.
    """
    device = find_device(request.device)
    with (
        join_world(device) as world,
        _held(request.folder, world) as folder,
        shortage_told(),
        compilation_told(),
    ):
        if not world.writes:
            world.wait()  # until the first process has checked the folder and fetched the data
        elif not request.resume:
            check_fresh(folder)
        request, training = settle(
            request,
            folder,
            request.model,
            lambda: find(request.preset or DEFAULT_PRESET, request.model),
            _begun,
        )
        start = None if folder.has_state else read_start(request.start_from)
        with shortage_told(DATA):
            data = read(request.data, request.valid, training.seed)
            sources, validation = loop_sources(data)
        check_same_data(folder, data.sizes)
        if world.writes:
            world.wait()
        trainer = Trainer(
            request.model,
            training,
            sources,
            validation,
            device,
            world,
            compiled=request.compiles_on(device),
            clock=clock,
        )
        if request.resume and folder.has_state:
            trainer.resume(folder.path)
        elif start is not None:
            trainer.start_from(start)
        if world.writes:
            folder.write_config(_config(request, training, data, trainer.device))
            watcher.started(trainer, data)
            _run(trainer, folder, watcher)
        else:
            _help(trainer)
        world.wait()
        return folder


@contextmanager
def _held(path: Path, world: World) -> Iterator[RunFolder]:
    """The run's folder; the process that writes holds it alone."""
    if not world.writes:
        yield RunFolder(path)
        return
    with claim(path) as folder:
        yield folder


def loop_sources(data: TrainingData) -> tuple[Sources, Tensor]:
    """Hand the data to the loop: pictures (photos where nothing else was given), photos, what validates."""
    photos = data.bank(photos=True)
    pictures = data.bank(photos=False)
    if pictures is not None:
        return Sources(pictures, photos), data.valid(photos=False)
    assert photos is not None
    return Sources(photos, photos), data.valid(photos=True)


def _begun(request: TrainingRequest, stored: Mapping[str, Any]) -> tuple[TrainingRequest, TrainingConfig]:
    """The request as it was when the run began, and its settings, out of the run's configuration."""
    first = replace(
        request,
        preset=str(stored["preset"]),
        data=tuple(SourceOption(Path(each["path"]), float(each["weight"])) for each in stored["data"]),
        valid=Path(stored["valid"]) if stored["valid"] else None,
        start_from=tuple(map(Path, stored["started_from"])),
    )
    return first, TrainingConfig.from_dict(stored["training"])


def _config(
    request: TrainingRequest, training: TrainingConfig, data: TrainingData, device: torch.device
) -> dict[str, Any]:
    return {
        "model": request.model,
        "preset": request.preset or DEFAULT_PRESET,
        "training": training.as_dict(),
        "data": [{"path": str(o.path.absolute()), "weight": o.weight} for o in request.data],
        "valid": str(request.valid.absolute()) if request.valid else None,
        "data_description": data.description,
        "pictures": data.sizes,
        "started_from": [str(file.absolute()) for file in request.start_from],
        "device": str(device),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }


def _run(trainer: Trainer, folder: RunFolder, watcher: Watcher) -> None:
    epoch = trainer.step // trainer.steps_per_epoch
    rows = folder.read_losses(last_epoch=epoch)
    drawn = -PICTURE_SECONDS
    trained = False
    for figures in trainer.epochs(lambda: trainer.save(folder.path)):
        trained = True
        rows.append(figures)
        folder.write_losses(rows)
        watcher.epoch_ended(figures)
        if trainer.clock() - drawn > PICTURE_SECONDS:
            _draw(trainer, folder, rows)
            drawn = trainer.clock()
    if trained:
        _draw(trainer, folder, rows)


def _help(trainer: Trainer) -> None:
    """Train beside the process that writes, and write nothing."""
    for _ in trainer.epochs(lambda: None):
        pass


def _draw(trainer: Trainer, folder: RunFolder, rows: Sequence[EpochFigures]) -> None:
    write_bytes(folder.plot_file, plot_run(Curve(trainer.model, rows)))
    write_bytes(folder.panel_file, draw_panel(panel_strips(trainer), enlarge=4))


@torch.no_grad()
def panel_strips(trainer: Trainer) -> list[Strip]:
    """The first validation pictures: damaged, restored by the moving-average weights, true."""
    config = trainer.config.network
    network = build_network(config)
    network.load_state_dict({name: tensor.cpu() for name, tensor in trainer.average.items()})
    batch = trainer.validation.part(0, PANEL_PICTURES).to(torch.device("cpu"))
    restored = run_network(network.eval(), config, batch)
    if config.sees_mask:
        restored = torch.where(batch.valid > 0, batch.truth, restored)
    named = {"damaged": batch.damaged, "restored": restored, "truth": batch.truth}
    return [Strip(name, _as_pixels(pictures)) for name, pictures in named.items()]


def _as_pixels(pictures: Tensor) -> list[Pixels]:
    pixels = (pictures.clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1)
    return list(pixels.contiguous().numpy())
