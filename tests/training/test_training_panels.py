import io

import numpy as np
from PIL import Image

from training.panels import Strip, draw_grid, draw_panel

RED = np.broadcast_to(np.array([255, 0, 0], np.uint8), (32, 32, 3))
BLUE = np.broadcast_to(np.array([0, 0, 255], np.uint8), (32, 32, 3))


def colours(data: bytes) -> dict[tuple[int, ...], int]:
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    return {colour: count for count, colour in picture.getcolors(1 << 20) or []}


def test_a_panel_shows_every_picture_enlarged_and_sharp():
    found = colours(draw_panel([Strip("damaged", [RED, RED]), Strip("truth", [BLUE, BLUE])], enlarge=3))
    assert found[255, 0, 0] == found[0, 0, 255] == 2 * 96 * 96


def test_a_grid_takes_rows_of_different_lengths_and_sizes():
    found = colours(
        draw_grid([("lines", [("damaged", RED), ("truth", BLUE)]), ("hole", [("damaged", RED[:20])])])
    )
    assert found[255, 0, 0] == 32 * 32 + 20 * 32
    assert found[0, 0, 255] == 32 * 32
