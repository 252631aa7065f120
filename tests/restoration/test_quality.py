"""`quality`: how many tiles, how many answers for each, and which model."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_networks import BLIND, GUIDED, FillWithGrey, Invert, MeanOfKnown, PushPull, Ramp, Remember

from inpaint_cli.backends import list_models
from inpaint_cli.errors import UsageError
from inpaint_cli.restoration import DEFAULT_QUALITY, QUALITIES, Restorer
from inpaint_cli.restoration.ensemble import ORIENTATIONS, SelfEnsemble
from inpaint_cli.restoration.quality import Quality, Tier

CORNER = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)


def tiles(channels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((5, channels, 32, 32), dtype=np.float32)


def test_the_eight_orientations_all_differ_and_turn_back():
    laid = [way.turn(CORNER) for way in ORIENTATIONS]
    rotations = [np.rot90(CORNER, turns, (2, 3)) for turns in range(4)]
    mirrored = [np.rot90(CORNER[..., ::-1], turns, (2, 3)) for turns in range(4)]
    assert {each.tobytes() for each in laid} == {each.tobytes() for each in rotations + mirrored}
    assert (laid[0] == CORNER).all()
    assert all((way.turn_back(each) == CORNER).all() for way, each in zip(ORIENTATIONS, laid, strict=True))


def test_pictures_need_not_be_square():
    wide = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    assert all((way.turn_back(way.turn(wide)) == wide).all() for way in ORIENTATIONS)


def test_answers_that_depend_on_how_a_tile_lies_are_averaged():
    inputs = {"photo": tiles(3), "valid": np.ones((5, 1, 32, 32), np.float32)}
    across = np.broadcast_to(np.arange(32, dtype=np.float64) / 31, (32, 32))
    down = across.T
    turned_back = (across, 1 - down, 1 - across, down)  # of the first four orientations
    for count in (1, 2, 3, 4):
        answers = SelfEnsemble(Ramp(), count)(inputs)
        assert np.allclose(answers, np.mean(turned_back[:count], axis=0), atol=1e-7)
    assert np.allclose(SelfEnsemble(Ramp(), 4)(inputs), 0.5, atol=1e-7)


@pytest.mark.parametrize("count", range(1, 9))
def test_a_network_that_ignores_how_tiles_lie_answers_the_same_bits(count):
    network = Remember(card=GUIDED)
    inputs = {"photo": tiles(3), "valid": np.round(tiles(1)), "guide": tiles(3, seed=1)}
    answers = SelfEnsemble(network, count)(inputs)
    assert answers.dtype == np.float32
    assert (answers == network.answer(inputs)).all()
    assert len(network.seen) == count


def test_all_inputs_are_turned_alike():
    photo = tiles(3)
    network = Remember(card=GUIDED)
    SelfEnsemble(network, 8)({"photo": photo, "valid": photo[:, :1].round(), "guide": photo})
    for seen in network.seen:
        assert (seen["guide"] == seen["photo"]).all()
        assert (seen["valid"] == seen["photo"][:, :1].round()).all()


def test_an_ensemble_is_the_network_to_all_who_ask():
    network = Invert(card=BLIND)
    ensemble = SelfEnsemble(network, 4)
    assert (ensemble.card, ensemble.device) == (BLIND, "cpu")
    photo = tiles(3)
    assert np.allclose(ensemble({"photo": photo}), 1 - photo, atol=1e-7)


@pytest.mark.parametrize("count", [0, 9])
def test_there_are_no_more_than_eight_orientations(count):
    with pytest.raises(UsageError, match="1 to 8"):
        SelfEnsemble(FillWithGrey(), count)


def a_case() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mask = np.zeros((200, 300), bool)
    mask[40:43, 10:290] = mask[20:180, 100:104] = True
    mask[90:160, 150:240] = True
    return rng.integers(0, 256, (200, 300, 3), np.uint8), mask


def test_best_computes_smaller_cores_and_more_answers_for_each():
    photo, mask = a_case()
    counts = {}
    for name, quality in QUALITIES.items():
        network, plain = MeanOfKnown(), MeanOfKnown()
        restored = Restorer(quality=name, network=network).restore(photo, mask)
        alone = Restorer(network=plain, core=quality.core).restore(photo, mask)
        assert network.tiles == plain.tiles * quality.ensemble
        assert np.abs(restored.astype(int) - alone).max() <= 1  # a tile's mean doesn't depend on how it lies
        counts[name] = plain.tiles
    assert QUALITIES["best"].core < QUALITIES["standard"].core
    assert counts["best"] > 1.3 * counts["standard"]


def test_the_usual_quality_is_the_network_as_it_is():
    photo, mask = a_case()
    usual, plain = (
        Restorer(network=PushPull(), **chosen) for chosen in ({"quality": "standard"}, {"core": 22})
    )
    assert (usual.restore(photo, mask) == plain.restore(photo, mask)).all()


def test_best_gives_the_same_bytes_each_time_and_changes_nothing_outside_the_mask():
    photo, mask = a_case()
    results = [Restorer(quality="best", network=PushPull()).restore(photo, mask) for _ in range(2)]
    assert (results[0] == results[1]).all()
    assert (results[0][~mask] == photo[~mask]).all()


def test_a_core_that_is_given_takes_the_place_of_the_quality_s():
    photo, mask = a_case()
    given, own = FillWithGrey(), FillWithGrey()
    Restorer(quality="best", network=given, core=22).restore(photo, mask)
    Restorer(quality="standard", network=own).restore(photo, mask)
    assert given.tiles == 2 * own.tiles


def test_each_quality_names_models_that_are_there():
    names = {files.card.name for files in list_models()}
    assert {tier.model for quality in QUALITIES.values() for tier in quality.tiers} <= names
    assert DEFAULT_QUALITY in QUALITIES


def test_a_model_that_is_given_takes_the_place_of_all():
    quality = Quality(tiers=(Tier("small", 0.1), Tier("large")), core=26)
    assert quality.tiers_with(None) == quality.tiers
    assert quality.tiers_with("mine.onnx") == (Tier("mine.onnx", math.inf),)


def test_an_unknown_quality_lists_the_choices():
    with pytest.raises(UsageError, match="choose from fast, standard, best"):
        Restorer(quality="perfect", network=FillWithGrey())


def test_what_changes_pixels_is_in_the_key_and_the_model_is_not():
    keys = {
        Quality(tiers=(Tier(small, limit), Tier(large)), core=core, ensemble=count).key
        for small, large in (("a", "b"), ("a", "d"), ("c", "b"))
        for limit in (0.1, 0.2)
        for core in (16, 24)
        for count in (1, 4)
    }
    assert len(keys) == 8
