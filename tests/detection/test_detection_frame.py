"""A print's plain border is not damage."""

import numpy as np

from inpaint_cli.detection.frame import plain_frame


def bordered(width=6, colour=1.0):
    photo = np.random.default_rng(0).random((100, 80, 3)).astype(np.float32)
    framed = np.full((100, 80, 3), colour, np.float32)
    framed[width:-width, width:-width] = photo[width:-width, width:-width]
    return framed


def test_the_border_is_found_to_the_pixel_on_all_sides():
    frame = plain_frame(bordered(6))
    assert frame[:6].all() and frame[-6:].all() and frame[:, :6].all() and frame[:, -6:].all()
    assert not frame[6:-6, 6:-6].any()


def test_a_photo_that_fills_its_file_has_none():
    assert not plain_frame(bordered(1)[1:-1, 1:-1]).any()


def test_a_scratch_across_the_border_is_not_part_of_it():
    photo = bordered(6)
    photo[:10, 40:42] = 0.2
    frame = plain_frame(photo)
    assert not frame[:6, 40:42].any()
    assert frame[-6:].all()


def test_no_more_than_the_outer_parts_of_a_plain_photo_are_border():
    frame = plain_frame(np.full((100, 80, 3), 0.5, np.float32))
    assert frame[:15].all() and not frame[15:85, 12:68].any()
