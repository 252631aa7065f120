"""Time one wide hole against scratches of the same area, on one thread.

    python -m benchmarks.wide_hole [PHOTO] [--side 1000] [--megapixels 12] [--model pconv] [--rounds 3]

The photo, or one that scikit-image brings, is mirrored at its edges until it is large enough.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.arguments import parser_of
from benchmarks.measures import time_pairs
from benchmarks.methods import MODEL, open_method
from benchmarks.photographs import enlarged, load_photos
from benchmarks.thin_damage import thin_mask
from inpaint_cli.restoration import DEFAULT_MODEL


def main() -> None:
    """Print the seconds of both, and the median of the pairs' ratios."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("photo", nargs="*", type=Path)
    parser.add_argument("--side", type=int, default=1000, help="of the hole, in pixels")
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    photo = enlarged(next(iter(load_photos(options.photo).values())), options.megapixels)
    height, width = photo.shape[:2]
    hole = np.zeros((height, width), np.bool_)
    top, left = (height - options.side) // 2, (width - options.side) // 2
    hole[top : top + options.side, left : left + options.side] = True
    scratches = thin_mask(height, width, float(hole.mean()), seed=1)
    restore = open_method(MODEL + options.model)
    restore(photo[:64, :64], hole[:64, :64] | np.eye(64, dtype=np.bool_))  # sets the session up
    pairs = time_pairs(
        lambda: restore(photo, hole),
        lambda: restore(photo, scratches),
        rounds=options.rounds,
        budget=600,
    )
    print(f"{width}x{height}, hole of {options.side} pixels: {pairs.seconds:.2f} s")
    print(f"scratches, {scratches.mean():.2%} of the photo (hole {hole.mean():.2%}): ratio {pairs.ratio:.2f}")


if __name__ == "__main__":
    main()
