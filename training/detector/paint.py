"""How damage looks: colours, soft edges and transparency, painted over a photo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.detector.shapes import Plane

Photo = npt.NDArray[np.float32]
"""float32 (h, w, 3) in 0..255, RGB."""
Floats = npt.NDArray[np.float32]

SURELY, POSSIBLY = 0.2, 0.04
"""Opacity from which a pixel counts as damaged, and from which it isn't held against an answer either way."""
BESIDE = 2.5
"""Weight of an undamaged pixel within two pixels of damage: a mask must end where the damage ends."""
PLAINLY, VISIBLE = 30.0, 2.0
"""A damaged pixel counts up to VISIBLE, in proportion to its change and at PLAINLY (of 255) in full."""
FAINT = 4.0
"""A change of the largest channel below this (of 255) can only be guessed from visible damage beside it."""


@dataclass(frozen=True)
class Painted:
    """A damaged photo; `label` (h, w) 1 = damaged; `weight` (h, w): how much a wrong answer there counts."""

    photo: Photo
    label: Floats
    weight: Floats

    def over(self, earlier: Painted) -> Painted:
        """Add what was painted earlier and shows through.

        Where both say the same, the larger weight counts; but beside damage, what either of them doesn't hold
        against an answer isn't held against it.
        """
        weight = np.maximum(self.weight, earlier.weight)
        weight[(self.label == 0) & (earlier.label == 0) & ((self.weight == 0) | (earlier.weight == 0))] = 0
        weight = np.where(self.label > earlier.label, self.weight, weight)
        weight = np.where(self.label < earlier.label, earlier.weight, weight)
        return Painted(self.photo, np.maximum(self.label, earlier.label), weight)


def paint(photo: Photo, shape: Plane, rng: np.random.Generator) -> Painted:
    """Paint a shape over a photo, in one random look: hard or soft, opaque or not, of any colour."""
    opacity = soften(shape, rng)
    colour = colours(photo, shape, rng)
    if rng.random() < 0.7:
        colour = colour + _noise(shape.shape, rng)
    damaged = photo + (colour - photo) * opacity[..., None]
    if rng.random() < 0.12:
        shade = relief(opacity, rng)
        damaged = damaged + shade[..., None]
        opacity = np.maximum(opacity, np.abs(shade) / np.float32(PLAINLY) * np.float32(SURELY))
    damaged = np.clip(damaged, 0, 255).astype(np.float32)
    return Painted(damaged, *judge(photo, damaged, opacity))


def relief(opacity: Floats, rng: np.random.Generator) -> Floats:
    """The light and shadow that a crease or a flake of emulsion throws on a scanner: what to add, of 255.

    Light comes from one side: an edge that faces it is brighter, the edge behind is darker.
    """
    across, down = rng.uniform(-2.5, 2.5, 2)
    move = np.array([[1, 0, across], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(opacity, move, opacity.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    shade: Floats = (opacity - moved) * np.float32(rng.uniform(20, 90))
    return shade


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Photo:
    channels = 1 if rng.random() < 0.5 else 3
    noise: Photo = rng.standard_normal((*shape, channels), np.float32) * np.float32(rng.uniform(0, 8))
    return noise


def judge(photo: Photo, damaged: Photo, opacity: Floats) -> tuple[Floats, Floats]:
    """Say what counts as damage, and how much.

    Plainly visible damage and what lies right beside it count more. Pixels deep inside wide damage count
    less, so that thin damage is heard; faint damage counts little; what can't be seen only beside visible
    damage; a soft rim not at all.
    """
    label = (opacity >= SURELY).astype(np.float32)
    change = np.abs(damaged - photo).max(-1)
    visible = ((label > 0) & (change >= FAINT)).astype(np.uint8)
    beside = cv2.dilate(visible, np.ones((21, 21), np.uint8))
    rim = cv2.dilate(label, np.ones((5, 5), np.uint8)) > 0
    damaged_weight = np.clip(VISIBLE / PLAINLY * change, 0.25, VISIBLE)
    weight = np.where(label > 0, damaged_weight, np.where(rim, BESIDE, 1)).astype(np.float32)
    inside = cv2.distanceTransform(label.astype(np.uint8), cv2.DIST_L2, 3)
    weight /= 1 + np.maximum(inside - 2, 0) / 3
    weight[(label > 0) & (beside == 0)] = 0.0
    weight[(label == 0) & (opacity > POSSIBLY)] = 0.0
    return label, weight


def soften(shape: Plane, rng: np.random.Generator) -> Floats:
    """Turn a shape into opacity 0..1: hard, with a soft rim inside, or blurred; often partly transparent."""
    opacity = shape.astype(np.float32) / 255
    look = rng.random()
    if look < 0.42:
        inside = cv2.distanceTransform((shape > 96).astype(np.uint8), cv2.DIST_L2, 3)
        opacity = np.clip(inside / rng.uniform(1.0, 3.0), 0, 1).astype(np.float32)
    elif look < 0.65:
        blurred = cv2.GaussianBlur(opacity, (0, 0), rng.uniform(0.4, 1.4))
        opacity = np.clip(blurred * rng.uniform(1.0, 1.6), 0, 1).astype(np.float32)
    if rng.random() < 0.55:
        opacity = opacity * np.float32(rng.uniform(0.45, 1.0))
    if rng.random() < 0.25:
        uneven = cv2.GaussianBlur(rng.random(shape.shape, np.float32), (0, 0), rng.uniform(1.2, 12))
        low, high = float(uneven.min()), float(uneven.max())
        opacity = opacity * np.float32(0.4) * (1 + 1.5 * (uneven - low) / max(high - low, 1e-6))
    return opacity.astype(np.float32)


def colours(photo: Photo, shape: Plane, rng: np.random.Generator) -> Photo:
    """Choose what shows instead of the photo: one colour, or one for each connected piece. (h, w, 3)."""
    look = rng.random()
    if look < 0.05:
        return photo + np.float32(rng.choice([-1, 1]) * rng.uniform(40, 120))
    if look < 0.55:
        count, pieces = cv2.connectedComponents((shape > 96).astype(np.uint8))
        palette = np.stack([black_or_white(rng) for _ in range(count)]).astype(np.float32)
        return np.asarray(palette[pieces], np.float32)
    plain = black_or_white(rng) if look < 0.87 else rng.uniform(0, 255, 3)
    return np.ones_like(photo) * plain.astype(np.float32)


def black_or_white(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A colour near white (paper, worn emulsion) or near black (shadow, dirt), slightly tinted."""
    level = rng.uniform(190, 256) if rng.random() < 0.58 else rng.uniform(0, 60)
    colour: npt.NDArray[np.float64] = np.clip(level + rng.uniform(-14, 14, 3), 0, 255)
    return colour
