"""Moving averages of a network's weights, which validate and ship in place of the last ones."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


def new_average(network: nn.Module) -> dict[str, Tensor]:
    """Averages that begin as the network's weights are."""
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@torch.no_grad()
def move_average(
    average: Mapping[str, Tensor], weights: Mapping[str, Tensor], most: float, step: int
) -> None:
    """Move the averages towards the weights of a step (from 0), in place.

    The decay is ``most``, less over the first steps, so that fresh weights are soon forgotten; 0 copies the
    weights. Whole numbers, such as counters of batches, are copied.
    """
    decay = min(most, (1 + step) / (10 + step))
    floating = [name for name, tensor in weights.items() if tensor.is_floating_point()]
    for name in weights.keys() - set(floating):
        average[name].copy_(weights[name])
    towards = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    towards([average[name] for name in floating], [weights[name] for name in floating], 0)
