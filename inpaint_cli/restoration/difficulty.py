"""Easy tiles to small networks, the others to larger ones: together they are one network.

In a smooth surrounding all restore the same; there the larger ones only take longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inpaint_cli.backends.card import ModelCard
from inpaint_cli.backends.network import Network, Tiles, open_network
from inpaint_cli.choices import RESTORING
from inpaint_cli.cores import default_threads
from inpaint_cli.restoration.quality import Tier


def difficulty_of(inputs: Mapping[str, Tiles]) -> npt.NDArray[np.float32]:
    """Estimate the squared error that there will be in each tile: (n,), from 0, in brightness of 0..1.

    It is the mean squared step from a known pixel to a known neighbour, times the number of missing pixels.
    What the tile's known pixels don't show, they can't tell either: with none, the difficulty is 0.
    """
    photo, valid = inputs["photo"], inputs["valid"][:, 0]
    count, height, width = valid.shape
    light = photo[:, 0] + photo[:, 1]
    light += photo[:, 2]  # three times the brightness
    total, pairs = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    for before, behind in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[..., :-1], np.s_[..., 1:])):
        ends = valid[before] * valid[behind]
        step = (light[behind] - light[before]) * ends
        total += np.einsum("nij,nij->n", step, step)
        pairs += np.einsum("nij->n", ends)
    missing = height * width - valid.reshape(count, -1).sum(axis=1)
    difficulty: npt.NDArray[np.float32] = total / 9 / np.maximum(pairs, 1) * missing
    return difficulty


@dataclass(frozen=True)
class ByDifficulty:
    """Networks that see the mask and take the same inputs, as one that is called by the last one's name.

    networks: from that of the easiest tiles to that of the hardest; limits: of all but the first, the
    difficulty from which a tile is theirs, rising.
    """

    networks: tuple[Network, ...]
    limits: tuple[float, ...]

    @property
    def card(self) -> ModelCard:
        """What the last model says about itself."""
        return self.networks[-1].card

    @property
    def device(self) -> str:
        """Where it really runs."""
        return self.networks[-1].device

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Let each tile be answered by the network that its difficulty asks for, see `Network`."""
        tier = np.searchsorted(self.limits, difficulty_of(inputs), side="right")
        answers = np.empty_like(inputs["photo"])
        for index, network in enumerate(self.networks):
            chosen = tier == index
            if chosen.any():
                answers[chosen] = network({name: tiles[chosen] for name, tiles in inputs.items()})
        return answers


def open_tiers(tiers: Sequence[Tier], *, backend: str, device: str, threads: int | None = None) -> Network:
    """Open the models of all tiers as one network with `threads`; see `open_network`."""
    count = default_threads() if threads is None else threads
    pool = ThreadPoolExecutor(max(count, 1), "tiles")
    networks = tuple(
        open_network(tier.model, backend=backend, device=device, threads=count, kinds=RESTORING, pool=pool)
        for tier in tiers
    )
    limits = tuple(tier.below for tier in tiers[:-1])
    return ByDifficulty(networks, limits) if limits else networks[0]
