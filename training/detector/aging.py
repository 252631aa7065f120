"""How photos look before and after they are damaged: faded, sepia, grainy, blurred, saved as JPEG."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from training.data.pictures import Pixels
from training.detector.paint import Photo


def age(photo: Photo, rng: np.random.Generator) -> Photo:
    """Give a photo (0..255) the look of a time: before any damage, damaged or not."""
    if rng.random() < 0.35:
        photo = _without_colour(photo, rng)
    contrast = rng.random()
    if contrast < 0.25:
        low, high = rng.uniform(0, 50), rng.uniform(190, 255)
        photo = np.float32(low) + photo * np.float32((high - low) / 255)
    elif contrast < 0.45:
        photo = _burnt_out(photo, rng)
    if rng.random() < 0.2:
        photo = np.float32(255) * (np.clip(photo, 0, 255) / np.float32(255)) ** np.float32(
            rng.uniform(0.6, 1.7)
        )
    if rng.random() < 0.25:
        photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.4, 1.8)).astype(np.float32)
    if rng.random() < 0.35:
        photo = photo + _grain(photo.shape[:2], rng)
    return np.clip(photo, 0, 255).astype(np.float32)


def scan(photo: Photo, rng: np.random.Generator) -> Photo:
    """Save a photo: as it is, or as a scanner and a JPEG file leave it. Whole values 0..255 come back."""
    if rng.random() < 0.15:
        photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.3, 0.8)).astype(np.float32)
    if rng.random() < 0.15:
        photo = photo + rng.standard_normal(photo.shape, np.float32) * np.float32(rng.uniform(1, 5))
    if rng.random() < 0.1:
        photo = photo + 0.6 * (photo - cv2.GaussianBlur(photo, (0, 0), 1.0))
    stored = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        stored = _as_jpeg(stored, int(rng.integers(45, 98)))
    return stored.astype(np.float32)


def _burnt_out(photo: Photo, rng: np.random.Generator) -> Photo:
    """Stretch the contrast until parts are plain white or black, as cloth and sky are in hard prints.

    These have hard edges and no detail, like a blotch or a tear, and are none.
    """
    around, gain = rng.uniform(60, 195), rng.uniform(1.2, 3.0)
    white = rng.uniform(215, 255)
    stretched: Photo = np.clip((photo - np.float32(around)) * np.float32(gain) + np.float32(around), 0, white)
    return stretched


def _without_colour(photo: Photo, rng: np.random.Generator) -> Photo:
    grey = photo @ np.array([0.3, 0.59, 0.11], np.float32)
    if rng.random() < 0.5:
        return np.repeat(grey[..., None], 3, 2)
    tint = 1 + np.array([1, rng.uniform(0, 0.6), -1], np.float32) * rng.uniform(0, 0.3)
    toned: Photo = (grey[..., None] * tint).astype(np.float32)
    return toned


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> Photo:
    """Film grain, fine or coarse, coloured or not: (h, w, 1 or 3)."""
    channels = 1 if rng.random() < 0.7 else 3
    grain = rng.standard_normal((*shape, channels), np.float32) * np.float32(rng.uniform(1, 14))
    if rng.random() < 0.5:
        coarse = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 1.2)).reshape(*shape, channels)
        return coarse.astype(np.float32) * np.float32(2)
    return grain


def _as_jpeg(stored: Pixels, quality: int) -> Pixels:
    coded = BytesIO()
    Image.fromarray(stored).save(coded, "JPEG", quality=quality)
    return np.asarray(Image.open(coded))
