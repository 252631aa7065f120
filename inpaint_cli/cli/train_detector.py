"""`inpaint-cli train --model detector`: what of `train` it takes, and how its figures are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from inpaint_cli.errors import UsageError

if TYPE_CHECKING:
    from training.data import SourceOption
    from training.detector.trainer import DetectorFigures, DetectorTrainer
    from training.run_folder import RunFolder


def refuse_for_detector(given: Mapping[str, object], data: Sequence[SourceOption]) -> None:
    """Raise UsageError for options that mean nothing to the detector."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(f"{option} means nothing to the detector; leave it out")
    if any(option.weight != 1 for option in data):
        raise UsageError("--data PATH@WEIGHT: the detector sees all photos alike; leave the weight out")


def train_detector(console: Console, **asked: Any) -> RunFolder:
    """Train it, with the fields of `DetectorRequest`, and print its figures."""
    from training.detector.session import DetectorRequest
    from training.detector.session import train_detector as train

    def started(trainer: DetectorTrainer, described: str) -> None:
        parameters = sum(parameter.numel() for parameter in trainer.network.parameters())
        done = "; all of it is done already" if trainer.finished else ""
        console.print(
            f"detector: {parameters:,} parameters on {trainer.device.type}; {described}{done}",
            soft_wrap=True,
        )

    def told(figures: DetectorFigures) -> None:
        console.print(
            f"detector step {figures.step}: training {figures.training_loss:.4f}, validation"
            f" {figures.validation_loss:.4f} at the first look and {figures.second_loss:.4f} at the second,"
            f" precision {figures.precision:.3f}, recall {figures.recall:.3f},"
            f" {figures.false_alarms:.2%} of clean pixels touched, {figures.steps_per_second:.2g} steps/s",
            soft_wrap=True,
        )

    return train(DetectorRequest(**asked), started, told)
