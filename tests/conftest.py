"""Fixtures that several rooms need: a tiny model, and folders of damaged photos with their masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

WIDTH, HEIGHT = 70, 50
SCRATCH = (slice(20, 23), slice(10, 60))


def a_photo(seed: int = 0) -> Image.Image:
    """A smooth picture with some grain, 70x50."""
    grain = np.random.default_rng(seed).integers(0, 30, (HEIGHT, WIDTH, 3))
    slope = np.linspace(0, 200, WIDTH)[None, :, None]
    return Image.fromarray((slope + grain).astype(np.uint8))


def a_mask(*, empty: bool = False) -> Image.Image:
    """A scratch, white on black."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    if not empty:
        mask[SCRATCH] = 255
    return Image.fromarray(mask)


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """Make photos/ and masks/ with one mask for each photo named; returns the folder above both."""

    def make(*names: str) -> Path:
        for seed, name in enumerate(names or ("a.png", "b.jpg", "sub/c.tif")):
            photo = tmp_path / "photos" / name
            mask = (tmp_path / "masks" / name).with_suffix(".png")
            photo.parent.mkdir(parents=True, exist_ok=True)
            mask.parent.mkdir(parents=True, exist_ok=True)
            a_photo(seed).save(photo)
            a_mask().save(mask)
        return tmp_path

    return make


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that fills every hole with grey."""
    return write_grey_model(tmp_path_factory.mktemp("model") / "grey.onnx", 0.5)


@pytest.fixture
def replace_model() -> Callable[[Path, float], Path]:
    """Write a model that fills every hole with that grey, 0..1, over another one."""
    return write_grey_model


def write_grey_model(path: Path, level: float) -> Path:
    """Write a model and its card: restored = photo * valid + (1 - valid) * level."""
    onnx = pytest.importorskip("onnx", reason="the onnx package builds the test's model (extra `train`)")
    from inpaint_cli.backends import ModelCard, embed_card

    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Mul", ["photo", "valid"], ["known"]),
        helper.make_node("Sub", ["one", "valid"], ["missing"]),
        helper.make_node("Mul", ["missing", "level"], ["grey"]),
        helper.make_node("Add", ["known", "grey"], ["restored"]),
    ]
    pictures = [
        helper.make_tensor_value_info(name, real, ["n", channels, "h", "w"])
        for name, channels in (("photo", 3), ("valid", 1), ("restored", 3))
    ]
    constants = [onnx.numpy_helper.from_array(np.float32(v), n) for n, v in (("one", 1.0), ("level", level))]
    graph = helper.make_graph(nodes, "grey", pictures[:2], pictures[2:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    card = ModelCard(name="grey", kind="pconv", inputs=("photo", "valid"), sees_mask=True, parameters=0)
    data, card = embed_card(model.SerializeToString(), card)
    path.write_bytes(data)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return path
