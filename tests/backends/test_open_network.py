"""Networks run by onnxruntime and by torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_models import model_of, picture, save, smoothing_model

from inpaint_cli.backends import open_network
from inpaint_cli.cores import default_threads
from inpaint_cli.errors import BackendError, ModelError

RNG = np.random.default_rng(7)
PHOTO = RNG.random((50, 3, 32, 32), dtype=np.float32)
VALID = (RNG.random((50, 1, 32, 32)) > 0.2).astype(np.float32)
INPUTS = {"photo": PHOTO, "valid": VALID}


def test_a_batch_comes_back_in_its_order_and_shape(tmp_path):
    network = open_network(save(tmp_path), threads=1)
    answers = network(INPUTS)
    assert (answers.shape, answers.dtype) == ((50, 3, 32, 32), np.float32)
    assert (network.card.name, network.device) == ("tiny", "cpu")
    alone = network({"photo": PHOTO[41:42], "valid": VALID[41:42]})
    assert (answers[41] == alone[0]).all()


def test_height_and_width_are_free_multiples_of_32(tmp_path):
    inputs = {"photo": np.ones((1, 3, 64, 96), np.float32), "valid": np.ones((1, 1, 64, 96), np.float32)}
    assert open_network(save(tmp_path))(inputs).shape == (1, 3, 64, 96)


def test_any_number_of_threads_gives_the_same_bytes(tmp_path):
    path = save(tmp_path)
    answers = [open_network(path, threads=threads)(INPUTS).tobytes() for threads in (1, 2, 5)]
    assert len(set(answers)) == 1


@pytest.mark.parametrize("device", ["cuda", "openvino"])
def test_a_device_that_is_not_there_is_an_error_with_the_remedy(tmp_path, device):
    provider = {"cuda": "CUDAExecutionProvider", "openvino": "OpenVINOExecutionProvider"}[device]
    if provider in onnxruntime.get_available_providers():
        pytest.skip(f"onnxruntime has {device} here")
    with pytest.raises(BackendError, match=f"--device {device}.*install onnxruntime-"):
        open_network(save(tmp_path), device=device)


def test_unknown_backends_devices_and_threads_list_the_choices(tmp_path):
    path = save(tmp_path)
    with pytest.raises(BackendError, match="known are onnx, torch"):
        open_network(path, backend="tensorflow")
    with pytest.raises(BackendError, match="known are auto, cpu, cuda, openvino"):
        open_network(path, device="tpu")
    with pytest.raises(BackendError, match="at least 1"):
        open_network(path, threads=0)


def test_a_damaged_model_is_one_line_that_names_it(tmp_path):
    path = save(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError) as caught:
        open_network(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_graph_that_onnxruntime_cannot_run_is_one_line(tmp_path):
    node = helper.make_node("NoSuchOperator", ["photo"], ["restored"])
    inputs = [picture("photo", 3), picture("valid", 1)]
    graph = helper.make_graph([node], "odd", inputs, [picture("restored", 3)])
    path = save(tmp_path, model=helper.make_model(graph, ir_version=8))
    with pytest.raises(ModelError, match="onnxruntime can't open it") as caught:
        open_network(path)
    assert "\n" not in str(caught.value)


def test_a_card_that_does_not_fit_the_model_is_noticed(tmp_path):
    with pytest.raises(ModelError, match=r"has the inputs \['photo', 'valid'\], its card says \['photo'\]"):
        open_network(save(tmp_path, inputs=("photo",), sees_mask=False))
    with pytest.raises(ModelError, match="no output called 'damage'"):
        open_network(save(tmp_path, output="damage"))


def renamed_channels(channels: int) -> onnx.ModelProto:
    model = smoothing_model()
    model.graph.input[1].type.tensor_type.shape.dim[1].dim_value = channels
    return model


def test_inputs_of_other_shapes_are_noticed(tmp_path):
    with pytest.raises(ModelError, match="input valid must be float32"):
        open_network(save(tmp_path, model=renamed_channels(3)))
    model = smoothing_model()
    model.graph.input[1].type.tensor_type.elem_type = TensorProto.DOUBLE
    with pytest.raises(ModelError):
        open_network(save(tmp_path, model=model))


def test_a_model_that_fails_while_running_is_an_error_of_the_model(tmp_path):
    network = open_network(save(tmp_path))
    with pytest.raises(ModelError, match="the model failed"):
        network({"photo": np.ones((1, 3, 32, 32), np.float32), "valid": np.ones((1, 1, 7, 9), np.float32)})


@pytest.mark.parametrize("channels", [1, 4])
def test_an_answer_of_other_channels_than_a_picture_has_is_refused(tmp_path, channels):
    weights = numpy_helper.from_array(np.ones((channels, 3, 1, 1), np.float32), "weights")
    nodes = [
        helper.make_node("Mul", ["photo", "valid"], ["known"]),
        helper.make_node("Conv", ["known", "weights"], ["restored"]),
    ]
    inputs, outputs = [picture("photo", 3), picture("valid", 1)], [picture("restored", channels)]
    model = model_of(helper.make_graph(nodes, "odd", inputs, outputs, [weights]))
    network = open_network(save(tmp_path, model=model))
    with pytest.raises(ModelError, match=rf"answer has the shape \(32, {channels}, 32, 32\)"):
        network(INPUTS)


def test_threads_follow_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert default_threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "none")
    assert default_threads() >= 1


def test_backends_import_neither_torch_nor_onnxruntime():
    code = (
        "import sys, inpaint_cli.backends, inpaint_cli.restoration;"
        "print([name for name in ('torch', 'onnxruntime', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_running_an_onnx_model_imports_no_torch(tmp_path):
    code = (
        "import sys; from inpaint_cli.backends import open_network;"
        "open_network(sys.argv[1]); print('torch' in sys.modules)"
    )
    path = str(save(tmp_path))
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert done.stderr == ""


def test_without_torch_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BackendError, match=r"pip install 'inpaint-cli\[torch\]'"):
        open_network(save(tmp_path), backend="torch")
