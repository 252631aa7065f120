"""Masks of another size than their photos."""

import numpy as np

from inpaint_cli.batch.damage import resized


class TestResizedMask:
    def test_a_line_survives_being_made_smaller(self) -> None:
        mask = np.zeros((100, 100), np.bool_)
        mask[37] = True
        assert resized(mask, (10, 10))[3].all()
        assert resized(mask, (10, 10)).sum() == 10

    def test_each_pixel_becomes_a_square_when_made_larger(self) -> None:
        mask = np.array([[True, False], [False, False]])
        assert (resized(mask, (4, 6)) == np.kron(mask, np.ones((2, 3), np.bool_))).all()
