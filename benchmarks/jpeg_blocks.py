"""Restore JPEGs of every subsampling, quality and order of coding: python -m benchmarks.jpeg_blocks.

Writes the photos of samples/ in 4:4:4, 4:2:2, 4:4:0, 4:2:0, 4:1:1 and grey, at seven qualities, baseline
with common Huffman tables, baseline with its own, and progressive. Restores them all with the command, and
compares each result with its original: how many blocks that the mask does not touch have other coefficients
(there must be none), and the size of the file.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from benchmarks.arguments import parser_of
from inpaint_cli.photos import read_mask, verify

SAMPLES = Path(__file__).parents[1] / "samples"
QUALITIES = (10, 30, 50, 70, 80, 90, 98)
SAMPLINGS = {
    "444": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "422": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "440": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "420": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "411": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
    "grey": None,
}
ORDERS = {
    "baseline": [],
    "optimised": [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    "progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
}


def make_photos(
    samples: Path, folder: Path, qualities: Sequence[int] = QUALITIES, *, scratch: bool = False
) -> int:
    """Write photos and masks below `folder`; return the number of photos."""
    (folder / "photos").mkdir()
    (folder / "masks").mkdir()
    kinds = list(product(SAMPLINGS, qualities, ORDERS))
    photos = sorted((samples / "photos").iterdir())
    for photo, (sampling, quality, order) in product(photos, kinds):
        name = f"{photo.stem}-{sampling}-{quality}-{order}"
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, *ORDERS[order]]
        if SAMPLINGS[sampling] is not None:
            options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[sampling]]
        colours = cv2.IMREAD_GRAYSCALE if sampling == "grey" else cv2.IMREAD_COLOR
        cv2.imwrite(str(folder / f"photos/{name}.jpg"), cv2.imread(str(photo), colours), options)
        mask = cv2.imread(str(samples / "masks" / f"{photo.stem}.png"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(folder / f"masks/{name}.png"), one_scratch(mask) if scratch else mask)
    return len(photos) * len(kinds)


def one_scratch(mask: np.ndarray) -> np.ndarray:
    """Return a mask of the same size with one line of 3 pixels across it."""
    height, width = mask.shape
    return cv2.line(np.zeros_like(mask), (0, height // 3), (width, height // 2), 255, 3)


def restore(folder: Path, arguments: list[str]) -> int:
    """Run the command on the folder and return its exit code."""
    command = [sys.executable, "-m", "inpaint_cli", "restore", str(folder / "photos"), "-q", *arguments]
    masks, output = str(folder / "masks"), str(folder / "restored")
    return subprocess.run([*command, "--mask-dir", masks, "-o", output], check=False).returncode


def compare(folder: Path) -> tuple[int, int, list[float]]:
    """Return untouched blocks, those of them that changed, and the change of each file's size."""
    untouched = changed = 0
    growth = []
    for photo in sorted((folder / "photos").iterdir()):
        mask = read_mask(folder / "masks" / f"{photo.stem}.png")
        found = verify(photo, folder / "restored" / photo.name, [mask])
        if found.problem is not None:
            raise SystemExit(f"{photo.name}: {found.problem}")
        untouched += found.untouched_blocks or 0
        changed += found.changed_blocks or 0
        growth.append((folder / "restored" / photo.name).stat().st_size / photo.stat().st_size - 1)
    return untouched, changed, growth


def main() -> int:
    """Make, restore, compare."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("--samples", type=Path, default=SAMPLES, help="a folder with photos/ and masks/")
    parser.add_argument("--qualities", type=int, nargs="+", default=QUALITIES)
    parser.add_argument("--scratch", action="store_true", help="one thin line in place of the samples' masks")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="inpaint-jpeg-") as name:
        folder = Path(name)
        count = make_photos(options.samples, folder, options.qualities, scratch=options.scratch)
        code = restore(folder, arguments)
        if code:
            return code
        untouched, changed, growth = compare(folder)
    print(f"{count} JPEGs: {changed:,} of {untouched:,} untouched blocks changed")
    middle = statistics.median(growth)
    print(f"size: median {middle:+.1%}, smallest {min(growth):+.1%}, largest {max(growth):+.1%}")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
