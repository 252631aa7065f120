"""Pictures in memory, sampled and augmented in batches on the device that trains."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FADED = 0.3
"""Share of the photos that lose their colours, and of those that get grain."""


@dataclass(frozen=True)
class PictureBank:
    """Pictures as one tensor: uint8 (count, 3, side, side), side >= the side that is sampled.

    Where the pictures are larger than the side asked for, each sample is cut from a random place.
    ``weights`` (count,) says how often each is drawn; None draws all alike.
    """

    pictures: Tensor
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.pictures)

    def to(self, device: torch.device) -> PictureBank:
        """The same bank on another device."""
        return PictureBank(
            self.pictures.to(device), None if self.weights is None else self.weights.to(device)
        )

    def sample(self, n: int, side: int, generator: torch.Generator) -> Tensor:
        """Draw n pictures with replacement: uint8 (n, 3, side, side)."""
        device = self.pictures.device
        if self.weights is None or n == 0:  # multinomial refuses to draw nothing
            chosen = torch.randint(len(self.pictures), (n,), generator=generator, device=device)
        else:
            chosen = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        drawn = self.pictures[chosen]
        room = drawn.shape[-1] - side
        if room == 0:
            return drawn
        corner = torch.randint(room + 1, (2, n, 1), generator=generator, device=device)
        rows, columns = corner + torch.arange(side, device=device)
        picture = torch.arange(n, device=device)
        cut = drawn[picture[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        return cut.permute(0, 3, 1, 2)


def augment(
    pictures: Tensor, generator: torch.Generator, *, flips: bool, turns: bool, channel_shuffle: bool
) -> Tensor:
    """Mirror left to right, turn, and reorder the channels of some: uint8 (n, 3, s, s) to float32 in 0..1.

    ``flips`` with ``turns`` gives all eight ways of laying a picture.
    """
    n, device = len(pictures), pictures.device
    result = pictures.float().div_(255)

    def sometimes(changed: Tensor) -> Tensor:
        chosen = torch.rand(n, generator=generator, device=device) < 0.5
        return torch.where(chosen.view(-1, 1, 1, 1), changed, result)

    if flips:
        result = sometimes(result.flip(-1))
    if turns:
        result = sometimes(result.flip(-2))
        result = sometimes(result.transpose(-1, -2))
    if channel_shuffle:
        order = torch.rand((n, 3), generator=generator, device=device).argsort(1)
        result = result.gather(1, order.view(n, 3, 1, 1).expand_as(result))
    return result


def fade_colours(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Make a share of the pictures grey or sepia, grainy, or both: float32 (n, 3, s, s) in 0..1."""
    n, device = len(pictures), pictures.device

    def each(low: float, high: float) -> Tensor:
        return torch.rand((n, 1, 1, 1), generator=generator, device=device) * (high - low) + low

    faded = each(0, 1) < FADED
    grey = pictures.mean(1, keepdim=True)
    warmth = each(0, 0.12) * (each(0, 1) < 0.5)
    tint = (1 - torch.arange(3, device=device)).view(1, 3, 1, 1)
    result = torch.where(faded, grey + tint * warmth * grey, pictures)
    grain = torch.randn(grey.shape, generator=generator, device=device) * each(0, 0.05) * (each(0, 1) < FADED)
    return (result + grain).clamp_(0, 1)
