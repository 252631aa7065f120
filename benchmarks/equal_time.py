"""Train for a given time, whatever a step costs, so that designs can be compared."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch

from training.loop import Sources, Trainer
from training.presets import TrainingConfig

WARM_STEPS = 60
"""Steps over which a design's speed is measured first."""
VALIDATING = 256


def train_for(
    minutes: float, model: str, config: TrainingConfig, sources: Sources, folder: Path
) -> dict[str, Any]:
    """Train on one thread for about so many minutes of processor time, and save into `folder`.

    The schedule is stretched over the steps that the time holds. Processor time, so that other work on the
    machine slows no design more than another. Returns steps, minutes really used, and pictures a second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _, warm_seconds = _run(model, config, sources, WARM_STEPS)
    steps = max(1, round(minutes * 60 / warm_seconds * WARM_STEPS))
    trainer, seconds = _run(model, config, sources, steps)
    trainer.save(folder)
    return {
        "steps": steps,
        "minutes": seconds / 60,
        "pictures_per_second": steps * config.batch_size / seconds,
    }


def _run(model: str, config: TrainingConfig, sources: Sources, steps: int) -> tuple[Trainer, float]:
    validating = sources.pictures.pictures[:VALIDATING, :, :32, :32]
    trainer = Trainer(model, config, sources, validating, torch.device("cpu"))
    trainer.steps_per_epoch = steps
    started = time.process_time()
    for _ in trainer.epochs(lambda: None):
        pass
    return trainer, time.process_time() - started
