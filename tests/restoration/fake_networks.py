"""Networks for tests, each named after what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from inpaint_cli.backends import ModelCard, Tiles

SEEING = ModelCard(name="fake", kind="pconv", inputs=("photo", "valid"), sees_mask=True, parameters=0)
GUIDED = ModelCard(
    name="fake", kind="photo", inputs=("photo", "valid", "guide"), sees_mask=True, parameters=0
)
BLIND = ModelCard(name="fake", kind="vanilla", inputs=("photo",), sees_mask=False, parameters=0)


@dataclass
class Fake:
    """Keeps what it was given."""

    card: ModelCard = SEEING
    device: str = "cpu"
    seen: list[dict[str, Tiles]] = field(default_factory=list)

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        assert set(inputs) == set(self.card.inputs)
        self.seen.append({name: batch.copy() for name, batch in inputs.items()})
        return self.answer(inputs)

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        raise NotImplementedError

    @property
    def tiles(self) -> int:
        return sum(len(inputs["photo"]) for inputs in self.seen)

    def all(self, name: str) -> Tiles:
        return np.concatenate([inputs[name] for inputs in self.seen])


class FillWithGrey(Fake):
    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        return np.full_like(inputs["photo"], 0.5)


class FillWithNumbersThatAreNone(Fake):
    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        return np.full_like(inputs["photo"], np.nan)


class Invert(Fake):
    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        return 1 - inputs["photo"]


class Ramp(Fake):
    """0 in the tile's first column to 1 in its last, however the tile lies."""

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        across = np.arange(32, dtype=np.float32) / 31
        return np.broadcast_to(across, inputs["photo"].shape).copy()


class Remember(Fake):
    """Each input's own picture: the photo where it is known, what `guide` says under the hole."""

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        return inputs["photo"] + inputs["guide"] * (1 - inputs["valid"])


class MeanOfKnown(Fake):
    """Each tile's own mean of what is known, black where nothing is: neighbours disagree."""

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        photo, valid = inputs["photo"], inputs["valid"]
        count = valid.sum(axis=(2, 3), keepdims=True)
        mean = (photo * valid).sum(axis=(2, 3), keepdims=True) / np.maximum(count, 1)
        return np.broadcast_to(mean, photo.shape).astype(np.float32)


class Plane(Fake):
    """The plane through each tile's known pixels, by least squares, with an error that grows to its edges."""

    error = 0.0

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        photo, valid = inputs["photo"], inputs["valid"]
        across = (np.arange(32) - 15.5) / 16
        basis = np.stack([np.ones((32, 32)), *np.meshgrid(across, across)]).reshape(3, -1)
        answers = np.empty_like(photo)
        for tile, known, answer in zip(
            photo, valid[:, 0].ravel().reshape(len(valid), -1) > 0, answers, strict=True
        ):
            values, *_ = np.linalg.lstsq(basis[:, known].T, tile.reshape(3, -1)[:, known].T, rcond=None)
            answer[:] = (values.T @ basis).reshape(3, 32, 32) + self.error * across[:, None] * across[None]
        return answers


class PlaneWithErrors(Plane):
    error = 0.1


class BlurOfKnown(Fake):
    """The mean of what is known within two pixels: the same everywhere, but for the tile's edge."""

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        photo, valid = inputs["photo"], inputs["valid"]
        total, count = _around(photo * valid), _around(valid)
        return total / np.maximum(count, 1)


class PushPull(Fake):
    """The mask-normalised pyramid (Gortler et al. 1996)."""

    def answer(self, inputs: Mapping[str, Tiles]) -> Tiles:
        levels = [(inputs["photo"] * inputs["valid"], inputs["valid"])]
        for _ in range(5):
            total, count = (_sum_of_four(values) for values in levels[-1])
            share = np.minimum(count, 1)
            levels.append((total / np.maximum(count, 1e-6) * share, share))
        guess = levels.pop()[0]
        while levels:
            photo, valid = levels.pop()
            guess = photo + _doubled(_doubled(guess, 2), 3) * (1 - valid)
        return guess


def _doubled(values: Tiles, axis: int) -> Tiles:
    """Bilinear along one axis."""
    before, after = (np.take(values, _neighbours(values.shape[axis], step), axis) for step in (-1, 1))
    pairs = np.stack([0.75 * values + 0.25 * before, 0.75 * values + 0.25 * after], axis=axis + 1)
    shape = list(values.shape)
    shape[axis] *= 2
    return pairs.reshape(shape)


def _neighbours(size: int, step: int) -> np.ndarray:
    return np.clip(np.arange(size) + step, 0, size - 1)


def _around(values: Tiles) -> Tiles:
    padded = np.pad(values, ((0, 0), (0, 0), (2, 2), (2, 2)))
    return np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(2, 3)).sum(axis=(4, 5))


def _sum_of_four(values: Tiles) -> Tiles:
    rows = values[:, :, 0::2] + values[:, :, 1::2]
    return rows[..., 0::2] + rows[..., 1::2]
