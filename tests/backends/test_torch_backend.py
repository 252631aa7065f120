"""Networks run by torch, from safetensors."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from tiny_models import save

from inpaint_cli.backends import find_model, open_network
from inpaint_cli.errors import BackendError, ModelError
from inpaint_cli.restoration.ensemble import SelfEnsemble

torch = pytest.importorskip("torch", reason="the torch extra is not installed")
safetensors_torch = pytest.importorskip("safetensors.torch")

from training.networks import NetworkConfig, build_network  # noqa: E402

CONFIG = NetworkConfig(architecture="partial-unet", sees_mask=True, channels=(4, 4, 4, 4, 4))
INPUTS = {
    "photo": np.full((3, 3, 32, 32), 0.4, np.float32),
    "valid": np.ones((3, 1, 32, 32), np.float32),
}


def write(folder: Path, metadata: dict[str, str] | None = None) -> Path:
    path = save(folder, "small")
    weights = build_network(CONFIG).state_dict()
    described = {"config": json.dumps(CONFIG.as_dict())} if metadata is None else metadata
    safetensors_torch.save_file(weights, path.with_suffix(".safetensors"), metadata=described)
    return path


def test_the_configuration_in_the_file_builds_the_network(tmp_path):
    network = open_network(write(tmp_path), backend="torch", device="cpu", threads=1)
    answers = network(INPUTS)
    assert (answers.shape, answers.dtype, network.device) == ((3, 3, 32, 32), np.float32, "cpu")
    assert (answers == network(INPUTS)).all()


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        ("photo", 0.01), ("photo-small", 0.01), ("photo-tiny", 1e-5),
        ("pconv", 1e-5), ("vanilla", 1e-5), ("detector", 0.01),
    ],
)  # fmt: skip
def test_every_shipped_model_answers_alike_in_both_backends(name, apart):
    """Those for photos and the detector are kept in 8 bits for onnxruntime and in 32 for torch."""
    rng = np.random.default_rng(2)
    valid = (rng.random((2, 1, 32, 32)) > 0.2).astype(np.float32)
    smooth = np.linspace(0.2, 0.8, 32, dtype=np.float32) * np.ones((2, 3, 32, 1), np.float32)
    inputs = {"photo": smooth * valid, "valid": valid, "guide": np.zeros_like(smooth), "earlier": 1 - valid}
    answers = []
    for backend in ("onnx", "torch"):
        network = open_network(name, backend=backend, device="cpu", threads=1)
        answers.append(network({key: inputs[key] for key in network.card.inputs}))
    assert np.abs(answers[0] - answers[1]).mean() < apart


def test_torch_answers_turned_tiles(tmp_path):
    network = open_network(write(tmp_path), backend="torch", device="cpu", threads=1)
    photo = np.random.default_rng(0).random((3, 3, 32, 32), dtype=np.float32)
    inputs = {"photo": photo, "valid": INPUTS["valid"]}
    turned = {name: np.rot90(tiles, 1, (3, 2)).copy() for name, tiles in inputs.items()}
    mean = (network(inputs) + np.rot90(network(turned), 1, (2, 3))) / 2
    assert np.allclose(SelfEnsemble(network, 2)(inputs), mean, atol=1e-6)


def test_a_model_without_safetensors_names_the_other_backend(tmp_path):
    with pytest.raises(ModelError, match="use --backend onnx"):
        open_network(save(tmp_path), backend="torch")


def test_damaged_weights_are_one_line_that_names_the_file(tmp_path):
    weights = write(tmp_path).with_suffix(".safetensors")
    whole = weights.read_bytes()
    for spoilt in (b"", whole[:7], whole[:100], whole[:-1], b"\x80\x04" + bytes(50), b"\xff" * 64):
        weights.write_bytes(spoilt)
        with pytest.raises(ModelError) as caught:
            open_network(weights.with_suffix(".onnx"), backend="torch")
        assert str(caught.value).startswith(str(weights))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"config": "nonsense"},
        {"config": "[]"},
        {"config": json.dumps(CONFIG.as_dict() | {"architecture": "gan"})},
        {"config": json.dumps(CONFIG.as_dict() | {"channels": [8, 8, 8, 8, 8]})},
        {"config": json.dumps(CONFIG.as_dict() | {"odd": 1})},
        {"config": json.dumps(CONFIG.as_dict() | {"channels": [10**6] * 5})},  # 36 TB
    ],
)
def test_weights_that_do_not_say_or_fit_what_they_are_for_are_refused(tmp_path, metadata):
    file = write(tmp_path, metadata)
    with pytest.raises(ModelError) as caught:
        open_network(file, backend="torch")
    assert str(caught.value).startswith(str(file.with_suffix(".safetensors")))
    assert "\n" not in str(caught.value)


def test_a_header_with_empty_metadata_is_refused(tmp_path):
    file = write(tmp_path)
    header = b'{"__metadata__":null}'
    file.with_suffix(".safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelError, match="it has none in its metadata"):
        open_network(file, backend="torch")


def test_weights_that_take_other_inputs_than_the_card_names_are_an_error_of_the_model(tmp_path):
    write(tmp_path)
    file = save(tmp_path, "small", kind="vanilla", inputs=("photo",), sees_mask=False)
    network = open_network(file, backend="torch", device="cpu", threads=1)
    with pytest.raises(ModelError, match=r"small\.safetensors: the model failed .*valid"):
        network(INPUTS)


def test_weights_other_than_the_card_names_are_refused(tmp_path):
    weights = write(tmp_path).with_suffix(".safetensors")
    right = hashlib.sha256(weights.read_bytes()).hexdigest()
    open_network(save(tmp_path, "small", safetensors_sha256=right), backend="torch")
    with pytest.raises(ModelError, match="sha256"):
        open_network(save(tmp_path, "small", safetensors_sha256="0" * 64), backend="torch")


def test_no_cuda_where_it_was_asked_for_is_an_error(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("torch sees a CUDA device here")
    with pytest.raises(BackendError, match="no CUDA device"):
        open_network(write(tmp_path), backend="torch", device="cuda")


def test_safetensors_can_be_named_themselves(tmp_path):
    weights = write(tmp_path).with_suffix(".safetensors")
    assert find_model(weights).safetensors == weights
