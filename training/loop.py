"""The training loop: one step, one epoch, a state that can be killed at any moment and continued.

All random numbers of step s come from a generator seeded with (seed, s), so a run that continues from a saved
state gives the same losses as one that was never broken.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from inpaint_cli.errors import RunFolderError, UsageError
from training.adversarial import Adversary
from training.averages import move_average, new_average
from training.checkpoints import STATE_FILE, Checkpoint, nested, read_checkpoint, unnested
from training.damage import draw_mixture
from training.distributed import World, alone
from training.growth import grow
from training.guides import coarse_guide
from training.losses import log_squared_error, pixel_weights, weighted_squared_error
from training.memory import DATA, shortage_told
from training.networks import NetworkConfig, build_network
from training.optimizers import OPTIMIZERS, scheduled_rate, set_rate
from training.precision import autocast
from training.presets import TrainingConfig
from training.rasterisers import EAGER, Rasterisers, compiled_rasterisers
from training.recorded import RecordedStep
from training.run_checks import check_losses
from training.run_length import expected_steps, is_over
from training.run_state import SAVE_EVERY, damage_told, load_run, save_run
from training.sources import PictureBank, augment, fade_colours

SIDE = 32
SAVING_AT_MOST = 50
"""After short epochs, the state is saved only once so many times as long has passed as saving it takes."""
LOOK_EVERY = 20
"""Steps between two looks at whether the loss is still a number: each waits for the device."""
VALIDATION_SEED = 20_240_607
VALIDATED_AT_ONCE = {"cpu": 256, "cuda": 2048}
"""Pictures; a GPU computes so many as fast as a few."""


@dataclass(frozen=True)
class Sources:
    """What a run learns from: pictures of 32 pixels (CIFAR-10), and photos as larger patches."""

    pictures: PictureBank
    photos: PictureBank | None = None

    def to(self, device: torch.device) -> Sources:
        """The same banks on another device."""
        return Sources(self.pictures.to(device), self.photos.to(device) if self.photos else None)


@dataclass(frozen=True)
class EpochFigures:
    """What one epoch gave: mean losses, and seconds and pictures a second without validation.

    seconds, pictures_per_second: of an epoch within which the run was resumed, only of the part after that.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    seconds: float
    pictures_per_second: float


@dataclass(frozen=True)
class Batch:
    """Damaged pictures with their truth.

    truth: float32 (n, 3, 32, 32) in 0..1; valid: (n, 1, 32, 32), 1 = known; guide: (n, 3, 32, 32), the truth
    with a coarser level's answer under the hole, or all 0 for a picture that has none.
    """

    truth: Tensor
    valid: Tensor
    guide: Tensor

    @property
    def damaged(self) -> Tensor:
        """The truth with black (0) under the hole."""
        return self.truth * self.valid

    def part(self, start: int, stop: int) -> Batch:
        """The pictures from start to stop."""
        return Batch(self.truth[start:stop], self.valid[start:stop], self.guide[start:stop])

    def to(self, device: torch.device) -> Batch:
        """The same pictures on another device."""
        return Batch(self.truth.to(device), self.valid.to(device), self.guide.to(device))


def step_seed(seed: int, step: int, rank: int) -> int:
    """What seeds all random numbers of one step of one process."""
    return (seed * 1_000_003 + step) * 1_021 + rank


def make_batch(
    config: TrainingConfig,
    sources: Sources,
    size: int,
    generator: torch.Generator,
    rasterisers: Rasterisers = EAGER,
) -> Batch:
    """Sample, augment and damage ``size`` pictures."""
    from_photos = round(size * config.photo_share) if sources.photos is not None else 0
    guided = round(from_photos * config.guided_share) if config.network.sees_guide else 0
    drawn = sources.pictures.sample(size - from_photos, SIDE, generator)
    truth = _augment(config, drawn, generator)
    valid = draw_mixture(size - from_photos, SIDE, config.damage, generator, rasterisers)
    if from_photos and sources.photos is not None:
        drawn = sources.photos.sample(from_photos, SIDE, generator)
        photos = _augment(config, drawn, generator)
        truth = torch.cat([truth, fade_colours(photos, generator)])
        valid = torch.cat([
            valid, draw_mixture(from_photos - guided, SIDE, config.photo_damage, generator, rasterisers),
            draw_mixture(guided, SIDE, config.guided_damage, generator, rasterisers),
        ])  # fmt: skip
    guide = torch.zeros_like(truth)
    if guided:
        guide[-guided:] = coarse_guide(truth[-guided:], valid[-guided:], generator)
    return Batch(truth.contiguous(memory_format=torch.channels_last), valid, guide)


