"""How many pixels a photo has, from its header alone."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos.edge import foreign_errors
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.read import is_endless

_START_BYTES = 256


def photo_size(path: Path) -> int | None:
    """Return width x height of the first page, None where the header can't be read.

    Not with `Image.open`, which refuses what is larger than a limit of its own.
    """
    try:
        with foreign_errors(str(path), "read"):
            return None if is_endless(path) else _size(path)
    except PhotoError:
        return None


def _size(path: Path) -> int | None:
    Image.init()
    with path.open("rb") as file:
        plugin, _ = Image.OPEN.get(sniff(file.read(_START_BYTES)) or "", (None, None))
        if plugin is None:
            return None
        file.seek(0)
        with plugin(file, str(path)) as picture:
            return picture.width * picture.height
