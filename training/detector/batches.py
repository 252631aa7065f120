"""The batches that a detector's training takes, made step by step or ahead by other processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.detector.samples import SampleMaker, Samples

HARDER_AT_MOST = 6.0
"""How much more often the photo with the most false alarms is drawn than the average one."""
AHEAD = 4
"""Batches that each process makes ahead."""


class Batch(NamedTuple):
    """`Samples` as tensors."""

    photo: Tensor
    label: Tensor
    weight: Tensor
    sources: Tensor
    clean: Tensor

    @classmethod
    def of(cls, samples: Samples) -> Batch:
        """The same values, in the same memory."""
        arrays = samples.photo, samples.label, samples.weight, samples.sources, samples.clean
        return cls(*(torch.from_numpy(array) for array in arrays))


@dataclass(frozen=True)
class StepBatches(Dataset[Batch]):
    """The batch of each step; the photos that raised false alarms lately are drawn more often.

    alarms: float64 (photos,) in shared memory, which the training keeps up to date.
    """

    maker: SampleMaker
    size: int
    seed: int
    alarms: Tensor

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng((self.seed, step))
        return Batch.of(self.maker.make(self.size, rng, chances(self.alarms.numpy())))

    def from_step(self, step: int, workers: int) -> Iterator[Batch]:
        """The batches of this step and of all that follow, without end; made ahead by so many processes."""
        if not workers:
            return map(self.__getitem__, count(step))
        loader = DataLoader(
            self, batch_size=None, sampler=count(step), num_workers=workers, prefetch_factor=AHEAD
        )
        return iter(loader)


def chances(alarms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How often each photo is drawn, (photos,): more often the higher its alarms, up to a limit."""
    relative = np.minimum(alarms / alarms.mean(), HARDER_AT_MOST) + 0.5
    drawn: npt.NDArray[np.float64] = relative / relative.sum()
    return drawn
