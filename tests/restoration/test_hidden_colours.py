"""Of the colours that full transparency hides nothing is made, and nothing becomes of them."""

import numpy as np
import pytest
from fake_networks import GUIDED, FillWithGrey, MeanOfKnown, PushPull
from test_wide_holes import PushPullWithGuide, hole

from inpaint_cli.errors import MaskError
from inpaint_cli.restoration import Restorer

NETWORKS = [MeanOfKnown, PushPull, lambda: PushPullWithGuide(card=GUIDED)]


def cut_out(hidden: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    photo = np.full((*hidden.shape, 3), (200, 90, 30), np.uint8)
    photo[hidden] = colour
    return photo


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "mask",
    [hole((200, 300), 20, 96, 4, 60), hole((200, 300), 60, 60, 80, 80), hole((200, 300), 0, 80, 200, 90)],
    ids=["scratch over the edge", "wide hole over the edge", "wide hole along the edge"],
)
def test_what_is_restored_beside_the_edge_of_a_cut_out_has_its_colour(network, mask):
    hidden = hole((200, 300), 0, 100, 200, 200)
    photo = cut_out(hidden, (0, 255, 0))
    restored = Restorer(network=network()).restore(photo, mask, hidden)
    assert np.abs(restored[mask].astype(int) - (200, 90, 30)).max() <= 1
    assert (restored[~mask] == photo[~mask]).all()


@pytest.mark.parametrize("shape", [(200, 300), (200, 300, 1)])
def test_grey_however_it_lies_in_memory(shape):
    hidden, mask = hole((200, 300), 0, 100, 200, 200), hole((200, 300), 60, 60, 80, 80)
    photo = np.where(hidden, 255, 90).astype(np.uint8).reshape(shape)
    backwards = photo[::-1].copy()[::-1]
    restored = Restorer(network=PushPullWithGuide(card=GUIDED)).restore(backwards, mask, hidden)
    assert (restored[mask] == 90).all() and (restored[~mask] == photo[~mask]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.dtype(">u2")])
def test_a_photo_smaller_than_a_tile_and_one_of_16_bits(dtype):
    hidden, mask = hole((20, 20), 0, 10, 20, 10), hole((20, 20), 8, 5, 3, 10)
    photo = cut_out(hidden, (0, 255, 0)).astype(dtype)
    restored = Restorer(network=MeanOfKnown()).restore(photo, mask, hidden)
    assert restored.dtype == dtype
    assert (restored[mask] == (200, 90, 30)).all() and (restored[~mask] == photo[~mask]).all()


def test_the_tint_of_a_print_is_measured_on_what_is_seen():
    hidden, mask = hole((120, 240), 0, 160, 120, 80), hole((120, 240), 40, 30, 4, 100)
    brightness = np.tile(np.linspace(20, 250, 240), (120, 1))
    photo = (brightness[..., None] * [1.0, 0.8, 0.5]).round().astype(np.uint8)
    photo[hidden] = 0, 255, 0
    red, _, blue = Restorer(network=FillWithGrey()).restore(photo, mask, hidden)[mask].mean(axis=0)
    assert red > blue + 60


def test_a_wide_transparent_part_is_not_filled():
    mask, hidden = hole((600, 600), 295, 90, 4, 20), hole((600, 600), 0, 100, 600, 500)
    network = MeanOfKnown()
    Restorer(network=network).restore(np.full((600, 600, 3), 90, np.uint8), mask, hidden)
    assert network.tiles <= 16  # its edge would be 30 tiles, its area 500


def test_where_all_beside_the_damage_is_transparent_nothing_is_made_up():
    mask = np.eye(5, dtype=bool)
    with pytest.raises(MaskError, match="all beside the damage is transparent"):
        Restorer(network=FillWithGrey()).restore(np.zeros((5, 5, 3), np.uint8), mask, ~mask)


@pytest.mark.parametrize("hidden", [np.zeros((5, 6), bool), np.zeros((5, 5), np.uint8), [[False]]])
def test_hidden_is_bool_and_of_the_masks_shape(hidden):
    with pytest.raises(MaskError, match="hidden must be a bool array of the mask's shape"):
        Restorer(network=FillWithGrey()).restore(np.zeros((5, 5), np.uint8), np.eye(5, dtype=bool), hidden)
