"""Named training configurations.

`paper` is the published setting, `best` what a CPU trains in a day, and `large` what wants a GPU: what ships.
For `restore`, `fast` is what ships for `--quality fast`, and `tiny` what answers its easy tiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from inpaint_cli.errors import UsageError
from training.networks import NetworkConfig
from training.run_checks import check_settings

LIGHT = NetworkConfig(architecture="residual-unet", channels=(32, 64, 128), blocks=(1, 2, 2, 2, 1))
MEDIUM = NetworkConfig(architecture="residual-unet", channels=(48, 96, 160), blocks=(1, 3, 3, 3, 1))
LARGE = NetworkConfig(architecture="residual-unet", channels=(64, 96, 128), blocks=(3, 4, 3, 4, 3))
DEEP = replace(LARGE, channels=(64, 96, 160))
SMALL = NetworkConfig(architecture="residual-unet", channels=(16, 48, 64), blocks=(2, 3, 2, 3, 2))
TINY = NetworkConfig(architecture="residual-unet", channels=(8, 16, 32, 64), blocks=(0, 1, 1, 1, 1, 1, 0))
LOSSES = ("squared", "log", "adversarial")
PUBLISHED_DAMAGE = {"published-lines": 1.0}
GUIDED_DAMAGE = {"half-planes": 0.6, "blobs": 0.2, "everything": 0.2}
MOSTLY_LINES = {"published-lines": 0.6, "strokes": 0.15, "blobs": 0.15, "half-planes": 0.1}
PHOTO_DAMAGE = {
    "published-lines": 0.15,
    "long-lines": 0.2,
    "strokes": 0.2,
    "specks": 0.12,
    "letters": 0.15,
    "blobs": 0.12,
    "half-planes": 0.06,
}


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that decides the outcome of a training run, as plain data.

    ``damage`` gives the share of each drawer of `training.damage`; ``photo_share`` is the share of each batch
    that is cut from photos, damaged by ``photo_damage``, where photos are given. Of those, ``guided_share``
    is damaged by ``guided_damage`` and comes with a coarser level's answer, for a network that takes one.
    ``flips`` mirrors pictures left to right, ``turns`` also lays them upside down and on their side.
    ``average`` is the decay of the moving-average weights, 0 = none. ``hole_weight`` and ``known_weight``
    weigh the squared error, ``depth_power`` and ``margin_weight`` shape it, see `pixel_weights`. ``schedule``
    is constant, cosine, or trapezoid (constant, then linear to 0 over the last quarter), after ``warmup``
    steps. ``precision`` bfloat16 computes the forward pass in it where the device has such arithmetic;
    weights, gradients and validation stay float32. Where ``minutes`` is given, the run ends by the clock
    instead of after ``epochs``, and the schedule follows the clock: such a run fits into the time there is,
    but does not give the same weights twice. Raises UsageError for a run of no length or one that learns
    nothing, and for a loss, optimizer, precision or schedule that there is not.
    """

    network: NetworkConfig
    epochs: int
    batch_size: int = 64
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    schedule: str = "constant"
    warmup: int = 0
    average: float = 0.0
    hole_weight: float = 1.0
    known_weight: float = 1.0
    depth_power: float = 0.0
    margin_weight: float = 1.0
    flips: bool = False
    turns: bool = False
    channel_shuffle: bool = False
    damage: Mapping[str, float] = field(default_factory=lambda: dict(PUBLISHED_DAMAGE))
    photo_damage: Mapping[str, float] = field(default_factory=lambda: dict(PHOTO_DAMAGE))
    guided_damage: Mapping[str, float] = field(default_factory=lambda: dict(GUIDED_DAMAGE))
    photo_share: float = 0.0
    guided_share: float = 0.0
    loss: str = "squared"
    precision: str = "float32"
    seed: int = 0
    minutes: float | None = None

    def __post_init__(self) -> None:
        check_settings(
            counts={"--epochs": self.epochs, "--batch-size": self.batch_size},
            minutes=self.minutes,
            learning_rate=self.learning_rate,
            optimizer=self.optimizer,
            precision=self.precision,
            schedule=self.schedule,
        )
        if self.loss not in LOSSES:
            raise UsageError(f"--loss {self.loss}: there are: {', '.join(LOSSES)}")

    @property
    def length(self) -> str:
        """How long the run is, in words."""
        return f"{self.epochs} epochs" if self.minutes is None else f"{self.minutes:g} minutes"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a checkpoint and config.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> TrainingConfig:
        """Read back what `as_dict` gave.

        Raises KeyError, TypeError, ModelError or UsageError for anything else.
        """
        return cls(**{**fields, "network": NetworkConfig.from_dict(fields["network"])})


def _best(network: NetworkConfig, **different: Any) -> TrainingConfig:
    settings: dict[str, Any] = {
        "epochs": 60, "learning_rate": 4e-3, "optimizer": "muon", "schedule": "cosine", "warmup": 100,
        "average": 0.998, "flips": True, "precision": "bfloat16",
    }  # fmt: skip
    return TrainingConfig(network=network, **{**settings, **different})


def _photo(network: NetworkConfig, guess: str, iterations: int = 0) -> TrainingConfig:
    return _best(
        replace(network, sees_mask=True, sees_guide=True, guess=guess, iterations=iterations),
        known_weight=0.0, depth_power=0.7, margin_weight=0.5, turns=True, damage=PHOTO_DAMAGE,
        photo_share=1.0, guided_share=0.15,
    )  # fmt: skip


LARGE_ON_CIFAR: Mapping[str, Any] = {
    "photo_share": 0.35, "photo_damage": MOSTLY_LINES, "batch_size": 512,
}  # fmt: skip
PRESETS: Mapping[str, Mapping[str, TrainingConfig]] = {
    "paper": {
        "vanilla": TrainingConfig(network=NetworkConfig(architecture="vanilla-autoencoder"), epochs=20),
        "pconv": TrainingConfig(
            network=NetworkConfig(architecture="partial-unet", sees_mask=True), epochs=100
        ),
    },
    "best": {
        "vanilla": _best(
            replace(LIGHT, guess="spectral-with-misfit", black_is_missing=True), photo_share=0.2
        ),
        "pconv": _best(
            replace(LIGHT, sees_mask=True, guess="spectral-with-misfit"), known_weight=0.0, photo_share=0.2
        ),
        "photo": replace(_photo(MEDIUM, "learned-spectral", 8), depth_power=0.8),
    },
    "fast": {"photo": _photo(SMALL, "learned-spectral", 5)},
    "tiny": {"photo": replace(_photo(TINY, "push-pull"), loss="log")},
    "large": {
        "vanilla": _best(
            replace(LARGE, guess="spectral-with-misfit", black_is_missing=True), **LARGE_ON_CIFAR
        ),
        "pconv": _best(
            replace(LARGE, sees_mask=True, guess="spectral-with-misfit"), known_weight=0.0, **LARGE_ON_CIFAR
        ),
        "photo": replace(_photo(DEEP, "learned-spectral", 8), batch_size=1024, depth_power=0.8),
    },
}  # fmt: skip


def find_preset(preset: str, model: str) -> TrainingConfig:
    """Look up a preset for a model. Raises UsageError that lists the choices."""
    if preset not in PRESETS:
        raise UsageError(f"no preset {preset!r}; there are: {', '.join(PRESETS)}")
    if model not in PRESETS[preset]:
        raise UsageError(f"preset {preset!r} has no model {model!r}; it has: {', '.join(PRESETS[preset])}")
    return PRESETS[preset][model]
