"""Fuzzing of model files: a photo is restored with a mutated model. See `benchmarks.fuzz`.

Most of the mutated ONNX files get a card with the right sha256 again, as a stranger would give them, so that
what lies behind the checksum is reached: our checks, onnxruntime, and what becomes of its answers.
"""

from __future__ import annotations

import io
import json
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import safetensors.torch
import torch
from onnx import TensorProto, helper, numpy_helper

from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_photos import small_hole
from inpaint_cli import Restorer
from inpaint_cli.backends import ModelCard, embed_card
from inpaint_cli.errors import InpaintError
from training.networks import NetworkConfig, build_network

CARD = ModelCard(name="fuzz", kind="pconv", inputs=("photo", "valid"), sees_mask=True, parameters=0)
_SAFETENSORS = b"SAFETENSORS "
"""Marks an input that is a card, a line end, and a safetensors file."""
_PHOTO = np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8)


@cache
def seeds() -> dict[str, bytes]:
    """Return models by the name of their kind."""
    unet = NetworkConfig(architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=True)
    published = NetworkConfig(architecture="partial-unet", channels=(4, 6, 8, 10, 12), sees_mask=True)
    torch.manual_seed(0)
    return {
        "onnx-convolution": _stamped(_convolution()),
        "onnx-branches": _stamped(_branches()),
        "onnx-unet": _stamped(_traced(unet)),
        "onnx-published": _stamped(_traced(published)),
        "safetensors-unet": _weights(unet),
        "safetensors-published": _weights(published),
    }


def make(number: int) -> tuple[str, bytes]:
    """Return the name of the seed and the mutated file of a number."""
    name, data, generator = mutated(number, seeds())
    if name.startswith("onnx"):
        luck = generator.random()
        if luck < 0.2:
            return name, _with_mutated_card(name, number)
        if luck < 0.8:
            return name, _with_right_card(bytes(data))
    return name, bytes(data)


def target(data: bytes) -> str:
    """Restore a photo with `data` as its model; raise for a bug of ours."""
    mask = small_hole((_PHOTO.shape[0], _PHOTO.shape[1]))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        file = _written(Path(folder), data)
        backend = "onnx" if file.suffix == ".onnx" else "torch"
        try:
            restored = Restorer(file, backend=backend, device="cpu", threads=1).restore(_PHOTO, mask)
        except InpaintError as error:
            _check_message(str(error))
            return type(error).__name__
    if (restored != _PHOTO)[~mask].any():
        raise AssertionError("changed outside the mask")
    return "restored"


def _check_message(message: str) -> None:
    """Raise AssertionError for what is not one line that names the file, or the model by its card."""
    if "\n" in message or not ("fuzz." in message or message.startswith("model ")):
        raise AssertionError(f"not one line that names the model: {message!r}")


def _written(folder: Path, data: bytes) -> Path:
    if not data.startswith(_SAFETENSORS):
        (folder / "fuzz.onnx").write_bytes(data)
        return folder / "fuzz.onnx"
    card, _, weights = data.removeprefix(_SAFETENSORS).partition(b"\n")
    (folder / "fuzz.json").write_bytes(card)
    (folder / "fuzz.safetensors").write_bytes(weights)
    return folder / "fuzz.safetensors"


def _stamped(data: bytes) -> bytes:
    return embed_card(data, CARD)[0]


def _with_right_card(data: bytes) -> bytes:
    try:
        return _stamped(data)
    except InpaintError:
        return data


def _with_mutated_card(name: str, number: int) -> bytes:
    """Put a card with mutated text into a sound model."""
    model = onnx.load_model_from_string(seeds()[name])
    card = model.metadata_props[0]
    card.value = mutated(number, {"card": card.value.encode()})[1].decode("utf-8", "replace")
    whole: bytes = model.SerializeToString()
    return whole


def _weights(config: NetworkConfig) -> bytes:
    card = json.dumps(json.loads(CARD.to_json())).encode()
    metadata = {"config": json.dumps(config.as_dict())}
    return _SAFETENSORS + card + b"\n" + safetensors.torch.save(build_network(config).state_dict(), metadata)


def _traced(config: NetworkConfig) -> bytes:
    file = io.BytesIO()
    example = (torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32))
    axes = {name: {0: "n", 2: "h", 3: "w"} for name in ("photo", "valid", "restored")}
    torch.onnx.export(
        build_network(config).eval(),
        example,
        file,
        input_names=["photo", "valid"],
        output_names=["restored"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    return file.getvalue()


def _picture(name: str, channels: int) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, "h", "w"])


def _model(nodes: list[Any], initializers: list[Any]) -> bytes:
    inputs, outputs = [_picture("photo", 3), _picture("valid", 1)], [_picture("restored", 3)]
    graph = helper.make_graph(nodes, "fuzz", inputs, outputs, initializers)
    model: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    return model


def _convolution() -> bytes:
    weights = np.random.default_rng(0).normal(0, 0.3, (3, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Mul", ["photo", "valid"], ["known"]),
        helper.make_node("Conv", ["known", "weights"], ["smooth"], pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["smooth"], ["restored"]),
    ]
    return _model(nodes, [numpy_helper.from_array(weights, "weights")])


def _branches() -> bytes:
    """A graph inside a graph, constants, shapes that are computed."""
    half = helper.make_node(
        "Constant", [], ["half"], value=numpy_helper.from_array(np.array([0.5], np.float32))
    )
    taken = helper.make_graph(
        [half, helper.make_node("Mul", ["photo", "half"], ["a"])], "then", [], [_picture("a", 3)]
    )
    copied = helper.make_node("Identity", ["photo"], ["b"])
    other = helper.make_graph([copied], "else", [], [_picture("b", 3)])
    nodes = [
        helper.make_node("If", ["yes"], ["chosen"], then_branch=taken, else_branch=other),
        helper.make_node("Shape", ["photo"], ["shape"]),
        helper.make_node("Reshape", ["chosen", "shape"], ["restored"]),
    ]
    return _model(nodes, [numpy_helper.from_array(np.array(True), "yes")])
