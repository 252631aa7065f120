"""A network held to what it was shown: no answer is far darker or lighter than all that is known of its tile.

So what is flat is continued quite flat, where a network by itself is off by a few levels; the more the known
pixels vary, the more it may say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inpaint_cli.backends.network import AroundNetwork, Tiles

BEYOND = 0.5
"""How far answers may go beyond what is known, as a share of its range: a gradient goes on into a corner."""


@dataclass(frozen=True)
class WithinKnown(AroundNetwork):
    """A network that sees the mask, its answers kept within what is known of each tile and BEYOND."""

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Run the model, see `Network`; in a tile of which nothing is known any answer stands."""
        least, most = _known_range(inputs)
        beyond = np.float32(BEYOND) * (most - least)
        answers = self.network(inputs)
        np.maximum(answers, least - beyond, out=answers)
        return np.minimum(answers, most + beyond, out=answers)


def _known_range(inputs: Mapping[str, Tiles]) -> tuple[Tiles, Tiles]:
    """Return the least and the most of each tile's channels (n, 3, 1, 1); a guide counts as known.

    Where nothing is known they are 0 and 1.
    """
    photo = inputs["photo"]
    least = (photo - inputs["valid"]).min(axis=(2, 3), keepdims=True) + 1  # what is missing is 0 in both
    most = photo.max(axis=(2, 3), keepdims=True)
    unknown = least > most
    least[unknown], most[unknown] = 0, 1
    if "guide" in inputs:
        guided = inputs["guide"].any(axis=(1, 2, 3))
        least[guided] = inputs["guide"][guided].min(axis=(2, 3), keepdims=True)
        most[guided] = inputs["guide"][guided].max(axis=(2, 3), keepdims=True)
    return least, most
