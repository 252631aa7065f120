"""Several processes, one a device: what torchrun starts, and the same code for a process alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from inpaint_cli.errors import BackendError, UsageError


@dataclass(frozen=True)
class World:
    """The processes of a run: this one's rank (0 writes the files), their number, this one's device."""

    rank: int
    size: int
    device: torch.device

    @property
    def writes(self) -> bool:
        """Is this the process that writes?"""
        return self.rank == 0

    def share_of(self, batch_size: int) -> int:
        """This process's part of a batch. Raises UsageError where it can't be divided evenly."""
        if batch_size % self.size:
            raise UsageError(f"--batch-size {batch_size} can't be shared evenly by {self.size} processes")
        return batch_size // self.size

    def wrap(self, network: nn.Module) -> nn.Module:
        """Average the gradients over all processes after each backward pass."""
        return network if self.size == 1 else DistributedDataParallel(network)

    def mean(self, value: Tensor) -> Tensor:
        """The mean of one number over all processes."""
        if self.size > 1:
            distributed.all_reduce(value)
        return value / self.size

    def wait(self) -> None:
        """Go on when every process is here. Raises BackendError where another has ended before."""
        if self.size > 1:
            try:
                distributed.barrier()
            except RuntimeError as error:
                raise BackendError("another process of the group has ended; see its message") from error


def alone(device: torch.device) -> World:
    """A process that is not part of a group."""
    return World(0, 1, device)


def world_size() -> int:
    """How many processes torchrun has started together, as its environment says; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def join_world(device: torch.device) -> Iterator[World]:
    """Join the group that torchrun's environment names, for as long as the context lasts.

    On CUDA each process takes the device of its local rank and speaks NCCL, on CPU Gloo.
    """
    if world_size() == 1:
        yield alone(device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
