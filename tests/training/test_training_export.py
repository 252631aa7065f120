import json

import numpy as np
import onnx
import pytest
import torch
from tiny_training import tiny_checkpoint
from torch.nn import functional

import training.export
from inpaint_cli.backends import Figure, ModelCard, find_model, open_network
from inpaint_cli.errors import ModelError, UsageError
from training.checkpoints import Checkpoint
from training.export import export, parity_tiles, to_onnx
from training.figures import read_figures
from training.folding import fold_normalisation, fold_rearrangement, wide_kernel

ARCHITECTURES = [
    ("residual-unet", "pconv", {}),
    ("residual-unet", "pconv", {"guess": "spectral"}),
    ("residual-unet", "pconv", {"guess": "spectral-with-misfit"}),
    ("residual-unet", "pconv", {"guess": "learned-spectral", "iterations": 3}),
    ("residual-unet", "vanilla", {"sees_mask": False}),
    ("residual-unet", "vanilla", {"sees_mask": False, "black_is_missing": True}),
    ("partial-unet", "pconv", {}),
    ("vanilla-autoencoder", "vanilla", {"sees_mask": False}),
]


@pytest.mark.parametrize(("architecture", "model", "settings"), ARCHITECTURES)
def test_onnxruntime_and_torch_give_the_same_answers(tmp_path, architecture, model, settings):
    checkpoint = tiny_checkpoint(architecture, model=model, **settings)
    exported = export(checkpoint, tmp_path / "m.onnx", training_data="gradients")
    assert exported.difference <= 1e-4
    rng = np.random.default_rng(1)
    valid = (rng.random((3, 1, 96, 64)) > 0.3).astype(np.float32)
    inputs = {"photo": rng.random((3, 3, 96, 64), dtype=np.float32) * valid, "valid": valid}
    onnx_answer, torch_answer = (
        open_network(tmp_path / "m.onnx", backend=name)(inputs) for name in ("onnx", "torch")
    )
    assert onnx_answer.shape == (3, 3, 96, 64)
    assert np.abs(onnx_answer - torch_answer).max() <= 1e-4


def test_weights_stored_in_half_make_small_files_and_the_same_answers_as_torch(tmp_path):
    checkpoint = tiny_checkpoint(guess="spectral")
    whole, halved = (export(checkpoint, tmp_path / f"{half}.onnx", half=half) for half in (False, True))
    for old, new in zip(whole.files[:2], halved.files[:2], strict=True):
        assert new.stat().st_size < old.stat().st_size - whole.card.parameters
    assert halved.difference < 1e-4
    tiles = next(iter(parity_tiles()))
    answers = [open_network(each.files[1], device="cpu")(tiles) for each in (whole, halved)]
    np.testing.assert_allclose(answers[0], answers[1], atol=2e-2)


def test_batch_normalisation_is_folded_away(tmp_path):
    checkpoint = tiny_checkpoint("partial-unet")
    network = checkpoint.build()
    graph = onnx.load_from_string(to_onnx(network, ("photo", "valid")))
    assert "BatchNormalization" not in {node.op_type for node in graph.graph.node}
    assert graph.opset_import[0].version >= 17
    names = {module.__class__.__name__ for module in fold_normalisation(network).modules()}
    assert "BatchNorm2d" not in names
    assert "BatchNorm2d" in {module.__class__.__name__ for module in network.modules()}


@pytest.mark.parametrize("sees_mask", [True, False])
def test_the_rearrangement_to_half_resolution_is_folded_away(sees_mask):
    network = tiny_checkpoint(sees_mask=sees_mask).build().eval()
    folded = fold_rearrangement(network)
    photo, valid = torch.rand(2, 3, 64, 32), (torch.rand(2, 1, 64, 32) > 0.4).float()
    valid[0, :, :40] = 0
    inputs = (photo, valid) if sees_mask else (photo,)
    with torch.no_grad():
        assert torch.allclose(folded(*inputs), network(*inputs), atol=1e-5)
    graph = onnx.load_from_string(to_onnx(network, ("photo", "valid")[: len(inputs)]))
    assert not {"Transpose", "SpaceToDepth"} & {node.op_type for node in graph.graph.node}


def test_a_wide_kernel_gives_the_sums_of_neighbours_as_channels():
    picture, kernel = torch.rand(1, 5, 12, 8), torch.rand(7, 20, 3, 3)
    narrow = functional.conv2d(functional.pixel_unshuffle(picture, 2), kernel, padding=1)
    wide = functional.conv2d(picture, wide_kernel(kernel), stride=2, padding=2)
    assert torch.allclose(wide, narrow, atol=1e-4)


