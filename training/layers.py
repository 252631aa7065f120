"""Layers that know which pixels are valid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from inpaint_cli.errors import ModelError

LUMA = (0.299, 0.587, 0.114)
LEVELS = 5
"""Steps down of `push_pull`: from 32 pixels to one."""


class PartialConv2d(nn.Module):
    """Convolution over the valid pixels alone (Liu et al. 2018, equations 1 and 2).

    Where the window saw at least one valid pixel the answer is ``W·(X⊙M)·sum(1)/sum(M) + b`` and the mask
    becomes valid; elsewhere both are 0. ``sum(1)`` counts the whole window, the zero padding included, so
    that the picture's border counts as missing.

    Args:
        inputs: channels of the picture that comes in.
        outputs: channels of the answer.
        kernel: side of the square window, odd where the padding is not given.
        stride: step of the window.
        mask_channels: 1 where all channels share a mask, else one mask a channel (``inputs``).
        padding: zeros around the picture, half the kernel where it is not given.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        mask_channels: int = 1,
        padding: int | None = None,
    ) -> None:
        super().__init__()
        if mask_channels not in (1, inputs):
            raise ValueError(f"mask_channels must be 1 or {inputs}, not {mask_channels}")
        self.padding = kernel // 2 if padding is None else padding
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, self.padding, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.kernel, self.stride, self.mask_channels = kernel, stride, mask_channels
        nn.init.kaiming_normal_(self.convolution.weight, nonlinearity="relu")

    def forward(self, picture: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve ``picture`` (n, inputs, h, w) where ``valid`` (n, mask_channels, h, w; 1 = known) says so.

        Returns the answer (n, outputs, h/stride, w/stride) and its mask (n, 1, h/stride, w/stride).
        """
        share = functional.avg_pool2d(
            valid.mean(1, keepdim=True), self.kernel, self.stride, self.padding, count_include_pad=True
        )
        seen = (share > 0).to(picture.dtype)
        answer = self.convolution(picture * valid)
        bias = self.bias.view(1, -1, 1, 1)
        smallest = 0.5 / (self.kernel**2 * self.mask_channels)
        return (answer / share.clamp_min(smallest) + bias) * seen, seen


class FoldablePartialBlock(nn.Module):
    """Partial convolution, batch normalisation and a rectifier: a level of the published network."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int = 1,
        slope: float = 0.0,
        mask_channels: int = 1,
        normalise: bool = True,
    ) -> None:
        super().__init__()
        self.partial = PartialConv2d(inputs, outputs, 3, stride, mask_channels)
        self.norm = nn.BatchNorm2d(outputs) if normalise else nn.Identity()
        self.slope = slope

    def forward(self, picture: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return the rectified answer and its mask; see `PartialConv2d`."""
        answer, seen = self.partial(picture, valid)
        return functional.leaky_relu(self.norm(answer), self.slope), seen


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose answer is added to what came in; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="relu")
        nn.init.zeros_(self.second.weight)
        for convolution in (self.first, self.second):
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) to the same shape."""
        inner: Tensor = self.second(functional.relu(self.first(functional.relu(features))))
        return features + inner


def residual_blocks(channels: int, count: int) -> nn.Sequential:
    """One level of a residual U-Net: ``count`` residual blocks one after the other."""
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


def residual_levels(
    channels: Sequence[int], blocks: Sequence[int]
) -> tuple[nn.ModuleList, nn.ModuleList, nn.ModuleList, nn.ModuleList]:
    """The levels of a residual U-Net, as `down_and_up` walks them: encoder, down, up, decoder.

    channels: of each level, finest first; blocks: residual blocks of each level down, then of each level up
    again, so 2 * levels - 1 numbers. Raises ModelError for another count.
    """
    depth = len(channels)
    if len(blocks) != 2 * depth - 1:
        raise ModelError(
            f"a residual U-Net of {depth} levels needs {2 * depth - 1} numbers of blocks, not {blocks}"
        )
    encoder = nn.ModuleList(residual_blocks(c, n) for c, n in zip(channels, blocks[:depth], strict=True))
    down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(channels))
    up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
    decoder = nn.ModuleList(
        residual_blocks(c, n) for c, n in zip(channels[:-1], blocks[: depth - 1 : -1], strict=True)
    )
    return encoder, down, up, decoder


def down_and_up(
    features: Tensor, encoder: nn.ModuleList, down: nn.ModuleList, up: nn.ModuleList, decoder: nn.ModuleList
) -> Tensor:
    """Walk a residual U-Net: down its levels, and back up with each level's features added.

    features: (n, channels of the first level, h, w), h and w divisible by 2 for each step down; the answer
    has the same shape. encoder has a module a level; down, up and decoder one a step.
    """
    beside = []
    for level, stack in enumerate(encoder):
        features = stack(features)
        if level < len(down):
            beside.append(features)
            features = down[level](features)
    for level in reversed(range(len(up))):
        features = functional.interpolate(up[level](features), scale_factor=2.0, mode="nearest")
        features = decoder[level](features + beside[level])
    return features


def luma(picture: Tensor) -> Tensor:
    """The brightness (n, 1, h, w) of a picture (n, 3, h, w), red, green, blue: ITU-R BT.601's luma."""
    red, green, blue = (picture[:, channel : channel + 1] for channel in range(3))
    return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue


def distance_from(mask: Tensor, most: int) -> Tensor:
    """Pixels to the nearest 1 of a mask (n, 1, h, w), diagonal steps counted as one, at most ``most``."""
    reached, distance = mask, 1 - mask
    for _ in range(most - 1):
        reached = functional.max_pool2d(reached, 3, stride=1, padding=1)
        distance = distance + (1 - reached)
    return distance


def push_pull(photo: Tensor, valid: Tensor) -> Tensor:
    """Fill the hole from a mask-normalised pyramid (Gortler et al. 1996, section 3.4).

    Down (pull): each coarser pixel is the mean of the known ones of its 2x2 children. Up (push): what is
    missing at a level is taken from the coarser one, interpolated bilinearly. Each level down is a partial
    convolution with constant weights.

    photo: float32 (n, c, h, w) in 0..1; valid: float32 (n, 1, h, w), 1 = known; h and w multiples of 32, of
    which the pyramid's top has one pixel each. Returns photo where valid, the pyramid's guess elsewhere (0
    where nothing at all is known).
    """
    pictures, shares = [photo * valid], [valid]  # at each level, pictures are 0 where nothing is known
    for _ in range(LEVELS):
        share = functional.avg_pool2d(shares[-1], 2)
        pictures.append(functional.avg_pool2d(pictures[-1], 2) / share.clamp_min(1e-6))
        shares.append((share > 0).to(photo.dtype))
    guess = pictures[-1]
    for picture, share in zip(pictures[-2::-1], shares[-2::-1], strict=True):
        coarse = functional.interpolate(guess, scale_factor=2.0, mode="bilinear", align_corners=False)
        guess = picture + coarse * (1 - share)
    return guess
