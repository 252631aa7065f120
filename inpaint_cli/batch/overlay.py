"""Pictures of photos with the damage in red, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from inpaint_cli.batch.damage import Bools, Pixels
from inpaint_cli.batch.job import Job
from inpaint_cli.depth import eight_bits
from inpaint_cli.names import split_suffix
from inpaint_cli.photos import Photo

_TINT = np.array([255, 0, 96], np.float32)
_TINT_SHARE = 0.6
_QUALITY = 90


def overlay_name(job: Job) -> str:
    """Return the path of a job's picture to look at, from the overlay's folder: named as no mask is."""
    return split_suffix(job.output_relative)[0] + "_overlay.jpg"


def draw_overlay(photo: Photo, masks: Sequence[Bools]) -> bytes:
    """Picture the first page that is damaged as a JPEG; masks: of each page (h, w), True = damaged."""
    shown = next((at for at, mask in enumerate(masks) if mask.any()), 0)
    file = BytesIO()
    _tinted(photo.pages[shown].pixels, masks[shown]).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _tinted(pixels: Pixels, mask: Bools) -> Image.Image:
    """Mix damaged pixels with red; pixels: (h, w, 1|3), uint8 or uint16."""
    picture = np.broadcast_to(eight_bits(pixels), (*mask.shape, 3)).copy()
    mixed = picture[mask] * (1 - _TINT_SHARE) + _TINT * _TINT_SHARE
    picture[mask] = np.rint(mixed).astype(np.uint8)
    return Image.fromarray(picture)
