"""The network that finds damage: a residual U-Net from half resolution down, one probability a pixel."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.layers import down_and_up, luma, residual_levels

NARROW = (5, 9, 17)
"""Widths in pixels below which the hats see a structure."""
HAT_SCALE = 6.0
"""Brings the hats to about the variance of the picture."""
FIRST_GUESS = 0.03
"""What the untrained network takes for the share of damaged pixels."""

Look = Callable[[Tensor, Tensor], Tensor]
"""A photo (n, 3, h, w) and what an earlier look found (n, 1, h, w) to the logarithm of the odds of damage."""


class DamageUNet(nn.Module):
    """Photo (n, 3, h, w) in 0..1 to the probability of damage (n, 1, h, w).

    h and w: multiples of 2 to the number of levels. It also sees what an earlier look found (n, 1, h, w), 0
    where there was none, and completes it: auto-context (Tu and Bai 2010).

    channels, blocks: see `residual_levels` (also for what it raises), from half resolution down. The answer
    of the levels, which know what the damage is, is sharpened by what is seen at its very edge, so that a
    mask ends where the ink does.
    """

    def __init__(self, channels: tuple[int, ...], blocks: tuple[int, ...]) -> None:
        super().__init__()
        planes = 4 * (3 + 2 * len(NARROW) + 1)
        self.stem = nn.Conv2d(planes, channels[0], 3, padding=1)
        self.encoder, self.down, self.up, self.decoder = residual_levels(channels, blocks)
        self.head = nn.Conv2d(channels[0], 4, 3, padding=1)
        self.edge = nn.Conv2d(channels[0] + planes, channels[0], 3, padding=1)
        self.sharpen = nn.Conv2d(channels[0], 4, 3, padding=1)
        for convolution in (self.stem, *self.down, self.edge):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="linear")
        for convolution in (self.head, self.sharpen, *self.up):
            nn.init.zeros_(convolution.weight)
        for convolution in (self.stem, *self.down, *self.up, self.edge):
            nn.init.zeros_(convolution.bias)
        nn.init.zeros_(self.sharpen.bias)  # type: ignore[arg-type]
        nn.init.constant_(self.head.bias, math.log(FIRST_GUESS / (1 - FIRST_GUESS)))  # type: ignore[arg-type]

    def forward(self, photo: Tensor, earlier: Tensor) -> Tensor:
        """Photo and what an earlier look found to probability."""
        return torch.sigmoid(self.logits(photo, earlier))

    def parts(self) -> Mapping[str, tuple[int, ...]]:
        """What stands side by side, see `Concatenating`: features and the picture, before `edge`."""
        features = self.stem.out_channels
        return {"edge.weight": (features, self.edge.in_channels - features)}

    def logits(self, photo: Tensor, earlier: Tensor) -> Tensor:
        """Photo (n, 3, h, w), earlier (n, 1, h, w) to the logarithm of the odds of damage (n, 1, h, w)."""
        planes = torch.cat([4 * photo - 2, HAT_SCALE * hats(photo), 2 * earlier], 1)
        seen = functional.pixel_unshuffle(planes, 2)
        features = down_and_up(self.stem(seen), self.encoder, self.down, self.up, self.decoder)
        features = functional.relu(features)
        edge = functional.relu(self.edge(torch.cat([features, seen], 1)))
        return functional.pixel_shuffle(self.head(features) + self.sharpen(edge), 2)


def hats(photo: Tensor) -> Tensor:
    """What is narrower than each width of NARROW and brighter, or darker: (n, 2 * widths, h, w).

    White top-hats and black-hats of the luminance with square structuring elements, as max pooling.
    """
    brightness = luma(photo)
    planes = []
    for width in NARROW:
        opened = _widest(-_widest(-brightness, width), width)
        closed = -_widest(-_widest(brightness, width), width)
        planes += [brightness - opened, closed - brightness]
    return torch.cat(planes, 1)


def _widest(plane: Tensor, width: int) -> Tensor:
    """The largest value in a square around each pixel: by rows and by columns, each in doubling steps.

    `max_pool2d` gives the same; for wide squares on a CPU it took a third of a training step.
    """
    margin = width // 2
    plane = functional.pad(plane, (margin, margin, margin, margin), value=-torch.inf)
    for axis in (2, 3):
        covered = 1
        while covered < width:
            step = min(covered, width - covered)
            length = plane.shape[axis] - step
            plane = torch.maximum(plane.narrow(axis, 0, length), plane.narrow(axis, step, length))
            covered += step
    return plane


@torch.no_grad()
def mirrored_look(look: Look, photo: Tensor, earlier: Tensor | None = None) -> Tensor:
    """What is found in the mirrored photo, mirrored back: probability (n, 1, h, w).

    earlier: what an earlier look found, which this one completes; None: this is the first.
    """
    if earlier is None:
        earlier = torch.zeros_like(photo[:, :1])
    return look(photo.flip(3), earlier.flip(3)).float().sigmoid().flip(3)