def test_a_model_explains_itself_inside_and_beside(tmp_path):
    figure = Figure(name="error", value=0.0005, command="inpaint-cli evaluate cifar10")
    exported = export(tiny_checkpoint(), tmp_path / "tiny.onnx", training_data="gradients", figures=[figure])
    beside = ModelCard.from_json((tmp_path / "tiny.json").read_text())
    assert beside == exported.card == open_network(tmp_path / "tiny.onnx").card
    assert (beside.name, beside.kind, beside.inputs) == ("tiny", "pconv", ("photo", "valid"))
    assert beside.training_data == "gradients"
    assert beside.figures == (figure,)
    assert {file.name for file in tmp_path.iterdir()} == {"tiny.onnx", "tiny.json", "tiny.safetensors"}
    assert find_model(tmp_path / "tiny.onnx").safetensors is not None


def test_a_model_that_answers_otherwise_is_refused_and_nothing_is_written(tmp_path, monkeypatch):
    other = tiny_checkpoint()
    other.tensors["stem.weight"].mul_(1.05)
    graph = to_onnx(other.build(), ("photo", "valid"))
    monkeypatch.setattr(training.export, "to_onnx", lambda network, inputs, output: graph)
    with pytest.raises(ModelError, match=r"differ from torch's by up to .* nothing was written"):
        export(tiny_checkpoint(), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_answers_that_are_no_numbers_are_refused(tmp_path):
    checkpoint = tiny_checkpoint()
    checkpoint.tensors["head.bias"].fill_(float("nan"))
    with pytest.raises(ModelError, match="nothing was written"):
        export(checkpoint, tmp_path / "m.onnx")


def test_the_tiles_of_the_parity_check_cover_nothing_and_all_missing():
    shares = {float(tiles["valid"].mean()) for tiles in training.export.parity_tiles()}
    assert {0.0, 1.0} <= shares
    shapes = {tiles["photo"].shape for tiles in training.export.parity_tiles()}
    assert shapes == {(1, 3, 32, 32), (5, 3, 32, 32), (1, 3, 64, 96), (5, 3, 64, 96)}


def test_another_suffix_or_foreign_weights_are_refused(tmp_path):
    with pytest.raises(ModelError, match=r"ends in \.onnx"):
        export(tiny_checkpoint(), tmp_path / "m.pt")
    good = tiny_checkpoint()
    wrong = Checkpoint("pconv", good.network, {"stem.weight": torch.zeros(1)}, {})
    with pytest.raises(ModelError, match="do not fit"):
        export(wrong, tmp_path / "m.onnx")


def test_figures_are_taken_from_a_report_of_evaluate(tmp_path):
    report = {
        "benchmark": "cifar10",
        "command": "inpaint-cli evaluate cifar10 --data x",
        "densities": [
            {
                "name": "1-9 lines",
                "methods": [
                    {"name": "vanilla", "error": 0.00087654321, "ratio_to_biharmonic": 0.8},
                    {"name": "vanilla (raw)", "error": 0.00099, "ratio_to_biharmonic": None},
                    {"name": "ns", "error": 0.002, "ratio_to_biharmonic": 1.5},
                ],
            }
        ],
    }
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report))
    command = report["command"]
    assert read_figures(file, "vanilla") == (
        Figure(name="CIFAR-10, 1-9 lines: error", value=0.0008765, command=command),
        Figure(name="CIFAR-10, 1-9 lines: of biharmonic", value=0.8, command=command),
        Figure(name="CIFAR-10, 1-9 lines (raw): error", value=0.00099, command=command),
    )
    with pytest.raises(UsageError, match="no figures of 'pconv'"):
        read_figures(file, "pconv")
    file.write_text("{}")
    with pytest.raises(UsageError, match="no report"):
        read_figures(file, "vanilla")
    with pytest.raises(UsageError, match=r"none\.json: can.t be read: No such file"):
        read_figures(tmp_path / "none.json", "vanilla")


def test_figures_of_a_detector_are_taken_from_a_report_of_evaluate_detect(tmp_path):
    report = {
        "benchmark": "detect",
        "command": "inpaint-cli evaluate detect P M --detector models/detector.onnx --json",
        "detectors": [
            {"detector": "classical", "kinds": {"lines": {"f1": 0.5}}, "clean": None},
            {
                "detector": "models/detector.onnx",
                "kinds": {"lines": {"f1": 0.90123}},
                "clean": {"left_alone": 0.9, "touched": 0.0024},
            },
        ],
    }
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report))
    assert read_figures(file, "detector") == (
        Figure(name="F1 lines", value=0.9012, command=report["command"]),
        Figure(name="clean photos left alone", value=0.9, command=report["command"]),
        Figure(name="pixels of clean photos touched", value=0.0024, command=report["command"]),
    )