def _augment(config: TrainingConfig, pictures: Tensor, generator: torch.Generator) -> Tensor:
    return augment(
        pictures, generator, flips=config.flips, turns=config.turns, channel_shuffle=config.channel_shuffle
    )


def fresh_network(config: NetworkConfig, device: torch.device) -> nn.Module:
    """Build the network on a device, kernels laid out channels last, which trains faster on CPU and CUDA.

    Raises ModelError where the configuration describes none.
    """
    network = build_network(config).to(device)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def run_network(network: nn.Module, config: NetworkConfig, batch: Batch) -> Tensor:
    """Call a network on damaged pictures, with the inputs that its configuration names."""
    named = {"photo": batch.damaged, "valid": batch.valid, "guide": batch.guide}
    return network(*(named[name] for name in config.inputs))  # type: ignore[no-any-return]


@torch.no_grad()
def mean_squared_error(network: nn.Module, config: NetworkConfig, batch: Batch) -> float:
    """Mean over whole pictures of the squared error, pixels in 0..1.

    Known pixels are pasted back where the network sees the mask, as `restore` does; a blind one is taken raw.
    """
    total = torch.zeros((), dtype=torch.float64, device=batch.truth.device)
    at_once = VALIDATED_AT_ONCE[batch.truth.device.type]
    for start in range(0, len(batch.truth), at_once):
        part = batch.part(start, start + at_once)
        restored = run_network(network, config, part).clamp(0, 1)
        if config.sees_mask:
            restored = torch.where(part.valid > 0, part.truth, restored)
        total += (restored - part.truth).square().sum(dtype=torch.float64)
    return float(total) / batch.truth.numel()


