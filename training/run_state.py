"""What a run saves of its network and reads back to go on: weights, their moving average, the optimiser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from inpaint_cli.errors import RunFolderError, UsageError
from training.checkpoints import (
    STATE_FILE,
    WEIGHTS_FILE,
    Checkpoint,
    nested,
    optimizer_tensors,
    restore_optimizer,
    unnested,
    write_checkpoint,
)
from training.memory import is_shortage
from training.run_checks import DIVERGED, all_finite

SAVE_EVERY = 60.0
"""Seconds; what a run that is killed loses at most."""


def save_run(
    folder: Path,
    averaged: Checkpoint,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    others: Mapping[str, Tensor],
) -> None:
    """Write the moving-average weights, then the state to continue from, each atomically.

    In this order, so that a state of a finished run never stands beside older weights. others: what the
    state has beside network, average and optimiser. Raises UsageError where they can't be written, and where
    weights are no numbers any more: then the earlier files stay.
    """
    if not all_finite((*network.state_dict().values(), *averaged.tensors.values())):
        raise UsageError(DIVERGED)
    state = {
        **nested("network", network.state_dict()), **nested("average", averaged.tensors),
        **nested("optimizer", optimizer_tensors(optimizer)), **others,
    }  # fmt: skip
    write_checkpoint(folder / WEIGHTS_FILE, averaged)
    write_checkpoint(folder / STATE_FILE, replace(averaged, tensors=state))


def load_run(
    state: Checkpoint, network: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device
) -> dict[str, Tensor]:
    """Put weights and optimiser back and return the moving average, on the device."""
    average = unnested("average", state.tensors)
    network.load_state_dict(average)  # only to find one that doesn't fit
    network.load_state_dict(unnested("network", state.tensors))
    restore_optimizer(optimizer, unnested("optimizer", state.tensors))
    return {name: tensor.to(device) for name, tensor in average.items()}


@contextmanager
def damage_told(folder: Path) -> Iterator[None]:
    """Raise RunFolderError, which names the file, for what goes wrong while a state is put back."""
    try:
        yield
    except (RuntimeError, LookupError, TypeError, ValueError) as error:
        if is_shortage(error):
            raise
        raise RunFolderError(
            f"{folder / STATE_FILE} is not the state of this run, or damaged; start another run with -o"
        ) from error
