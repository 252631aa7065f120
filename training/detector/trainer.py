"""The detector's training: one step, validation, a state that can be killed at any moment and continued."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inpaint_cli.errors import RunFolderError
from training.averages import move_average, new_average
from training.checkpoints import STATE_FILE, Checkpoint, read_checkpoint
from training.detector.batches import Batch, StepBatches
from training.detector.loss import damage_loss
from training.detector.network import DamageUNet, mirrored_look
from training.detector.samples import SampleConfig, SampleMaker
from training.detector.teachers import Teachers
from training.growth import grow
from training.optimizers import OPTIMIZERS, scheduled_rate, set_rate
from training.precision import autocast
from training.run_checks import check_losses, check_settings
from training.run_length import expected_steps, is_over
from training.run_state import SAVE_EVERY, damage_told, load_run, save_run

ARCHITECTURE = "damage-unet"
VALIDATION_SEED, VALIDATION_SAMPLES = 20_240_607, 64
SCHEDULE = "trapezoid"
_LOOK_STREAM = 1
"""Sets the random numbers that choose a step's look apart from those of its samples."""


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """Everything that decides the outcome of a training; ``precision``, ``minutes`` as in `TrainingConfig`.

    second_looks: share of the steps that train the second look, which sees what the first one found in the
    mirror.
    """

    channels: tuple[int, ...] = (32, 64, 96, 128, 128)
    blocks: tuple[int, ...] = (1, 1, 1, 2, 2, 1, 1, 1, 1)
    steps: int = 26_000
    batch_size: int = 3
    learning_rate: float = 3e-3
    optimizer: str = "muon"
    warmup: int = 100
    average: float = 0.998
    focus: float = 0.0
    overlap: float = 0.5
    second_looks: float = 0.5
    precision: str = "bfloat16"
    seed: int = 0
    minutes: float | None = None
    samples: SampleConfig = field(default_factory=SampleConfig)

    def __post_init__(self) -> None:
        """Raise UsageError for what `check_settings` refuses."""
        check_settings(
            counts={"steps": self.steps, "--batch-size": self.batch_size},
            minutes=self.minutes,
            learning_rate=self.learning_rate,
            optimizer=self.optimizer,
            precision=self.precision,
            schedule=SCHEDULE,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a run folder."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> DetectorConfig:
        """Read back what `as_dict` gave, also after JSON has made lists of tuples.

        Raises KeyError, TypeError or UsageError for anything else.
        """
        tuples = {name: tuple(fields[name]) for name in ("channels", "blocks")}
        return cls(**{**fields, **tuples, "samples": SampleConfig(**fields["samples"])})

    def network(self) -> dict[str, Any]:
        """The plain configuration that builds the network from a checkpoint."""
        return {
            "architecture": ARCHITECTURE, "channels": list(self.channels), "blocks": list(self.blocks),
            "sees_mask": False, "sees_guide": False,
        }  # fmt: skip


@dataclass(frozen=True)
class DetectorFigures:
    """Mean loss since the last figures; on fixed validation crops: loss, precision, recall, false alarms.

    All but `validation_loss`, which is the first look's, are of a second look.
    """

    step: int
    training_loss: float
    validation_loss: float
    second_loss: float
    precision: float
    recall: float
    false_alarms: float
    steps_per_second: float


class DetectorTrainer:
    """One run on the CPU or a GPU."""

    def __init__(
        self,
        config: DetectorConfig,
        training: SampleMaker,
        validation: SampleMaker,
        device: torch.device,
        workers: int = 0,
        *,
        teachers: Teachers | None = None,
        compiled: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`validation` makes its samples once, with a fixed seed; its photos are never trained on.

        workers: processes that make samples ahead. With any, which photos are hard is known a few steps late,
        and a run does not give the same weights twice. compiled: compile the looks that are learned from
        (`torch.compile`). teachers: what else is learned beside the truth. clock: gives the time in seconds.
        """
        torch.manual_seed(config.seed)
        self.config, self.training, self.device = config, training, device
        self.network = DamageUNet(config.channels, config.blocks).to(device)
        self.network = self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.look = torch.compile(self.network.logits) if compiled else self.network.logits
        self.average = new_average(self.network)
        self.optimizer = OPTIMIZERS[config.optimizer](self.network.parameters(), config.learning_rate)
        self.alarms = torch.ones(len(training.photos), dtype=torch.float64)
        self.alarms.share_memory_()  # type: ignore[no-untyped-call]
        self.workers, self.clock = workers, clock
        self.teachers = teachers or Teachers()
        self.step, self.seconds, self.loss_count = 0, 0.0, 0
        self.loss_sum = torch.zeros((), device=device)
        rng = np.random.default_rng(VALIDATION_SEED)
        self.validation = Batch.of(validation.make(VALIDATION_SAMPLES, rng))
        self._batches: Iterator[Batch] | None = None

    def run(self, watch: Callable[[DetectorFigures], None], save: Callable[[], None]) -> None:
        """Train to the last step; now and then, and at the end, also validate, save and tell.

        Raises UsageError where a loss or a weight is no number any more; that is not saved.
        """
        saved, told, saves = self.clock(), (self.clock(), self.step), 0
        began = self.clock() - self.seconds
        while not self.finished:
            self.advance(1)
            self.seconds = self.clock() - began
            at_end = self.finished
            if at_end or self.clock() - saved > SAVE_EVERY:
                saves += 1
                if at_end or saves < 4 or saves % 8 == 0:
                    seconds = self.clock() - told[0]
                    figures = self.figures((self.step - told[1]) / max(seconds, 1e-9))
                    check_losses(figures.training_loss, figures.validation_loss, figures.second_loss)
                    save()
                    watch(figures)
                    told = self.clock(), self.step
                else:
                    save()
                saved = self.clock()

    @property
    def finished(self) -> bool:
        """Whether all steps, or all minutes, are over."""
        return is_over(self.step, self.config.steps, self.seconds, self.config.minutes)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run; an estimate where the clock ends it."""
        return expected_steps(self.step, self.config.steps, self.seconds, self.config.minutes)

    def advance(self, steps: int) -> None:
        """Learn from so many batches."""
        if self._batches is None:
            made = StepBatches(self.training, self.config.batch_size, self.config.seed, self.alarms)
            self._batches = made.from_step(self.step, self.workers)
        for _ in range(steps):
            self.loss_sum += self._one_step(next(self._batches))
            self.loss_count += 1
            self.step += 1

    def _one_step(self, batch: Batch) -> Tensor:
        """Descend once, remember which clean photos raised false alarms. Returns the loss.

        Raises UsageError for a loss that is no number.
        """
        config = self.config
        rng = np.random.default_rng((config.seed, self.step, _LOOK_STREAM))
        share = scheduled_rate(SCHEDULE, self.step, self.total_steps, config.warmup)
        set_rate(self.optimizer, config.learning_rate * share)
        photo, label, weight = self._on_device(batch)
        with autocast(self.device, config.precision):
            earlier = torch.zeros_like(label)
            if rng.random() < config.second_looks:
                earlier = mirrored_look(self.look, photo)
            target = self.teachers.target(photo, label, rng)
            logits = self.look(photo, earlier)
        logits = logits.float()
        loss = damage_loss(logits, target, weight, config.focus, config.overlap)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        move_average(self.average, self.network.state_dict(), config.average, self.step)
        check_losses(float(loss.detach()))  # before photos are drawn by it
        self._remember(batch, (logits.detach().sigmoid() * (label == 0)).amax((1, 2, 3)))
        return loss.detach()

    def _remember(self, batch: Batch, highest: Tensor) -> None:
        alarm = highest.double().cpu()[batch.clean]
        for source, value in zip(batch.sources[batch.clean].tolist(), alarm, strict=True):
            self.alarms[source] += 0.3 * (value + 0.02 - self.alarms[source])

    def _on_device(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        photo = batch.photo.to(self.device).contiguous(memory_format=torch.channels_last)
        return photo, batch.label.to(self.device), batch.weight.to(self.device)

    @torch.no_grad()
    def figures(self, steps_per_second: float) -> DetectorFigures:
        """Measure the moving-average network on the validation samples; begins a new mean training loss."""
        network = DamageUNet(self.config.channels, self.config.blocks).to(self.device)
        network.load_state_dict(self.average)
        photo, label, weight = self._on_device(self.validation)
        parts = torch.split(photo, 16)
        first = torch.cat([network.logits(part, torch.zeros_like(part[:, :1])) for part in parts])
        logits = torch.cat([network.logits(part, mirrored_look(network.logits, part)) for part in parts])
        counted = weight > 0
        found, damaged = (logits > 0) & counted, (label > 0) & counted
        hit = float((found & damaged).sum())
        clean = self.validation.clean.to(self.device)
        figures = DetectorFigures(
            self.step, float(self.loss_sum) / max(self.loss_count, 1),
            float(damage_loss(first, label, weight, self.config.focus, self.config.overlap)),
            float(damage_loss(logits, label, weight, self.config.focus, self.config.overlap)),
            hit / max(float(found.sum()), 1), hit / max(float(damaged.sum()), 1),
            float(found[clean].float().mean()), steps_per_second,
        )  # fmt: skip
        self.loss_sum.zero_()
        self.loss_count = 0
        return figures

    def save(self, folder: Path) -> None:
        """Write the moving-average weights and the state to continue from, see `save_run`."""
        details = {
            "training": self.config.as_dict(),
            "step": self.step,
            "seen": self.step * self.config.batch_size,
            "seconds": self.seconds,
        }
        averaged = Checkpoint("detector", self.config.network(), self.average, details)
        save_run(folder, averaged, self.network, self.optimizer, {"alarms": self.alarms})

    def start_from(self, checkpoint: Checkpoint) -> None:
        """Begin with the weights of another run, of this network or a smaller one (see `grow`)."""
        grow(checkpoint.build(), self.network)
        self.average = new_average(self.network)

    def resume(self, folder: Path) -> None:
        """Continue from what `save` wrote.

        Raises RunFolderError where it is of another network or other photos, or damaged.
        """
        state = read_checkpoint(folder / STATE_FILE)
        with damage_told(folder):
            alarms = state.tensors["alarms"]
            if dict(state.network) != self.config.network() or len(alarms) != len(self.alarms):
                raise RunFolderError(
                    f"{folder} holds a run of another network or other photos; choose another with -o"
                )
            self.average = load_run(state, self.network, self.optimizer, self.device)
            self.alarms.copy_(alarms)
            self.seconds = float(state.details.get("seconds", 0.0))
            self.step = int(state.details["step"])
        self._batches = None
