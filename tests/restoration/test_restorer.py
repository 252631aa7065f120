"""Pixels and mask to pixels: what holds for every photo, mask and network."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fake_networks import (
    BLIND,
    FillWithGrey,
    FillWithNumbersThatAreNone,
    Invert,
    MeanOfKnown,
    Plane,
    PushPull,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaint_cli.errors import MaskError, ModelError, PhotoError, UsageError
from inpaint_cli.restoration import Restorer


def noise(height: int, width: int, channels: int = 3, dtype: type = np.uint8, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).integers(
        0, np.iinfo(dtype).max, (height, width, channels), endpoint=True
    )
    return values.astype(dtype)


def blobs(height: int, width: int, seed: int, share: float) -> np.ndarray:
    """A mask of rectangles and single pixels."""
    rng = np.random.default_rng(seed)
    mask = rng.random((height, width)) < share * 0.1
    for _ in range(int(share * 20) + 1):
        y, x = rng.integers(0, (height, width))
        mask[y : y + rng.integers(1, 60), x : x + rng.integers(1, 60)] = True
    mask[rng.integers(0, height), rng.integers(0, width)] = False
    return mask


@given(
    height=st.integers(1, 100),
    width=st.integers(1, 100),
    channels=st.sampled_from([None, 1, 3]),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    seed=st.integers(0, 1000),
    share=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    network=st.sampled_from([FillWithGrey, MeanOfKnown, PushPull]),
)
@settings(max_examples=120, deadline=None)
def test_values_outside_the_mask_stay_bit_for_bit(height, width, channels, dtype, seed, share, network):
    photo = noise(height, width, channels or 1, dtype, seed)
    photo = photo[..., 0] if channels is None else photo
    mask = blobs(height, width, seed, share)
    before = photo.copy()
    restored = Restorer(network=network()).restore(photo, mask)
    assert (restored.shape, restored.dtype) == (photo.shape, photo.dtype)
    assert (restored[~mask] == before[~mask]).all()
    assert (photo == before).all()


def test_every_damaged_pixel_is_replaced():
    photo, mask = noise(90, 120), blobs(90, 120, seed=3, share=0.5)
    photo[mask] = (255, 0, 255)
    restored = Restorer(network=FillWithGrey()).restore(photo, mask)
    assert np.abs(restored[mask].astype(int) - 128).max() <= 1


def test_without_damage_the_photo_is_copied_and_no_tile_is_run():
    photo, network = noise(50, 50), FillWithGrey()
    restored = Restorer(network=network).restore(photo, np.zeros((50, 50), bool))
    assert (restored == photo).all()
    assert restored is not photo
    assert network.tiles == 0


def test_damage_tells_a_network_that_sees_the_mask_nothing():
    photo, mask = noise(64, 64), blobs(64, 64, seed=1, share=0.5)
    other = photo.copy()
    other[mask] = 255 - other[mask]
    restored = [Restorer(network=PushPull()).restore(pixels, mask) for pixels in (photo, other)]
    assert (restored[0] == restored[1]).all()


def test_a_blind_network_sees_the_damage_as_it_is():
    photo, mask = noise(40, 40), blobs(40, 40, seed=2, share=0.1)
    restored = Restorer(network=Invert(card=BLIND)).restore(photo, mask)
    assert (restored[mask] == 255 - photo[mask]).all()


@pytest.mark.parametrize(
    "size", [(1, 3), (3, 1), (1, 100), (100, 1), (5, 7), (31, 33), (32, 32), (33, 31), (1, 3000)]
)
def test_photos_of_any_size(size):
    photo, mask = np.full((*size, 3), 77, np.uint8), np.zeros(size, bool)
    mask[0, 0] = mask[-1, size[1] // 2] = True
    photo[mask] = 0
    assert (Restorer(network=MeanOfKnown()).restore(photo, mask) == 77).all()


def test_what_is_repeated_around_a_small_photo_is_not_known():
    network = MeanOfKnown()
    mask = np.zeros((10, 10), bool)
    mask[4, 4] = True
    Restorer(network=network).restore(noise(10, 10), mask)
    assert network.all("valid").sum() == 99


def test_grey_stays_grey():
    photo, mask = noise(50, 50, channels=1), blobs(50, 50, seed=4, share=0.1)
    network = PushPull()
    grey = Restorer(network=network).restore(photo, mask)
    colour = Restorer(network=PushPull()).restore(np.repeat(photo, 3, axis=2), mask)
    assert (grey == colour[..., :1]).all()
    assert (network.all("photo")[:, 0] == network.all("photo")[:, 2]).all()


def test_sixteen_bits_stay_sixteen_bits():
    rows, columns = np.mgrid[0:64, 0:64]
    photo = np.repeat((20_000 + 7 * rows + 3 * columns).astype(np.uint16)[..., None], 3, axis=2)
    mask = np.zeros((64, 64), bool)
    mask[20:40, 25:30] = True
    damaged = np.where(mask[..., None], np.uint16(0), photo)
    restored = Restorer(network=Plane()).restore(damaged, mask)
    assert np.abs(restored.astype(int) - photo).max() <= 1


def test_the_same_bytes_from_many_threads():
    photos = [noise(120, 150, seed=seed) for seed in range(4)]
    masks = [blobs(120, 150, seed=seed, share=0.5) for seed in range(4)]
    restorer = Restorer(network=PushPull())
    alone = [restorer.restore(photo, mask).tobytes() for photo, mask in zip(photos, masks, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(restorer.restore, photos * 4, masks * 4))
    assert [restored.tobytes() for restored in together] == alone * 4


@pytest.mark.parametrize("network", [PushPull(), Invert(card=BLIND)])
def test_any_batch_gives_the_same_bytes(network, monkeypatch):
    photo, mask = noise(300, 300), blobs(300, 300, seed=5, share=1.0)
    results = set()
    for batch in (1, 7, 256):
        monkeypatch.setattr("inpaint_cli.restoration.fill.BATCH", batch)
        monkeypatch.setattr("inpaint_cli.restoration.blend.FLUSH", batch * 100)
        results.add(Restorer(network=network).restore(photo, mask).tobytes())
    assert len(results) == 1


def test_pixels_may_lie_in_memory_in_any_way():
    photo, mask = noise(80, 80), blobs(80, 80, seed=6, share=0.3)
    expected = Restorer(network=PushPull()).restore(photo, mask)
    odd = np.asfortranarray(photo[:, ::-1])[:, ::-1]
    odd.flags.writeable = False
    restored = Restorer(network=PushPull()).restore(odd, np.asfortranarray(mask))
    assert (restored == expected).all()


def test_cost_follows_the_damage_and_not_the_photo():
    small, large = FillWithGrey(), FillWithGrey()
    mask = blobs(100, 100, seed=8, share=0.2)
    Restorer(network=small).restore(noise(100, 100), mask)
    wide = np.zeros((1000, 2000), bool)
    wide[450:550, 900:1000] = mask
    Restorer(network=large).restore(np.zeros((1000, 2000, 3), np.uint8), wide)
    assert large.tiles <= small.tiles * 1.5


def test_memory_follows_the_photo_without_a_float_copy():
    photo, mask = np.zeros((3000, 4000, 3), np.uint8), np.zeros((3000, 4000), bool)
    mask[::300, ::10] = True
    mask[1000:1100, 1000:1100] = True
    restorer = Restorer(network=MeanOfKnown())
    tracemalloc.start()
    restorer.restore(photo, mask)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * photo.nbytes


def test_an_all_white_mask_is_refused():
    with pytest.raises(MaskError, match=r"the mask is all white.*--invert-mask"):
        Restorer(network=FillWithGrey()).restore(noise(5, 5), np.ones((5, 5), bool))


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(MaskError, match="the mask is 20x10 pixels, the photo 12x10"):
        Restorer(network=FillWithGrey()).restore(noise(10, 12), np.zeros((10, 20), bool))


def test_a_mask_of_grey_values_is_refused_with_the_remedy():
    with pytest.raises(MaskError, match="mask > 127"):
        Restorer(network=FillWithGrey()).restore(noise(5, 5), np.zeros((5, 5), np.uint8))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((5, 5, 3), np.float32), np.zeros((5, 5, 4), np.uint8), np.zeros((5,), np.uint8),
        np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5, 3), np.int16),
    ],
)  # fmt: skip
def test_other_pixels_are_refused(pixels):
    with pytest.raises(PhotoError, match="pixels must be"):
        Restorer(network=FillWithGrey()).restore(pixels, np.zeros(pixels.shape[:2], bool))


def test_a_network_that_gives_no_numbers_is_an_error_of_the_model():
    with pytest.raises(ModelError, match="no numbers"):
        Restorer(network=FillWithNumbersThatAreNone()).restore(noise(5, 5), np.eye(5, dtype=bool))


@pytest.mark.parametrize("shape", [(), (5,), (5, 5, 1)])
def test_a_mask_of_other_than_two_dimensions_is_refused_as_that(shape):
    with pytest.raises(MaskError, match="the mask must have two dimensions"):
        Restorer(network=FillWithGrey()).restore(noise(5, 5), np.zeros(shape, bool))


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_keep_their_byte_order(order):
    photo, mask = noise(10, 12, dtype=np.uint16), np.eye(10, 12, dtype=bool)
    restored = Restorer(network=FillWithGrey()).restore(photo.astype(order), mask)
    assert restored.dtype == np.dtype(order)
    assert (restored == Restorer(network=FillWithGrey()).restore(photo, mask)).all()


@pytest.mark.parametrize(
    "arguments", [{"threads": "2"}, {"threads": True}, {"core": "26"}, {"quality": ["best"]}, {"model": 3}]
)
def test_arguments_of_other_types_are_refused_by_name(arguments):
    with pytest.raises(UsageError, match=f"^{next(iter(arguments))} must be "):
        Restorer(**arguments)


@pytest.mark.parametrize("core", [0, 1, 15, 34])
def test_a_core_that_fits_no_tile_is_refused(core):
    with pytest.raises(UsageError, match="core"):
        Restorer(network=FillWithGrey(), core=core)


def test_a_model_that_finds_damage_restores_nothing() -> None:
    with pytest.raises(ModelError, match="kind detector; needed is one of: vanilla, pconv, photo"):
        Restorer("detector")
