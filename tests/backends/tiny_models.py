"""Small ONNX models, built on the spot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inpaint_cli.backends import ModelCard, embed_card

CARD = ModelCard(name="tiny", kind="pconv", inputs=("photo", "valid"), sees_mask=True, parameters=81)


def picture(name: str, channels: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, "h", "w"])


def smoothing_model(seed: int = 0) -> onnx.ModelProto:
    """A 3x3 convolution of the known part of the photo, through a sigmoid."""
    weights = np.random.default_rng(seed).normal(0, 0.3, (3, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Mul", ["photo", "valid"], ["known"]),
        helper.make_node("Conv", ["known", "weights"], ["smooth"], pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["smooth"], ["restored"]),
    ]
    inputs = [picture("photo", 3), picture("valid", 1)]
    initializers = [numpy_helper.from_array(weights, "weights")]
    return model_of(helper.make_graph(nodes, "tiny", inputs, [picture("restored", 3)], initializers))


def model_of(graph: onnx.GraphProto, *domains: str) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def save(folder: Path, name: str = "tiny", model: onnx.ModelProto | None = None, **changes: object) -> Path:
    """Write NAME.onnx with its card inside and beside it; `changes` are to the card."""
    card = replace(CARD, name=name, **changes)  # type: ignore[arg-type]
    data, card = embed_card((model or smoothing_model()).SerializeToString(), card)
    path = folder / f"{name}.onnx"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return path
