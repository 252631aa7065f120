"""What a model says about itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from inpaint_cli.backends import Figure, ModelCard
from inpaint_cli.errors import ExitCode, ModelError

CARD = ModelCard(
    name="photo-2",
    kind="photo",
    inputs=("photo", "valid", "guide"),
    sees_mask=True,
    parameters=590_000,
    training_data="photos, CC0 — ours",
    figures=(Figure(name="lines dB", value=26.5, command="make bench"),),
    version="2",
    sha256="a" * 64,
)


def test_a_card_survives_the_way_through_json():
    assert ModelCard.from_json(CARD.to_json()) == CARD


def test_a_name_that_is_not_utf8_is_escaped_in_a_card_and_read_back():
    card = replace(CARD, training_data="caf\udce9 and 漢")
    assert "caf\\udce9 and 漢" in card.to_json()
    assert ModelCard.from_json(card.to_json().encode()) == card


def test_keys_of_later_versions_are_ignored():
    values = json.loads(CARD.to_json()) | {"colour": "red"}
    assert ModelCard.from_json(json.dumps(values)) == CARD


def test_keys_of_later_versions_are_ignored_in_figures_too():
    values = json.loads(CARD.to_json())
    values["figures"][0] |= {"colour": "red"}
    assert ModelCard.from_json(json.dumps(values)) == CARD


@pytest.mark.parametrize("value", ['"26.5"', "null", "true", "[26.5]", "NaN", "Infinity", "1" + "0" * 400])
def test_a_figure_that_is_no_number_is_refused_by_name(value):
    with pytest.raises(ModelError, match=r"^odd\.json: .* figure 'lines dB': its value must be a number$"):
        ModelCard.from_json(CARD.to_json().replace("26.5", value), source="odd.json")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "../etc"}, "name must be"),
        ({"name": ""}, "name must be"),
        ({"kind": "gan"}, "known are vanilla, pconv, photo, detector"),
        ({"inputs": ("photo", "depth")}, "must be among photo, valid, guide"),
        ({"inputs": ("photo", "photo")}, "each once"),
        ({"inputs": ("valid",)}, "must have 'photo'"),
        ({"inputs": ("photo", "guide"), "sees_mask": False}, "kind photo can't have the inputs photo, guide"),
        ({"inputs": ("photo", "valid", "earlier")}, "kind photo can't have the inputs photo, valid, earlier"),
        ({"kind": "detector"}, "kind detector can't have the inputs photo, valid, guide"),
        ({"sees_mask": False}, "sees_mask"),
        ({"tile": 64}, "tile 64"),
        ({"precision": "int4"}, "known are float32, int8"),
        ({"parameters": -1}, "negative"),
        ({"sha256": "abc"}, "64 lower-case hexadecimal"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused_by_name(changes, says):
    with pytest.raises(ModelError, match="model card of") as caught:
        replace(CARD, **changes)
    assert says in str(caught.value)
    assert caught.value.exit_code == ExitCode.MODEL_OR_BACKEND


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", "[]", "{}", '{"name": 3}', "[" * 100_000, '{"name": "a", "inputs": "photo"}',
        CARD.to_json().replace('"2"', "2"), CARD.to_json().replace("590000", "5.9"),
        CARD.to_json().replace('"value"', '"worth"'), CARD.to_json().replace('"guide"', "[]"),
        '{"name": "a", "figures": ["26.5 dB"]}',
        b"\xff\xfe\x00",
    ],
)  # fmt: skip
def test_text_that_is_no_card_is_one_line_that_names_the_file(text):
    with pytest.raises(ModelError) as caught:
        ModelCard.from_json(text, source="models/odd.json")
    assert str(caught.value).startswith("models/odd.json: ")
    assert "\n" not in str(caught.value)
