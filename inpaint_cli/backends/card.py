"""What a model says about itself: plain JSON inside the ONNX metadata and beside it as NAME.json."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from inpaint_cli.choices import DETECTOR, KINDS
from inpaint_cli.errors import ModelError

CARD_KEY = "card"
"""Key of the card in the metadata of an ONNX or safetensors file."""

PRECISIONS = ("float32", "int8")
INPUT_CHANNELS = {"photo": 3, "valid": 1, "guide": 3, "earlier": 1}
"""The inputs that a model may have, with their channels; all are float32 (n, channels, h, w) in 0..1."""
_RESTORING_INPUTS = ({"photo"}, {"photo", "valid"}, {"photo", "valid", "guide"})
_DETECTOR_INPUTS = ({"photo"}, {"photo", "earlier"})

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured figure with the command that measured it."""

    name: str
    value: float
    command: str


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Describes one model. Raises ModelError for fields that no model of ours can have.

    inputs: names of the inputs in the order of the network's arguments, see INPUT_CHANNELS.
    tile: side in pixels that the network was trained for; it takes any multiple of it.
    sees_mask: the network gets `valid` and ignores the values under the hole.
    precision: of its convolutions in the ONNX file; pictures go in and come out as float32 all the same.
    sha256: of the serialised ONNX graph (weights and operators, without this card); "" before export.
    safetensors_sha256: of the safetensors file beside it; "" where there is none.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    sees_mask: bool
    parameters: int
    output: str = "restored"
    tile: int = 32
    precision: str = "float32"
    training_data: str = ""
    figures: tuple[Figure, ...] = ()
    version: str = "1"
    sha256: str = ""
    safetensors_sha256: str = ""

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise ModelError(f"model card of {self.name!r}: {problem}")

    def to_json(self) -> str:
        """Return the card as JSON for people and machines; what is not UTF-8 in a name is escaped in it."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        return text.encode(errors="backslashreplace").decode()

    @classmethod
    def from_json(cls, text: str | bytes, *, source: str = "model card") -> Self:
        """Read a card. Raises ModelError for what is none; `source` names the file in it."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{source}: the model card is not JSON ({one_line(error)})") from error
        if not isinstance(values, dict):
            raise ModelError(f"{source}: the model card must be a JSON object")
        try:
            return cls(**_plain(values))
        except ModelError as error:
            raise ModelError(f"{source}: {error}") from error
        except (TypeError, ValueError) as error:
            raise ModelError(f"{source}: the model card can't be used ({one_line(error)})") from error

    @property
    def output_channels(self) -> int:
        """Channels of the answer: the probability of damage, or a picture."""
        return 1 if self.kind == DETECTOR else 3

    def with_sha256(self, sha256: str) -> Self:
        """Return the same card for a graph with this digest."""
        return replace(self, sha256=sha256)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Take the known keys out of JSON; later versions may add others, which are ignored."""
    plain = _known(ModelCard, values)
    for key in ("inputs", "figures"):
        if not isinstance(plain.get(key, []), list):
            raise TypeError(f"{key} must be a list")
    if "inputs" in plain:
        plain["inputs"] = tuple(plain["inputs"])
    if "figures" in plain:
        plain["figures"] = tuple(map(_plain_figure, plain["figures"]))
    return plain


def _plain_figure(values: Any) -> Figure:
    """Take the known keys of a figure; see `_plain`."""
    if not isinstance(values, dict):
        raise TypeError("a figure must be a JSON object")
    return Figure(**_known(Figure, values))


def _known(kind: type[ModelCard | Figure], values: Mapping[str, Any]) -> dict[str, Any]:
    """Take the fields of a dataclass, and nothing else."""
    known = {field.name for field in fields(kind)}
    return {key: value for key, value in values.items() if key in known}


def _problem(card: ModelCard) -> str | None:
    """Say what is wrong with the card in a few words, or None."""
    texts = ("name", "kind", "output", "training_data", "version", "sha256", "safetensors_sha256")
    for name in texts:
        if not isinstance(getattr(card, name), str):
            return f"{name} must be text"
    for name in ("parameters", "tile"):
        if type(getattr(card, name)) is not int:
            return f"{name} must be a whole number"
    if not _NAME.fullmatch(card.name):
        return "name must be letters, digits, '_', '-' and '.'"
    if card.kind not in KINDS:
        return f"kind {card.kind!r} is unknown; known are {', '.join(KINDS)}"
    if any(name not in INPUT_CHANNELS for name in card.inputs) or len(set(card.inputs)) < len(card.inputs):
        return f"inputs {list(card.inputs)} must be among {', '.join(INPUT_CHANNELS)}, each once"
    if "photo" not in card.inputs:
        return "inputs must have 'photo'"
    if set(card.inputs) not in (_DETECTOR_INPUTS if card.kind == DETECTOR else _RESTORING_INPUTS):
        return f"a model of the kind {card.kind} can't have the inputs {', '.join(card.inputs)}"
    if type(card.sees_mask) is not bool or card.sees_mask != ("valid" in card.inputs):
        return "sees_mask must be true exactly where 'valid' is among the inputs"
    if card.tile != 32:
        return f"tile {card.tile} is not supported, only 32"
    if card.precision not in PRECISIONS:
        return f"precision {card.precision!r} is unknown; known are {', '.join(PRECISIONS)}"
    for figure in card.figures:
        if not _is_number(figure.value):
            return f"figure {figure.name!r}: its value must be a number"
    if card.parameters < 0:
        return "parameters must not be negative"
    for digest in (card.sha256, card.safetensors_sha256):
        if digest and not _SHA256.fullmatch(digest):
            return "a sha256 must be 64 lower-case hexadecimal digits"
    return None


def _is_number(value: Any) -> bool:
    """Say whether a value is a finite number, and no whole number too large to be made a float."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def one_line(error: BaseException) -> str:
    """Fold a foreign library's message into part of one line."""
    return " ".join(str(error).split())[:200]
