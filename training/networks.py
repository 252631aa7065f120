"""The networks: the two that were published, and the residual U-Net that ships.

Every network is built from a frozen configuration whose fields are plain data, so that a checkpoint can carry
it. All take float32 pictures (n, 3, h, w) in 0..1 with h and w multiples of 32 and return the restored
picture in the same shape. Those that see the mask also take ``valid`` (n, 1, h, w), 1 = known, and do not
depend on the values under the hole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inpaint_cli.errors import ModelError
from training.detector.network import DamageUNet
from training.layers import FoldablePartialBlock, PartialConv2d, down_and_up, luma, push_pull, residual_levels
from training.learned_spectral import LearnedSpectralGuess
from training.spectral import SpectralGuess

GUESSES = ("push-pull", "spectral", "spectral-with-misfit", "learned-spectral")
PUBLISHED_CHANNELS = (32, 64, 128, 256, 512)
BLACKEST = 1.5 / 255
"""Values up to this are black: what the published damage paints, and what photos seldom hold."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """What builds a network: the name of its architecture and its sizes.

    ``sees_mask`` and ``sees_guide`` say which inputs it takes beside the picture. ``guess`` is the first
    guess of a residual U-Net that sees the mask: push-pull, or spectral (with push-pull beside it), and then
    also by how much the waves miss what is known; or learned-spectral, in so many ``iterations``. A residual
    U-Net that is blind takes black pixels for missing where ``black_is_missing``, and then guesses likewise;
    otherwise its guess is the picture.
    """

    architecture: str
    channels: tuple[int, ...] = PUBLISHED_CHANNELS
    blocks: tuple[int, ...] = ()
    sees_mask: bool = False
    sees_guide: bool = False
    guess: str = "push-pull"
    iterations: int = 0
    black_is_missing: bool = False

    def __post_init__(self) -> None:
        """Raise ModelError for one that is told what is missing and guesses it, or takes no iteration."""
        if self.sees_mask and self.black_is_missing:
            raise ModelError("a network that sees the mask cannot also take black for missing")
        if self.guess == "learned-spectral" and self.iterations < 1:
            raise ModelError("a learned-spectral first guess needs at least one of its iterations")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a checkpoint or a card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> NetworkConfig:
        """Read back what `as_dict` gave, lists in the place of tuples.

        Raises ModelError where it is not that.
        """
        try:
            sizes = {name: tuple(fields[name]) for name in ("channels", "blocks")}
            return cls(**{**fields, **sizes})
        except (KeyError, TypeError) as error:
            raise ModelError(f"not the configuration of a network: {error}") from error

    @property
    def knows_missing(self) -> bool:
        """Whether it knows which pixels are missing: it is told, or takes those that are black."""
        return self.sees_mask or self.black_is_missing

    @property
    def finds_damage(self) -> bool:
        """Whether it answers with the probability of damage in the place of the restored picture."""
        return self.architecture == "damage-unet"

    @property
    def output(self) -> str:
        """Name of what ``forward`` returns."""
        return "probability" if self.finds_damage else "restored"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in the order in which ``forward`` takes them."""
        if self.finds_damage:
            return ("photo", "earlier")
        return ("photo", *(("valid",) if self.sees_mask else ()), *(("guide",) if self.sees_guide else ()))


class VanillaAutoencoder(nn.Module):
    """The published blind autoencoder: five convolutions with max pooling, five transposed ones back."""

    def __init__(self, channels: tuple[int, ...] = PUBLISHED_CHANNELS) -> None:
        super().__init__()
        down = (3, *channels)
        self.encoder = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(down))
        up = down[::-1]
        self.decoder = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 3, stride=2, padding=1, output_padding=1) for a, b in pairwise(up)
        )

    def forward(self, photo: Tensor) -> Tensor:
        """Damaged picture (n, 3, h, w) to restored picture."""
        features = photo
        for convolution in self.encoder:
            features = functional.relu(functional.max_pool2d(convolution(features), 2))
        for index, convolution in enumerate(self.decoder):
            features = convolution(features)
            if index + 1 < len(self.decoder):
                features = functional.relu(features)
        return torch.sigmoid(features)


class PartialUNet(nn.Module):
    """The published U-Net of partial convolutions (Liu et al. 2018): five levels down to 1x1 and five up.

    Each step up upsamples the features and their mask to the encoder's size, puts the encoder's features and
    mask beside them and convolves partially, every channel with the mask of where it came from.
    """

    def __init__(self, channels: tuple[int, ...] = PUBLISHED_CHANNELS) -> None:
        super().__init__()
        down = (3, *channels)
        self.encoder = nn.ModuleList(
            FoldablePartialBlock(a, b, stride=2, normalise=level > 0)
            for level, (a, b) in enumerate(pairwise(down))
        )
        steps = zip(channels[::-1], (*channels[-2::-1], 3), strict=True)
        self.decoder = nn.ModuleList(
            FoldablePartialBlock(a + b, b, slope=0.2, mask_channels=a + b) for a, b in list(steps)[:-1]
        )
        last = channels[0] + 3
        self.head = PartialConv2d(last, 3, mask_channels=last)

    def forward(self, photo: Tensor, valid: Tensor) -> Tensor:
        """Damaged picture and its mask to restored picture (n, 3, h, w), in 0..1."""
        levels = [(photo * valid, valid)]
        for block in self.encoder:
            levels.append(block(*levels[-1]))
        features, seen = levels.pop()
        for block in (*self.decoder, self.head):
            beside, beside_seen = levels.pop()
            features = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            seen = functional.interpolate(seen, scale_factor=2.0, mode="nearest")
            mask = torch.cat([seen.expand(-1, features.shape[1], -1, -1),
                              beside_seen.expand(-1, beside.shape[1], -1, -1)], 1)  # fmt: skip
            features, seen = block(torch.cat([features, beside], 1), mask)
        return torch.sigmoid(features)