class Trainer:
    """One run: network, optimiser, moving average and step; `epochs` runs it, `save` keeps it."""

    def __init__(
        self,
        model: str,
        config: TrainingConfig,
        sources: Sources,
        validation: Tensor,
        device: torch.device,
        world: World | None = None,
        *,
        compiled: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """validation: uint8 (n, 3, 32, 32), damaged with a fixed seed; never trained on.

        world: the processes that share each batch; without it this one is alone. compiled: compile the
        network and what draws damage first (`torch.compile`), which pays on CUDA after a minute; there, a
        process that is alone also records a whole step and replays it. clock: gives the time in seconds.
        Raises UsageError for what several processes can't do or share evenly, and for data that doesn't fit
        into the device's memory; ModelError for a network that can't be built.
        """
        self.world = world or alone(device)
        if config.minutes is not None and self.world.size > 1:
            raise UsageError("--minutes trains in one process: start it without torchrun, or give --epochs")
        if config.loss == "adversarial" and self.world.size > 1:
            raise UsageError("--loss adversarial trains in one process: start it without torchrun")
        torch.manual_seed(config.seed)
        self.model, self.config, self.device = model, config, self.world.device
        device = self.device
        self.clock = clock
        self.batch_share = self.world.share_of(config.batch_size)
        with shortage_told(DATA):
            self.sources = sources.to(device)
        self.network = fresh_network(config.network, device)
        self.trained = self.world.wrap(self.network)
        self.rasterisers = compiled_rasterisers() if compiled else EAGER
        if compiled:
            self.trained = torch.compile(self.trained)  # type: ignore[assignment]
        self.average = new_average(self.network)
        self.adversary = Adversary(device) if config.loss == "adversarial" else None
        alone_on_cuda = device.type == "cuda" and self.world.size == 1
        self.recorded = compiled and alone_on_cuda and self.adversary is None
        rate = torch.tensor(config.learning_rate, device=device) if self.recorded else config.learning_rate
        self.optimizer = OPTIMIZERS[config.optimizer](self.network.parameters(), rate)
        self.generator = torch.Generator(device)
        self.learn = self._new_step()
        self.step = 0
        self.seconds = 0.0
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self.loss_count = 0
        self.validation_loss = float("nan")
        self.steps_per_epoch = max(1, len(sources.pictures) // config.batch_size)
        self.validation = fixed_batch(config, validation, device)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run; an estimate where the clock ends it."""
        return expected_steps(self.step, self._steps_of_epochs, self.seconds, self.config.minutes)

    @property
    def finished(self) -> bool:
        """Whether all epochs, or all minutes, are over."""
        return is_over(self.step, self._steps_of_epochs, self.seconds, self.config.minutes)

    @property
    def _steps_of_epochs(self) -> int:
        return self.config.epochs * self.steps_per_epoch

    def epochs(self, save: Callable[[], None]) -> Iterator[EpochFigures]:
        """Train to the end, giving each epoch's figures.

        ``save`` is called at the end, every SAVE_EVERY seconds, and after each epoch, but not so often
        that it takes more than a part in SAVING_AT_MOST of the time. An epoch that the clock cuts short is
        the last one. Raises UsageError where a loss or a weight is no number any more, for a loss
        within LOOK_EVERY steps; that is neither given nor saved.
        """
        began = self.clock() - self.seconds
        saved, took = self.clock(), 0.0
        started, trained = self.clock(), 0
        while not self.finished:
            self.advance(1)
            trained += 1
            if self.step % LOOK_EVERY == 0:
                check_losses(float(self.loss_sum))
            self.seconds = self.clock() - began
            at_end = self.step % self.steps_per_epoch == 0 or self.finished
            if at_end:
                training_loss = float(self.loss_sum) / self.loss_count
                seconds = self.clock() - started
                self.validation_loss = self.validate()
                check_losses(training_loss, self.validation_loss)
                figures = EpochFigures(
                    epoch=math.ceil(self.step / self.steps_per_epoch),
                    training_loss=training_loss,
                    validation_loss=self.validation_loss,
                    seconds=seconds,
                    pictures_per_second=trained * self.config.batch_size / max(seconds, 1e-9),
                )
                self.loss_sum.zero_()
                self.loss_count = 0
                trained = 0
                yield figures
                started = self.clock()
            since = self.clock() - saved
            if self.finished or since > SAVE_EVERY or (at_end and since > SAVING_AT_MOST * took):
                before = self.clock()
                save()
                saved = self.clock()
                took = saved - before

    def advance(self, steps: int) -> None:
        """Learn from so many batches."""
        for _ in range(steps):
            self.loss_sum += self._one_step()
            self.loss_count += 1
            self.step += 1

    def _new_step(self) -> Callable[[], Tensor]:
        return RecordedStep(self._learn, self.generator) if self.recorded else self._learn

    def _one_step(self) -> Tensor:
        """Learn from one batch; its loss stays on the device, so that nothing waits for it."""
        config = self.config
        self.generator.manual_seed(step_seed(config.seed, self.step, self.world.rank))
        share = scheduled_rate(config.schedule, self.step, self.total_steps, config.warmup)
        set_rate(self.optimizer, config.learning_rate * share)
        self.trained.train()
        loss = self.learn()
        move_average(self.average, self.network.state_dict(), config.average, self.step)
        return self.world.mean(loss)

    def _learn(self) -> Tensor:
        """Make a batch and descend once; returns its loss. All that a recorded step launches."""
        config = self.config
        batch = make_batch(config, self.sources, self.batch_share, self.generator, self.rasterisers)
        with autocast(self.device, config.precision):
            restored = run_network(self.trained, config.network, batch).float()
        loss = self._loss(restored, batch)
        if self.adversary is not None:
            composite = torch.where(batch.valid > 0, batch.truth, restored)
            loss = loss + self.adversary.term(composite, batch.truth, batch.valid)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach()

    def _loss(self, restored: Tensor, batch: Batch) -> Tensor:
        if self.config.loss == "log":
            return log_squared_error(restored, batch.truth, batch.valid)
        config = self.config
        weights = config.hole_weight, config.known_weight, config.depth_power, config.margin_weight
        return weighted_squared_error(restored, batch.truth, pixel_weights(batch.valid, *weights))

    @cached_property
    def _averaged(self) -> nn.Module:
        return fresh_network(self.config.network, self.device).eval()

    def averaged(self) -> nn.Module:
        """Return the network with its moving averages, for measuring; the next call changes it."""
        self._averaged.load_state_dict(self.average)
        return self._averaged

    def validate(self) -> float:
        """Return the error of the moving-average network on fixed damage, see `mean_squared_error`."""
        return mean_squared_error(self.averaged(), self.config.network, self.validation)

    def details(self) -> dict[str, object]:
        """What a checkpoint tells about the run."""
        return {
            "training": self.config.as_dict(), "step": self.step, "epoch": self.step // self.steps_per_epoch,
            "pictures_seen": self.step * self.config.batch_size, "loss_sum": float(self.loss_sum),
            "loss_count": self.loss_count, "seconds": self.seconds,
            "validation_loss": self.validation_loss,
        }  # fmt: skip

    def save(self, folder: Path) -> None:
        """Write the moving-average weights and the state to continue from, see `save_run`."""
        averaged = Checkpoint(self.model, self.config.network.as_dict(), self.average, self.details())
        adversary = nested("adversary", self.adversary.tensors()) if self.adversary is not None else {}
        save_run(folder, averaged, self.network, self.optimizer, adversary)

    def resume(self, folder: Path) -> None:
        """Continue from what `save` wrote.

        Raises RunFolderError where it is of another model or network, or damaged.
        """
        state = read_checkpoint(folder / STATE_FILE)
        if state.model != self.model:
            raise RunFolderError(
                f"{folder} holds a run of {state.model!r}, not {self.model!r}; choose another with -o"
            )
        if NetworkConfig.from_dict(state.network) != self.config.network:
            raise RunFolderError(f"{folder} holds a run of another network; choose another folder with -o")
        with damage_told(folder):
            self.average = load_run(state, self.network, self.optimizer, self.device)
            self.step = int(state.details["step"])
            self.seconds = float(state.details.get("seconds", 0.0))
            self.loss_sum.fill_(float(state.details["loss_sum"]))
            self.loss_count = int(state.details.get("loss_count", self.step % self.steps_per_epoch))
            self.validation_loss = float(state.details["validation_loss"])
            if self.adversary is not None:
                self.adversary.load(unnested("adversary", state.tensors))
        self.learn = self._new_step()  # a recorded one would go on with the moments before

    def start_from(self, checkpoint: Checkpoint) -> None:
        """Begin a new run with the weights of another one, of this network or a smaller one (see `grow`).

        Raises RunFolderError where the network is of another kind, or one of both doesn't know what is
        missing. The published network can't grow: its partial convolutions weigh all channels alike.
        """
        theirs, ours = NetworkConfig.from_dict(checkpoint.network), self.config.network
        if (theirs.architecture, theirs.knows_missing) != (ours.architecture, ours.knows_missing):
            raise RunFolderError("the checkpoint to start from is of another network")
        if ours.architecture == "partial-unet" and theirs.channels != ours.channels:
            raise RunFolderError(
                "the checkpoint to start from has other channels, and this network can't grow"
            )
        grow(checkpoint.build(), self.network)
        self.average = new_average(self.network)


def fixed_batch(config: TrainingConfig, pictures: Tensor, device: torch.device) -> Batch:
    """Damage pictures (uint8 (n, 3, 32, 32)) with a fixed seed, for validation."""
    generator = torch.Generator(device).manual_seed(VALIDATION_SEED)
    truth = pictures.to(device).float().div(255).contiguous(memory_format=torch.channels_last)
    return Batch(truth, draw_mixture(len(pictures), SIDE, config.damage, generator), torch.zeros_like(truth))
