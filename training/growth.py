"""A trained network as the start of a larger one, which answers the same until it has learned more.

As in Net2Net (Chen et al. 2016), but simpler: new channels are not read by what is old yet, and new residual
blocks begin as the identity.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from inpaint_cli.errors import RunFolderError


def grow(trained: Mapping[str, Tensor], network: nn.Module) -> None:
    """Put trained weights into a fresh network of the same kind with as many or more channels and blocks.

    Weights of old outputs keep their values for old inputs and are 0 for new ones; new outputs keep their
    fresh weights. Raises RunFolderError where the trained network is larger anywhere, or of another kind.
    """
    grown = network.state_dict()
    for name, old in trained.items():
        new = grown.get(name)
        if (
            new is None
            or new.ndim != old.ndim
            or any(a > b for a, b in zip(old.shape, new.shape, strict=True))
        ):
            raise RunFolderError(
                f"the checkpoint to start from is of another network: {name} {tuple(old.shape)} does not fit"
                " into the one to train"
            )
        kept = tuple(slice(size) for size in old.shape)
        if old.ndim:
            new[: old.shape[0]] = 0
        new[kept] = old.to(new)
    with torch.no_grad():
        network.load_state_dict(grown)
