"""Write the pictures of the documents: python docs/write_images.py (after `make demo`).

NAME.jpg shows a damaged sample, its mask and what `inpaint-cli restore` made of it, side by side at 100 %;
found-NAME.jpg the sample, the damage that `inpaint-cli detect` finds in it, in red, and the sample restored
without a mask. evaluation.jpg is what `inpaint-cli evaluate photos` shows of scikit-image's astronaut.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from skimage.data import astronaut

ROOT = Path(__file__).resolve().parent.parent
PHOTOS = ROOT / "samples" / "photos"
WITH_MASK, FOUND = ("portrait",), ("coffee", "portrait")
"""The samples that the documents show restored with their masks, and without."""


def side_by_side(files: Sequence[Path]) -> Image.Image:
    """Put pictures of one height next to each other, in RGB."""
    pictures = [Image.open(file).convert("RGB") for file in files]
    sheet = Image.new("RGB", (sum(picture.width for picture in pictures), pictures[0].height))
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width
    return sheet


def main() -> None:
    """Write all of them into docs/images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("restored", type=Path, nargs="?", default=ROOT / "samples-restored")
    restored = parser.parse_args().restored
    with tempfile.TemporaryDirectory() as folder:
        masks, overlays, alone = (Path(folder, name) for name in ("masks", "overlays", "alone"))
        _inpaint_cli("detect", PHOTOS, "-o", masks, "--overlay", overlays)
        _inpaint_cli("restore", PHOTOS, "-o", alone)
        for photo in sorted(PHOTOS.iterdir()):
            if photo.stem in WITH_MASK:
                mask = ROOT / "samples" / "masks" / f"{photo.stem}.png"
                _write(photo.stem, [photo, mask, restored / photo.name])
            if photo.stem in FOUND:
                shown = overlays / f"{photo.stem}_overlay.jpg"
                _write(f"found-{photo.stem}", [photo, shown, alone / photo.name])
        clean, panel = Path(folder, "clean"), Path(folder, "panel.png")
        clean.mkdir()
        Image.fromarray(astronaut()).save(clean / "astronaut.png")
        _inpaint_cli("evaluate", "photos", clean, "--panel", panel)
        _write("evaluation", [panel])


def _inpaint_cli(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "inpaint_cli", *map(str, arguments)], check=True)


def _write(name: str, files: Sequence[Path]) -> None:
    target = ROOT / "docs" / "images" / f"{name}.jpg"
    side_by_side(files).save(target, quality=88)
    print(target)


if __name__ == "__main__":
    main()
