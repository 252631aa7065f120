import numpy as np

from inpaint_cli.depth import eight_bits, in_lower_half


def test_black_white_and_every_8_bit_grey_of_16_bits_keep_their_values() -> None:
    greys = np.arange(256, dtype=np.uint16)
    assert (eight_bits(greys * 257) == greys).all()
    assert eight_bits(np.array([[255, 256]], np.uint16)).tolist() == [[0, 1]]


def test_8_bits_stay_and_are_not_shared() -> None:
    values = np.array([0, 255], np.uint8)
    eight = eight_bits(values)
    eight[0] = 7
    assert values.tolist() == [0, 255] and eight.dtype == np.uint8


def test_the_lower_half_ends_at_127_of_255_and_32767_of_65535() -> None:
    assert in_lower_half(np.array([0, 127, 128, 255], np.uint8)).tolist() == [True, True, False, False]
    assert in_lower_half(np.array([[32_767, 32_768]], np.uint16)).tolist() == [[True, False]]
