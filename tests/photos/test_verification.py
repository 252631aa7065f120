"""What `verify` takes for a restored file that kept its promise."""

import numpy as np
from photo_samples import HEIGHT, WIDTH, rgb, saved
from PIL import Image

from inpaint_cli.photos import verify

ORIENTATION = 0x0112
UPRIGHT, UPSIDE_DOWN = 1, 3


def turned(orientation: int) -> bytes:
    """A JPEG of the same coefficients, whatever its orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(rgb(), "JPEG", exif=exif)


def test_a_jpeg_that_is_turned_is_not_kept_though_its_coefficients_are() -> None:
    nothing = [np.zeros((HEIGHT, WIDTH), np.bool_)]
    assert verify(turned(UPRIGHT), turned(UPRIGHT), nothing).kept
    found = verify(turned(UPRIGHT), turned(UPSIDE_DOWN), nothing)
    assert not found.kept and found.problem == "sampling or orientation changed"
