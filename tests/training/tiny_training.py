"""Tiny data and runs, made here."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from training.checkpoints import Checkpoint
from training.networks import NetworkConfig, build_network


def batch_bytes(count: int, seed: int = 0) -> bytes:
    """A batch of smooth pictures: gradients of random colours."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, 32)
    low, high = rng.integers(0, 256, (2, count, 3, 1, 1))
    pictures = (low + (high - low) * ramp).repeat(32, 2)
    labels = rng.integers(0, 10, (count, 1)).astype(np.uint8)
    return np.concatenate([labels, pictures.astype(np.uint8).reshape(count, -1)], 1).tobytes()


def tiny_checkpoint(
    architecture: str = "residual-unet",
    *,
    model: str = "pconv",
    sees_mask: bool = True,
    **others: Any,
) -> Checkpoint:
    """A small network with random weights everywhere, batch statistics included."""
    blocks = (1, 1, 1) if architecture == "residual-unet" else ()
    channels = (8, 16) if architecture == "residual-unet" else (4, 6, 8, 10, 12)
    config = NetworkConfig(
        architecture=architecture, channels=channels, blocks=blocks, sees_mask=sees_mask, **others
    )
    torch.manual_seed(3)
    network = build_network(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        for _ in range(30):  # gives batch normalisation its statistics
            pictures, valid = torch.rand(4, 3, 32, 32), (torch.rand(4, 1, 32, 32) > 0.3).float()
            network(*((pictures * valid, valid) if sees_mask else (pictures,)))
    return Checkpoint(model, config.as_dict(), network.state_dict(), {})
