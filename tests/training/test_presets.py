"""Presets are plain data that can be read back; unknown names list the choices."""

from __future__ import annotations

import json

import pytest

from inpaint_cli.errors import UsageError
from training.networks import build_network
from training.presets import PRESETS, TrainingConfig, find_preset

ALL = [(preset, model) for preset, models in PRESETS.items() for model in models]


def test_the_paper_preset_is_the_published_setting() -> None:
    vanilla, pconv = (find_preset("paper", model) for model in ("vanilla", "pconv"))
    assert (vanilla.epochs, pconv.epochs) == (20, 100)
    for config in (vanilla, pconv):
        assert config.optimizer == "adam"
        assert config.loss == "squared"
        assert (config.hole_weight, config.known_weight) == (1.0, 1.0)
        assert dict(config.damage) == {"published-lines": 1.0}
        assert not config.flips
        assert config.average == 0


@pytest.mark.parametrize(("preset", "model"), ALL)
def test_a_preset_survives_json_and_builds_its_network(preset: str, model: str) -> None:
    config = PRESETS[preset][model]
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    assert sum(parameter.numel() for parameter in build_network(config.network).parameters()) > 0


def test_vanilla_is_blind_in_every_preset() -> None:
    assert not any(PRESETS[preset]["vanilla"].network.sees_mask for preset in ("paper", "best", "large"))


@pytest.mark.parametrize(
    ("preset", "model", "message"),
    [
        ("slow", "pconv", "there are: paper, best, fast, tiny, large"),
        ("paper", "gan", "it has: vanilla, pconv"),
    ],
)
def test_an_unknown_name_lists_the_choices(preset: str, model: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_preset(preset, model)


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": -1.0}, {"minutes": 0.0}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    fields = PRESETS["paper"]["vanilla"].as_dict() | wrong
    with pytest.raises(UsageError, match="must be"):
        TrainingConfig.from_dict(fields)


@pytest.mark.parametrize(
    ("wrong", "choices"),
    [
        ({"loss": "absolute"}, "squared, log, adversarial"),
        ({"precision": "int8"}, "float32, bfloat16"),
        ({"optimizer": "sgd"}, "adam, muon"),
        ({"schedule": "zigzag"}, "constant, cosine, trapezoid"),
    ],
)
def test_a_setting_that_is_not_there_lists_the_choices(wrong: dict[str, str], choices: str) -> None:
    fields = PRESETS["paper"]["vanilla"].as_dict() | wrong
    with pytest.raises(UsageError, match=f"there are: {choices}"):
        TrainingConfig.from_dict(fields)


def test_the_paper_preset_computes_in_float32() -> None:
    assert {config.precision for config in PRESETS["paper"].values()} == {"float32"}
