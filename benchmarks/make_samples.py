"""Draw the damaged photos in `samples/` and their masks.

    python -m benchmarks.make_samples [FOLDER]

Four photos in the public domain that scikit-image ships, each with the kind of damage that it could have had:
a cracked print, a dusty slide, a creased print with a date stamp, scratched film. Same seed, same pixels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from skimage import data

FINE = 4
"""Damage is drawn this many times larger, so that its edges are soft like a scan's."""
MASK_MARGIN = 2
"""Pixels around the damage that the mask takes in: JPEG smears it a little."""

Point = tuple[float, float]
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]
Opacity = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """One kind of damage: where it covers the photo (height, width; 0..1) and in which colour."""

    opacity: Opacity
    colour: Colour


class Pen:
    """Draws opacity maps (height, width), float32 in 0..1, with a generator of its own."""

    def __init__(self, height: int, width: int, seed: int) -> None:
        self.height, self.width = height, width
        self.rng = np.random.default_rng(seed)

    def blank(self) -> Pixels:
        """An empty sheet, enlarged."""
        return np.zeros((self.height * FINE, self.width * FINE), np.uint8)

    def finish(self, sheet: Pixels, softness: float = 0.5) -> Opacity:
        """From the enlarged sheet to the photo's size, with a slightly soft edge."""
        small = cv2.resize(sheet, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return cv2.GaussianBlur(small, (0, 0), softness).astype(np.float32) / 255

    def jagged(self, start: Point, end: Point, roughness: float) -> npt.NDArray[np.float64]:
        """A torn path between two points, by midpoint displacement. Returns (n, 2) of x, y."""
        path = np.array([start, end], np.float64)
        sway = roughness * float(np.hypot(*(path[1] - path[0])))
        for _ in range(7):
            middle = (path[1:] + path[:-1]) / 2 + self.rng.normal(0, sway, (len(path) - 1, 2))
            path = np.insert(path, np.arange(1, len(path)), middle, axis=0)
            sway *= 0.48
        return path

    def stroke(self, sheet: Pixels, path: npt.NDArray[np.float64], widths: npt.NDArray[np.float64]) -> None:
        """A line along the path, of changing width in pixels of the photo."""
        scaled = np.round(path * FINE).astype(int)
        for start, end, width in zip(scaled[:-1], scaled[1:], widths, strict=False):
            cv2.line(sheet, start.tolist(), end.tolist(), 255, max(1, round(width * FINE)), cv2.LINE_AA)

    def crack(self, points: Sequence[Point], width: float, twigs: int) -> Opacity:
        """A crack of the emulsion through the points, with short side cracks."""
        sheet = self.blank()
        path = np.concatenate([self.jagged(start, end, 0.045) for start, end in pairwise(points)])
        wander = np.convolve(self.rng.normal(0, 1, len(path) + 8), np.ones(9) / 3, "valid")
        self.stroke(sheet, path, np.clip(width * (1 + 0.35 * wander), 1, 2 * width))
        for _ in range(twigs):
            root = path[self.rng.integers(len(path))]
            angle, length = self.rng.uniform(0, 2 * np.pi), self.rng.uniform(8, 42)
            tip = (root[0] + length * np.cos(angle), root[1] + length * np.sin(angle))
            twig = self.jagged(tuple(root), tip, 0.09)
            self.stroke(sheet, twig, np.linspace(0.6 * width, 0.4, len(twig)))
        return self.finish(sheet)

    def scratches(self, count: int, width: tuple[float, float], upright: bool) -> Opacity:
        """Long, slightly wavering lines that fade in and out; upright ones run with the film."""
        sheet = np.zeros((self.height, self.width), np.float32)
        for _ in range(count):
            line = self.blank()
            x, y = self.rng.uniform(0, self.width), self.rng.uniform(-0.1, 0.5) * self.height
            length = self.rng.uniform(0.35, 1.1) * self.height
            angle = np.pi / 2 + self.rng.normal(0, 0.02) if upright else self.rng.uniform(0, np.pi)
            tip = (x + length * np.cos(angle), y + length * np.sin(angle))
            path = self.jagged((x, y), tip, 0.002 if upright else 0.012)
            taper = np.sin(np.linspace(0.12, np.pi - 0.12, len(path))) ** 0.6
            breaks = np.convolve(self.rng.random(len(path) + 6), np.ones(7) / 7, "valid") > 0.4
            self.stroke(line, path, self.rng.uniform(*width) * taper * np.where(breaks, 1, 0.25))
            sheet = np.maximum(sheet, self.finish(line) * self.rng.uniform(0.75, 1))
        return sheet

    def dust(self, specks: int, hairs: int) -> Opacity:
        """Specks of 1 to 6 pixels and curled hairs."""
        sheet = self.blank()
        for _ in range(specks):
            centre = self.rng.uniform((0, 0), (self.width, self.height)) * FINE
            axes = np.maximum(1, np.abs(self.rng.normal(0, 1.3, 2)) * FINE)
            turn = float(self.rng.uniform(0, 180))
            cv2.ellipse(sheet, centre.astype(int).tolist(), axes.astype(int).tolist(), turn, 0, 360, 255, -1)
        for _ in range(hairs):
            bend = np.cumsum(self.rng.normal(0, 0.035, self.rng.integers(15, 45)))
            headings = self.rng.uniform(0, 2 * np.pi) + np.cumsum(bend)
            steps = 1.8 * np.stack([np.cos(headings), np.sin(headings)], axis=1)
            path = self.rng.uniform((0, 0), (self.width, self.height)) + np.cumsum(steps, axis=0)
            self.stroke(sheet, path, np.full(len(path), self.rng.uniform(0.6, 1.2)))
        return self.finish(sheet)

    def stamp(self, text: str, corner: Point, size: int) -> Opacity:
        """Printed letters whose lower right end is at the corner."""
        page = Image.fromarray(self.blank())
        font = ImageFont.load_default(size * FINE)
        place = (corner[0] * FINE, corner[1] * FINE)
        ImageDraw.Draw(page).text(place, text, fill=255, font=font, anchor="rs")
        return self.finish(np.asarray(page), 0.7)


def aged_print(photo: Pixels, seed: int) -> Pixels:
    """A brown, flat, grainy print of a colour photo."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    grain = np.random.default_rng(seed).normal(0, 0.018, grey.shape)
    tone = 0.09 + 0.83 * grey + cv2.GaussianBlur(grain, (0, 0), 0.7)
    brown = np.stack([tone**0.86, tone**1.02, tone**1.32], axis=2)
    return np.clip(np.round(255 * brown), 0, 255).astype(np.uint8)


def portrait(photo: Pixels) -> tuple[Pixels, list[Layer]]:
    """A print that was folded and lost emulsion along the cracks."""
    pen = Pen(*photo.shape[:2], seed=11)
    cracks = [
        pen.crack([(0, 322), (118, 300), (205, 356), (262, 402), (330, 512)], width=3.6, twigs=13),
        pen.crack([(512, 68), (420, 120), (352, 104), (300, 0)], width=2.6, twigs=8),
    ]
    paper: Colour = (238, 230, 214)
    return aged_print(photo, seed=11), [
        Layer(np.maximum(*cracks), paper),
        Layer(pen.scratches(7, (0.8, 1.8), upright=False), paper),
        Layer(pen.dust(240, 7), (232, 222, 202)),
    ]


def cat(photo: Pixels) -> tuple[Pixels, list[Layer]]:
    """A slide that was scanned without being dusted."""
    pen = Pen(*photo.shape[:2], seed=5)
    return photo, [
        Layer(pen.dust(150, 12), (18, 15, 14)),
        Layer(pen.dust(90, 4), (246, 244, 240)),
        Layer(pen.scratches(3, (0.8, 1.6), upright=False), (240, 240, 236)),
    ]


def coffee(photo: Pixels) -> tuple[Pixels, list[Layer]]:
    """A print with a crease, and the date that the camera burned into it."""
    pen = Pen(*photo.shape[:2], seed=23)
    return photo, [
        Layer(pen.crack([(452, 0), (446, 130), (440, 262), (447, 400)], width=2.4, twigs=6), (242, 236, 226)),
        Layer(pen.stamp("'98  7 14", (566, 372), 27), (255, 168, 42)),
        Layer(pen.dust(90, 3), (244, 240, 232)),
    ]


def rocket(photo: Pixels) -> tuple[Pixels, list[Layer]]:
    """A frame of film with scratches along its run."""
    pen = Pen(*photo.shape[:2], seed=3)
    return photo, [
        Layer(pen.scratches(9, (0.8, 2.2), upright=True), (226, 240, 232)),
        Layer(pen.scratches(4, (0.8, 1.6), upright=True), (8, 10, 16)),
        Layer(pen.dust(130, 6), (236, 240, 240)),
    ]


def damage(photo: Pixels, layers: Sequence[Layer]) -> tuple[Pixels, Pixels]:
    """Lay the damage over the photo. Returns the photo and its mask, 255 where it is damaged."""
    picture = photo.astype(np.float32)
    covered = np.zeros(photo.shape[:2], np.float32)
    for layer in layers:
        opacity = layer.opacity[:, :, None]
        picture = picture * (1 - opacity) + np.float32(layer.colour) * opacity
        covered = np.maximum(covered, layer.opacity)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MASK_MARGIN + 1,) * 2)
    mask = cv2.dilate((covered > 0.04).astype(np.uint8) * 255, disc)
    return np.round(picture).astype(np.uint8), mask


SAMPLES: dict[str, tuple[Callable[[], Pixels], Callable[[Pixels], tuple[Pixels, list[Layer]]]]] = {
    "portrait.jpg": (data.astronaut, portrait),
    "cat.jpg": (data.chelsea, cat),
    "coffee.jpg": (data.coffee, coffee),
    "rocket.png": (data.rocket, rocket),
}


def main(folder: Path) -> None:
    """Write `photos/` and `masks/` into the folder."""
    for kind in ("photos", "masks"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for name, (load, spoil) in SAMPLES.items():
        picture, mask = damage(*spoil(load()))
        target = folder / "photos" / name
        how = {"quality": 92} if target.suffix == ".jpg" else {"optimize": True}
        Image.fromarray(picture).save(target, **how)
        Image.fromarray(mask).convert("1").save(folder / "masks" / f"{target.stem}.png", optimize=True)
        print(f"{target}  {mask.mean() / 2.55:.1f} % damaged")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "samples"))
