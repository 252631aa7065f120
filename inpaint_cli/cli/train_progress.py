"""How a training run looks on the terminal: a bar on stderr and a line an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from training.data import TrainingData
    from training.loop import EpochFigures, Trainer


class ProgressWatcher:
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

    def __enter__(self) -> ProgressWatcher:
        return self

    def __exit__(self, *error: object) -> None:
        if self.progress.live.is_started:  # rich prints an empty line otherwise
            self.progress.stop()

    def started(self, trainer: Trainer, data: TrainingData) -> None:
        """Say what is trained on, and show the bar."""
        parameters = sum(parameter.numel() for parameter in trainer.network.parameters())
        self.console.print(
            f"{self.model}: {parameters:,} parameters on {trainer.device.type}; {data.description}",
            soft_wrap=True,
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
            soft_wrap=True,
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
