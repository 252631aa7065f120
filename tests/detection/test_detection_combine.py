import numpy as np
import pytest

from inpaint_cli.detection import combine_masks
from inpaint_cli.errors import MaskError, UsageError

GIVEN = np.array([[True, True, False, False]])
FOUND = np.array([[True, False, True, False]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("only", [True, True, False, False]),
        ("union", [True, True, True, False]),
        ("subtract", [False, False, True, False]),
    ],
)
def test_modes(mode, expected):
    assert combine_masks(GIVEN, FOUND, mode).tolist() == [expected]


def test_an_unknown_mode_names_the_choices():
    with pytest.raises(UsageError, match="only, union, subtract"):
        combine_masks(GIVEN, FOUND, "both")


def test_masks_of_different_sizes_are_refused():
    with pytest.raises(MaskError, match="sizes"):
        combine_masks(GIVEN, FOUND[:, :3], "union")
