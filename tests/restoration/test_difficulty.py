"""`difficulty`: which network answers which tile."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_networks import GUIDED, SEEING, FillWithGrey, Invert, PushPull, Remember

from inpaint_cli.backends import Tiles, open_network
from inpaint_cli.errors import BackendError
from inpaint_cli.restoration import QUALITIES, Restorer
from inpaint_cli.restoration.difficulty import ByDifficulty, difficulty_of, open_tiers
from inpaint_cli.restoration.quality import Tier


def tile(photo: list[list[float]], valid: list[list[float]]) -> dict[str, Tiles]:
    """One grey tile as a batch: the three colours alike."""
    known = np.array(valid, np.float32)
    grey = np.array(photo, np.float32) * known
    return {"photo": np.stack([grey] * 3)[None], "valid": known[None, None]}


def stack(*batches: dict[str, Tiles]) -> dict[str, Tiles]:
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def stripes(contrast: float) -> dict[str, Tiles]:
    """Upright stripes of one pixel, with one missing row."""
    photo = np.zeros((32, 32), np.float32)
    photo[:, ::2] = contrast
    valid = np.ones((32, 32), np.float32)
    valid[16] = 0
    return tile(photo.tolist(), valid.tolist())


def test_it_is_the_mean_squared_step_times_the_missing_pixels():
    # Pairs of known neighbours: 0.2|0.4 above and 0.2, 0.5 in the first column. Three pixels are missing.
    photo = [[0.2, 0.4, 0.9], [0.5, 0.9, 0.1]]
    valid = [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert difficulty_of(tile(photo, valid)) == pytest.approx([(0.2**2 + 0.3**2) / 2 * 3], rel=1e-5)


def test_it_is_taken_in_brightness():
    inputs = tile([[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]])
    inputs["photo"][0, 0, 0, 0] = 0.6  # 0.6 in red alone: 0.2 brighter than its neighbours
    assert difficulty_of(inputs) == pytest.approx([0.2**2], rel=1e-5)


@pytest.mark.parametrize(
    "valid", [[[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
)
def test_nothing_missing_and_nothing_to_go_by_are_not_difficult(valid):
    assert difficulty_of(tile([[0.1, 0.9], [0.9, 0.1]], valid))[0] == 0


def test_a_tile_is_as_difficult_alone_as_in_any_batch():
    rng = np.random.default_rng(0)
    inputs = {
        "photo": rng.random((40, 3, 32, 32), dtype=np.float32),
        "valid": rng.integers(0, 2, (40, 1, 32, 32)).astype(np.float32),
    }
    alone = [difficulty_of({name: part[i : i + 1] for name, part in inputs.items()})[0] for i in range(40)]
    assert difficulty_of(inputs).tolist() == alone


def test_easy_tiles_go_to_the_small_network_and_all_others_to_the_large_one():
    easy, hard = stripes(0.01), stripes(0.5)
    small, large = Invert(), FillWithGrey()
    answers = ByDifficulty((small, large), (0.1,))(stack(easy, hard, easy, hard, hard))
    assert (answers[[0, 2]] == 1 - easy["photo"]).all()
    assert (answers[[1, 3, 4]] == 0.5).all()
    assert (small.tiles, large.tiles) == (2, 3)


def test_a_network_without_tiles_of_its_own_is_not_asked():
    small, large = Invert(), FillWithGrey()
    both = ByDifficulty((small, large), (0.1,))
    both(stripes(0.5))
    assert (small.seen, large.tiles) == ([], 1)
    both(stripes(0.01))
    assert (small.tiles, large.tiles) == (1, 1)


def test_each_input_follows_its_tile():
    inputs = {**stack(stripes(0.01), stripes(0.5)), "guide": np.random.default_rng(0).random((2, 3, 32, 32))}
    inputs["guide"] = inputs["guide"].astype(np.float32)
    answers = ByDifficulty((Remember(card=GUIDED), Remember(card=GUIDED)), (0.1,))(inputs)
    assert (answers == Remember(card=GUIDED).answer(inputs)).all()


def test_a_tile_of_the_difficulty_of_a_limit_is_above_it():
    inputs = stripes(0.5)
    limit = float(difficulty_of(inputs)[0])
    small, middle, large = FillWithGrey(), FillWithGrey(), FillWithGrey()
    ByDifficulty((small, middle, large), (limit, 2 * limit))(inputs)
    assert (small.tiles, middle.tiles, large.tiles) == (0, 1, 0)


def test_they_are_one_network_by_the_last_one_s_name():
    both = ByDifficulty((FillWithGrey(card=SEEING), FillWithGrey(card=GUIDED)), (0.1,))
    assert (both.card, both.device) == (GUIDED, "cpu")


def test_the_photo_outside_of_the_mask_stays_as_it_is():
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (100, 120, 3), np.uint8)
    photo[:, :60] = 128  # the left half is easy
    mask = np.zeros((100, 120), bool)
    mask[50:52] = True
    small, large = PushPull(), PushPull()
    restored = Restorer(network=ByDifficulty((small, large), (0.1,))).restore(photo, mask)
    assert (restored[~mask] == photo[~mask]).all()
    assert small.tiles > 0
    assert large.tiles > 0
    assert (restored[mask][:40] == 128).all()


def test_all_models_compute_on_the_same_threads():
    several = open_tiers(QUALITIES["standard"].tiers, backend="onnx", device="cpu", threads=2)
    pools = {network.pool for network in several.networks}
    assert len(pools) == 1
    assert None not in pools
    alone = open_tiers(QUALITIES["standard"].tiers, backend="onnx", device="cpu", threads=1)
    assert {network.pool for network in alone.networks} == {None}


def test_no_threads_are_refused():
    with pytest.raises(BackendError, match="threads must be at least 1"):
        open_tiers([Tier("photo-small")], backend="onnx", device="cpu", threads=0)


def test_one_model_is_opened_as_it_is():
    assert open_tiers([Tier("photo-small")], backend="onnx", device="cpu").card.name == "photo-small"


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_models_of_a_quality_take_the_same_inputs_and_see_the_mask(quality):
    cards = [open_network(tier.model, device="cpu").card for tier in QUALITIES[quality].tiers]
    assert len({card.inputs for card in cards}) == 1
    assert all(card.sees_mask for card in cards)


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_limits_of_a_quality_rise_and_the_last_tier_has_none(quality):
    limits = [tier.below for tier in QUALITIES[quality].tiers]
    assert limits == sorted(set(limits))
    assert limits[-1] == math.inf


def test_a_shipped_quality_answers_as_its_models_do():
    tiers = QUALITIES["standard"].tiers
    tiny, small, large = (open_network(tier.model, device="cpu") for tier in tiers)
    inputs = stack(stripes(0.01), stripes(0.05), stripes(0.5))
    inputs["guide"] = np.zeros_like(inputs["photo"])
    answers = open_tiers(tiers, backend="onnx", device="cpu")(inputs)
    assert (answers[0] == tiny(inputs)[0]).all()
    assert (answers[1] == small(inputs)[1]).all()
    assert (answers[2] == large(inputs)[2]).all()
