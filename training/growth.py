"""A trained network as the start of a larger one.

As in Net2Net (Chen et al. 2016), but simpler: new channels are not read by what is old yet, and new residual
blocks begin as the identity. Where both have the same first guess, the larger one answers the same until it
has learned more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from inpaint_cli.errors import RunFolderError


@runtime_checkable
class Concatenating(Protocol):
    """A network in which several things stand side by side before some convolution."""

    def parts(self) -> Mapping[str, tuple[int, ...]]:
        """How many channels each of them has there, by the name of the convolution's weight."""


def grow(trained: nn.Module, network: nn.Module) -> None:
    """Put a trained network's weights into a fresh one of its kind, of as many or more channels and blocks.

    Weights of old outputs keep their values for old inputs and are 0 for new ones, also where these lie
    between the old; new outputs keep their fresh weights. Raises RunFolderError where the trained network is
    larger anywhere, or of another kind.
    """
    grown = network.state_dict()
    parts, old_parts = _parts(network), _parts(trained)
    for name, old in trained.state_dict().items():
        new = grown.get(name)
        if new is None or new.ndim != old.ndim or not _fits(old, new):
            raise _misfit(name, old)
        if old.ndim:
            new[: len(old)] = 0
        pairs = [(old, new)]
        if name in parts:
            pairs = list(zip(old.split(old_parts[name], 1), new.split(parts[name], 1), strict=True))
        for values, place in pairs:
            if not _fits(values, place):
                raise _misfit(name, old)
            place[tuple(slice(size) for size in values.shape)] = values.to(place)
    with torch.no_grad():
        network.load_state_dict(grown)


def _parts(network: nn.Module) -> Mapping[str, tuple[int, ...]]:
    return network.parts() if isinstance(network, Concatenating) else {}


def _fits(old: Tensor, new: Tensor) -> bool:
    return all(a <= b for a, b in zip(old.shape, new.shape, strict=True))


def _misfit(name: str, old: Tensor) -> RunFolderError:
    return RunFolderError(
        f"the checkpoint to start from is of another network: {name} {tuple(old.shape)} does not fit into the"
        " one to train"
    )
