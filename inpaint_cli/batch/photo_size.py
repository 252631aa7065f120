"""How many pixels a photo has, from its header alone."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from inpaint_cli.photos.read import is_endless


def photo_size(path: Path) -> int | None:
    """Return width x height of the first page, None where the header can't be read."""
    try:
        if is_endless(path):
            return None
        with Image.open(path) as picture:
            return picture.width * picture.height
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
