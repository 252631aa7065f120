"""One training run from request to finished run folder: what the loop does, and what is written around it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from inpaint_cli.errors import BackendError, RunFolderError
from training.checkpoints import read_start
from training.compilation import compilation_told
from training.data import SourceOption, TrainingData
from training.distributed import World, join_world
from training.files import write_bytes
from training.loop import EpochFigures, Sources, Trainer, run_network
from training.memory import shortage_told
from training.networks import build_network
from training.panels import Pixels, Strip, draw_panel
from training.plots import Curve, plot_run
from training.presets import TrainingConfig, find_preset
from training.run_folder import RunFolder, check_fresh, check_resumable, check_same_data, claim
from training.run_request import RunRequest, as_tuple, refuse_other_files, refuse_other_settings

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
        """The settings that differ from the preset's."""
        return {**super().changes, **self._given("epochs", "loss")}


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


@dataclass(frozen=True)
class Settled:
    """A run whose settings are known: from the preset, or from the run folder where it is resumed."""

    training: TrainingConfig
    preset: str
    data: tuple[SourceOption, ...]
    valid: Path | None
    start_from: tuple[Path, ...]


def find_device(name: str) -> torch.device:
    """Return ``auto`` (CUDA where it is there), ``cpu`` or ``cuda``.

    Raises BackendError where there is no CUDA.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise BackendError("--device cuda: torch sees no CUDA device here; use --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def train(
    request: TrainingRequest,
    read: DataLoader,
    watcher: Watcher,
    find: PresetFinder = find_preset,
    clock: Callable[[], float] = time.monotonic,
) -> RunFolder:
    """Train to the end, keeping the run folder current; a killed run is continued with ``resume``.

    clock: gives the time in seconds.
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
        settled = _settle(request, folder, find, world)
        start = None if folder.has_state else read_start(settled.start_from)
        data = read(settled.data, settled.valid, settled.training.seed)
        check_same_data(folder, data.sizes)
        if world.writes:
            world.wait()
        sources, validation = loop_sources(data)
        trainer = Trainer(
            request.model,
            settled.training,
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
            folder.write_config(_config(request, settled, data, trainer.device))
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


def _settle(request: TrainingRequest, folder: RunFolder, find: PresetFinder, world: World) -> Settled:
    if not request.resume:
        if world.writes:
            check_fresh(folder)
        preset = request.preset or "best"
        training = replace(find(preset, request.model), **request.changes)
        return Settled(training, preset, request.data, request.valid, request.start_from)
    stored = check_resumable(folder, request.model)
    try:
        training = TrainingConfig.from_dict(stored["training"])
        preset = str(stored["preset"])
        data = tuple(SourceOption(Path(each["path"]), float(each["weight"])) for each in stored["data"])
        valid = Path(stored["valid"]) if stored["valid"] else None
        start_from = tuple(map(Path, stored["started_from"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{folder.config_file} is not the configuration of a run ({error})") from error
    asked = {"preset": request.preset} if request.preset else {}
    if folder.has_progress:
        asked |= request.changes
    refuse_other_settings(folder.path, asked, {**vars(training), "preset": preset})
    _refuse_other_sources(folder.path, request.data, data)
    refuse_other_files(folder.path, "--valid", as_tuple(request.valid), as_tuple(valid))
    refuse_other_files(folder.path, "--start-from", request.start_from, start_from)
    minutes = training.minutes if request.epochs is None else None
    return Settled(
        replace(training, **{"minutes": minutes, **request.changes}),
        preset,
        request.data or data,
        request.valid or valid,
        request.start_from or start_from,
    )


def _refuse_other_sources(folder: Path, asked: Sequence[SourceOption], begun: Sequence[SourceOption]) -> None:
    """Raise RunFolderError for other data than a run began with, or for data of another weight."""
    refuse_other_files(folder, "--data", [each.path for each in asked], [each.path for each in begun])
    for mine, first in zip(asked, begun, strict=False):
        refuse_other_settings(folder, {"weight": mine.weight}, {"weight": first.weight})


def _config(
    request: TrainingRequest, settled: Settled, data: TrainingData, device: torch.device
) -> dict[str, Any]:
    return {
        "model": request.model,
        "preset": settled.preset,
        "training": settled.training.as_dict(),
        "data": [{"path": str(o.path.absolute()), "weight": o.weight} for o in settled.data],
        "valid": str(settled.valid.absolute()) if settled.valid else None,
        "data_description": data.description,
        "pictures": data.sizes,
        "started_from": [str(file.absolute()) for file in settled.start_from],
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
