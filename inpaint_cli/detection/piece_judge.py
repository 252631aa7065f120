"""How likely a piece is damage, from what was measured of it: a small network, read from plain JSON."""

from __future__ import annotations

import functools
import json
from dataclasses import KW_ONLY, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.detection import Floats

FURTHEST = 3.0
"""Standard deviations at which a measured value is cut off: what is rarer is no more telling."""

Weights = npt.NDArray[np.float64]


def standardised(features: Floats, mean: Weights, scale: Weights) -> Weights:
    """Features (n, k) in standard deviations from their mean, cut off at FURTHEST."""
    return np.clip((features - mean) / scale, -FURTHEST, FURTHEST)


@dataclass(frozen=True, eq=False)
class PieceJudge:
    """The weights of a multilayer perceptron with rectified units.

    mean, scale: of each feature (k,); hidden: (k, m); hidden_bias, output: (m,); output_bias: ().
    features: their names (k,); made_by: the command that fitted the weights; training_data: what they were
    fitted to, with its licence.
    """

    mean: Weights
    scale: Weights
    hidden: Weights
    hidden_bias: Weights
    output: Weights
    output_bias: Weights
    _: KW_ONLY
    features: tuple[str, ...]
    made_by: str = ""
    training_data: str = ""

    def probability(self, features: Floats) -> Weights:
        """How likely each piece is damage, (n,) in 0..1, from its features (n, k)."""
        standard = standardised(features, self.mean, self.scale)
        units = np.maximum(standard @ self.hidden + self.hidden_bias, 0)
        probability: Weights = 1 / (1 + np.exp(-(units @ self.output + self.output_bias)))
        return probability

    def to_json(self) -> str:
        """As JSON, with the names of the features; a line for each field."""
        values: dict[str, Any] = asdict(self)
        values = {"features": values.pop("features")} | values
        for name, value in values.items():
            if isinstance(value, (np.ndarray, float)):
                values[name] = np.round(value, 4).tolist()
        lines = (f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in values.items())
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str, features: tuple[str, ...]) -> PieceJudge:
        """Read what `to_json` gave. Raises ValueError for weights of other features."""
        values = json.loads(text)
        if tuple(values["features"]) != features:
            raise ValueError("the weights are of other features than are measured")
        names = (field.name for field in fields(cls) if not field.kw_only)
        return cls(
            *(np.array(values[name], np.float64) for name in names),
            features=features,
            made_by=str(values["made_by"]),
            training_data=str(values["training_data"]),
        )


@functools.cache
def shipped_judge(file: Path, features: tuple[str, ...]) -> PieceJudge:
    """A judge that was fitted to the detector that ships, from its file."""
    return PieceJudge.from_json(file.read_text(encoding="utf-8"), features)
