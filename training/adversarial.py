"""An adversary for training: it tells restored patches from true ones, and the network learns to deceive it.

The objective is the hinge loss (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17) on a patch
discriminator (Isola et al. 2017, section 3.2.2) with spectral normalisation.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from training.checkpoints import nested, optimizer_tensors, restore_optimizer, unnested

WEIGHT = 2e-4
"""Of the adversarial term beside the squared error of pixels in 0..1."""
RATE = 4e-4
WIDTHS = (4, 32, 64, 128)
"""Channels of the discriminator, from a picture and its mask on."""


class PatchDiscriminator(nn.Module):
    """Scores patches of about 22 pixels, the mask in view: above 0 looks true, below 0 restored."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in pairwise(WIDTHS)
        )
        self.head = spectral_norm(nn.Conv2d(WIDTHS[-1], 1, 3, padding=1))

    def forward(self, picture: Tensor, valid: Tensor) -> Tensor:
        """Pictures (n, 3, h, w) in 0..1 with valid (n, 1, h, w) to scores (n, 1, h/8, w/8)."""
        features = torch.cat([picture * 2 - 1, valid], 1)
        for layer in self.layers:
            features = functional.leaky_relu(layer(features), 0.2)
        scores: Tensor = self.head(features)
        return scores


class Adversary:
    """A discriminator with its own optimiser, trained beside the network."""

    def __init__(self, device: torch.device) -> None:
        self.discriminator = PatchDiscriminator().to(device)
        self.optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=RATE, betas=(0.0, 0.99))

    def term(self, composite: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
        """Teach the discriminator one batch, then return the network's term: WEIGHT · -E[D(restored)].

        composite: restored pictures with known pixels pasted back, (n, 3, h, w), with their gradient.
        """
        score = self.discriminator
        score.requires_grad_(True)
        loss = functional.relu(1 - score(truth, valid)).mean()
        loss = loss + functional.relu(1 + score(composite.detach(), valid)).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        score.requires_grad_(False)
        verdict: Tensor = score(composite, valid)
        return -WEIGHT * verdict.mean()

    def tensors(self) -> dict[str, Tensor]:
        """All that a later `load` needs to go on."""
        return {
            **nested("weights", self.discriminator.state_dict()),
            **nested("optimizer", optimizer_tensors(self.optimizer)),
        }

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put back what `tensors` gave."""
        self.discriminator.load_state_dict(unnested("weights", tensors))
        restore_optimizer(self.optimizer, unnested("optimizer", tensors))
