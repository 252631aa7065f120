"""Print over a photo: captions, rows of text, burnt-in dates."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.detector.shapes import Plane

SMALL = "etaoinshrdlucmfwypvbgkqjxz"
LETTERS = np.array(list(3 * SMALL + SMALL.upper() + "0123456789.,:;'!?()-&/"))


@functools.cache
def fonts() -> tuple[Path | None, ...]:
    """Fonts to write with: Pillow's own (None) and, where matplotlib is there, those that it brings."""
    try:
        from matplotlib import get_data_path
    except ImportError:
        return (None,)
    folder = Path(get_data_path(), "fonts", "ttf")
    return (None, None, *sorted(file for file in folder.glob("DejaVu*.ttf") if "Display" not in file.name))


@functools.lru_cache(maxsize=256)
def _font(file: Path | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size) if file is None else ImageFont.truetype(str(file), size)


def _pick_font(rng: np.random.Generator, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return _font(fonts()[int(rng.integers(0, len(fonts())))], size)


def words(rng: np.random.Generator, count: int) -> str:
    """Words of random letters."""
    return " ".join("".join(rng.choice(LETTERS, int(rng.integers(1, 9)))) for _ in range(count))


def rows_of_text(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Some rows of print, or a page full, 9-40 px high; uint8 (height, width), soft or hard edged."""
    page = Image.new("L", (width, height))
    draw = ImageDraw.Draw(page)
    size = int(rng.integers(9, 41))
    y, rows = int(rng.integers(-size, height)), int(rng.integers(1, 4))
    if rng.random() < 0.5:
        y, rows = int(rng.integers(-size, size)), height // size
    font = _pick_font(rng, size)
    for _ in range(rows):
        start = int(rng.integers(-60, 20)) if rng.random() < 0.7 else int(rng.integers(0, width))
        draw.text((start, y), words(rng, 12), fill=255, font=font)
        y += size + int(rng.integers(2, 40))
    plane = np.array(page)
    if rng.random() < 0.6:
        plane = np.where(plane > 96, 255, 0).astype(np.uint8)
    return np.rot90(plane).copy() if rng.random() < 0.1 and height == width else plane


def burnt_in_date(height: int, width: int, rng: np.random.Generator) -> Plane:
    """A camera's date, as digits."""
    page = Image.new("L", (width, height))
    size = int(rng.integers(10, 30))
    numbers = [str(int(n)) for n in (rng.integers(1, 32), rng.integers(1, 13), rng.integers(60, 100))]
    date = rng.choice(["'", " ", ""]) + rng.choice([" ", "-", ".", "/"]).join(rng.permutation(numbers))
    place = (int(rng.integers(-10, width // 2)), int(rng.integers(0, max(1, height - size))))
    ImageDraw.Draw(page).text(place, str(date), fill=255, font=_pick_font(rng, size))
    return np.array(page)
