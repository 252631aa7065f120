"""Panels: the same pictures damaged, restored and true, side by side with their names."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

MARK = ("Software", "inpaint-cli")
"""Keyword and text in every panel, before its pixels."""

Pixels = npt.NDArray[np.uint8]

GAP, TEXT_SIZE, PAPER, INK = 6, 15, (255, 255, 255), (34, 48, 60)


@dataclass(frozen=True)
class Strip:
    """One row of a panel: its name and pictures, uint8 (h, w, 3) each."""

    name: str
    pictures: Sequence[Pixels]


def draw_panel(strips: Sequence[Strip], enlarge: int = 1) -> bytes:
    """Draw a row for each strip, a column for each picture; pixels stay square and sharp. Returns a PNG.

    The pictures of a column have the same size in every strip.
    """
    font = ImageFont.load_default(TEXT_SIZE)
    label = max(round(font.getlength(strip.name)) for strip in strips) + 2 * GAP
    widths = [picture.shape[1] * enlarge for picture in strips[0].pictures]
    height = max(picture.shape[0] for picture in strips[0].pictures) * enlarge
    page = Image.new(
        "RGB",
        (label + sum(widths) + GAP * (len(widths) + 1), (height + GAP) * len(strips) + GAP),
        PAPER,
    )
    draw = ImageDraw.Draw(page)
    for row, strip in enumerate(strips):
        y = GAP + row * (height + GAP)
        draw.text((GAP, y + height // 2), strip.name, fill=INK, font=font, anchor="lm")
        x = label + GAP
        for picture, width in zip(strip.pictures, widths, strict=True):
            page.paste(Image.fromarray(picture.repeat(enlarge, 0).repeat(enlarge, 1)), (x, y))
            x += width + GAP
    return _as_png(page)


def draw_grid(rows: Sequence[tuple[str, Sequence[tuple[str, Pixels]]]]) -> bytes:
    """Draw rows of titled pictures, each row under its own name. Returns a PNG."""
    font = ImageFont.load_default(TEXT_SIZE)
    head = TEXT_SIZE + GAP
    heights = [max(picture.shape[0] for _, picture in pictures) for _, pictures in rows]
    widths = [sum(picture.shape[1] + GAP for _, picture in pictures) for _, pictures in rows]
    page = Image.new("RGB", (GAP + max(widths), sum(heights) + (head + 2 * GAP) * len(rows) + GAP), PAPER)
    draw = ImageDraw.Draw(page)
    y = GAP
    for (name, pictures), height in zip(rows, heights, strict=True):
        x = GAP
        for title, picture in pictures:
            draw.text((x, y), f"{name}: {title}" if x == GAP else title, fill=INK, font=font)
            page.paste(Image.fromarray(picture), (x, y + head))
            x += picture.shape[1] + GAP
        y += head + height + 2 * GAP
    return _as_png(page)


def _as_png(page: Image.Image) -> bytes:
    buffer = io.BytesIO()
    text = PngInfo()
    text.add_text(*MARK)
    page.save(buffer, format="PNG", optimize=True, pnginfo=text)
    return buffer.getvalue()
