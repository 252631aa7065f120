"""Write the pictures of the documents from samples/: python docs/write_images.py (after `make demo`).

Each shows the damaged sample, its mask and what `inpaint-cli restore` made of it, side by side at 100 %.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent


def side_by_side(files: list[Path]) -> Image.Image:
    """Put pictures of one height next to each other, in RGB."""
    pictures = [Image.open(file).convert("RGB") for file in files]
    sheet = Image.new("RGB", (sum(picture.width for picture in pictures), pictures[0].height))
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width
    return sheet


def main() -> None:
    """Write docs/images/NAME.jpg for every sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("restored", type=Path, nargs="?", default=ROOT / "samples-restored")
    restored = parser.parse_args().restored
    for photo in sorted((ROOT / "samples" / "photos").iterdir()):
        mask = ROOT / "samples" / "masks" / f"{photo.stem}.png"
        sheet = side_by_side([photo, mask, restored / photo.name])
        target = ROOT / "docs" / "images" / f"{photo.stem}.jpg"
        sheet.save(target, quality=88)
        print(target)


if __name__ == "__main__":
    main()
