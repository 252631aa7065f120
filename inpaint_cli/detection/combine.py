"""Found masks and given masks together."""

from __future__ import annotations

from inpaint_cli.choices import MASK_MODES
from inpaint_cli.detection.detection import Bools
from inpaint_cli.errors import MaskError, UsageError


def combine_masks(given: Bools, found: Bools, mode: str) -> Bools:
    """Combine the given mask with the found one, both bool (h, w).

    only: the given one, nothing found beside it counts. union: what either says. subtract: what was found,
    without what the given mask covers, which protects it (a face, a signature). Raises UsageError for
    another mode, MaskError for masks of different sizes.
    """
    if mode not in MASK_MODES:
        raise UsageError(f"--mask-mode {mode!r}: must be one of {', '.join(MASK_MODES)}")
    if given.shape != found.shape:
        raise MaskError(f"the masks are of different sizes: given {given.shape}, found {found.shape}")
    if mode == "only":
        return given
    return given | found if mode == "union" else found & ~given