class ResidualUNet(nn.Module):
    """A residual U-Net from half resolution down, which corrects a first guess.

    With a mask, the guess is the mask-normalised pyramid (`push_pull`) or what continues textures
    (`SpectralGuess`; the pyramid is then seen as well, and the waves' misfit carried into the hole, which
    tells where to trust them; or the pyramid in the brightness of `LearnedSpectralGuess`), the first layer
    convolves the known pixels partially beside it, and the answer is guess plus correction under the hole.
    Blind, the guess is the picture itself, or all this with what is not black taken for known.
    ``guide`` (n, 3, h, w) is the known photo with the coarser level's answer under the hole, or all 0 for a
    tile that has none; where there is one, it is the first guess. Raises ModelError for a guess that there is
    not, or another number of blocks than `residual_levels` takes.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.sees_guide, self.black_is_missing = config.sees_guide, config.black_is_missing
        channels = config.channels
        if config.guess not in GUESSES:
            raise ModelError(f"no first guess {config.guess!r}; there are: {', '.join(GUESSES)}")
        spectral = config.guess in ("spectral", "spectral-with-misfit") and config.knows_missing
        self.spectral = SpectralGuess() if spectral else None
        self.sees_misfit = self.spectral is not None and config.guess == "spectral-with-misfit"
        learned = config.guess == "learned-spectral" and config.knows_missing
        self.learned = LearnedSpectralGuess(config.iterations) if learned else None
        clues = (3 if self.spectral else 0) + (3 if self.sees_misfit else 0) + (2 if self.learned else 0)
        planes = 3, int(config.knows_missing), int(config.sees_guide), clues
        self.halve: nn.Module = nn.PixelUnshuffle(2)
        self.stem_parts = tuple(4 * count for count in planes)
        self.stem = nn.Conv2d(sum(self.stem_parts), channels[0], 3, padding=1)
        self.known = PartialConv2d(12, channels[0], mask_channels=12) if config.knows_missing else None
        self.encoder, self.down, self.up, self.decoder = residual_levels(channels, config.blocks)
        self.head = nn.Conv2d(channels[0], 12, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, photo: Tensor, valid: Tensor | None = None, guide: Tensor | None = None) -> Tensor:
        """Damaged picture, with its mask and guide where the configuration says so, to restored picture."""
        if self.black_is_missing:
            valid = (photo.amax(1, keepdim=True) > BLACKEST).to(photo.dtype)
        if self.known is None or valid is None:
            guess = photo
            features = self.stem(self.halve(photo - 0.5))
        else:
            guess, planes = self._first_guess(photo, valid, guide)
            features = self.stem(self.halve(torch.cat(planes, 1)))
            known = self.halve(photo * valid - 0.5 * valid)
            features = features + self.known(known, self.halve(valid.expand(-1, 3, -1, -1)))[0]
        features = down_and_up(features, self.encoder, self.down, self.up, self.decoder)
        correction = functional.pixel_shuffle(self.head(features), 2)
        return guess + correction

    def parts(self) -> Mapping[str, tuple[int, ...]]:
        """What stands side by side, see `Concatenating`: guess, mask, whether there is a guide, and clues."""
        return {"stem.weight": self.stem_parts}

    def _first_guess(self, photo: Tensor, valid: Tensor, guide: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        """Return the guess (n, 3, h, w) and all that the first layer sees, the guess among it.

        What is learned of the guess itself is learned as a part of the answer, not through the first layer:
        that would make a training step half as long again.
        """
        guess = smooth = push_pull(photo, valid)
        clues = []
        if self.spectral is not None:
            waves = self.spectral(photo, valid)
            guess = waves + (photo - waves) * valid
        if self.learned is not None:
            brightness = luma(smooth)
            detail = self.learned(brightness, valid) - brightness
            guess = smooth + detail * (1 - valid)
            clues = [detail.detach() * (1 - valid), detail.detach() * valid]
        planes = [valid]
        if guide is not None:
            given = (guide.amax((1, 2, 3), keepdim=True) > 0).to(guide.dtype)
            guess = guess + (guide - guess) * given
            planes.append(given.expand_as(valid))
        if self.spectral is not None:
            clues = [smooth - guess]
        if self.sees_misfit:
            clues.append(push_pull(photo - waves, valid))
        return guess, [guess.detach() - 0.5, *planes, *clues]


ARCHITECTURES: Mapping[str, Callable[[NetworkConfig], nn.Module]] = {
    "vanilla-autoencoder": lambda config: VanillaAutoencoder(config.channels),
    "partial-unet": lambda config: PartialUNet(config.channels),
    "residual-unet": ResidualUNet,
    "damage-unet": lambda config: DamageUNet(config.channels, config.blocks),
}


def build_network(config: NetworkConfig) -> nn.Module:
    """Build the network with fresh weights. Raises ModelError where the configuration describes none."""
    if config.architecture not in ARCHITECTURES:
        raise ModelError(f"no architecture {config.architecture!r}; there are: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[config.architecture](config)


def network_from_config(config: Mapping[str, Any]) -> nn.Module:
    """Build the network that plain data describes. Raises ModelError where it describes none."""
    return build_network(NetworkConfig.from_dict(config))
