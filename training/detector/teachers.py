"""Networks that teach a detector what they answer together (knowledge distillation, Hinton et al. 2015).

Where damage can't be told from the photo, the truth of one sample says as much by chance as by right; what
several trained networks make of it together says how likely it is, and is learned in far fewer steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inpaint_cli.errors import ModelError
from training.checkpoints import read_checkpoint
from training.detector.network import DamageUNet, mirrored_look

SECOND_LOOK = 0.75
"""What the second look counts in a teacher's answer, as it does where the detector is used."""
TAUGHT = 0.5
"""What the teachers count beside the truth, where that is no damage."""


@dataclass(frozen=True)
class Teachers:
    """Trained detectors; none: the truth alone is learned."""

    networks: tuple[DamageUNet, ...] = ()

    @classmethod
    def read(cls, files: Sequence[Path], device: torch.device) -> Teachers:
        """Read checkpoints. Raises ModelError, also for one that is no detector's."""
        networks = []
        for file in files:
            network = read_checkpoint(file).build()
            if not isinstance(network, DamageUNet):
                raise ModelError(f"{file} holds no detector, which alone can teach one")
            network = network.eval().requires_grad_(False).to(device)
            networks.append(network.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        return cls(tuple(networks))

    def target(self, photo: Tensor, label: Tensor, rng: np.random.Generator) -> Tensor:
        """What is to be learned: the truth; beside damage, as far as TAUGHT says, what the teachers answer.

        Damage is learned whole, also where the teachers miss it: what is missed costs a restored photo most.
        photo: (n, 3, h, w) in 0..1; label, result: (n, 1, h, w) in 0..1. One teacher looks first, and another
        one, where there is one, completes it in the mirror; which, `rng` chooses.
        """
        if not self.networks:
            return label
        answer = self._answer(photo, torch.zeros_like(label), rng)
        return torch.maximum(label, TAUGHT * answer)

    @torch.no_grad()
    def _answer(self, photo: Tensor, nothing: Tensor, rng: np.random.Generator) -> Tensor:
        order = rng.permutation(len(self.networks))
        one, other = self.networks[order[0]], self.networks[order[-1]]
        first = one.logits(photo, nothing).float().sigmoid()
        second = mirrored_look(other.logits, photo, first)
        answer: Tensor = first + SECOND_LOOK * (second - first)
        return answer
