"""What is read out of a model file before it is run, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from tiny_models import CARD, model_of, picture, smoothing_model

from inpaint_cli.backends import embed_card, read_card
from inpaint_cli.errors import ModelError

WHOLE, STAMPED = embed_card(smoothing_model().SerializeToString(), CARD)


def refusal(data: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        read_card(data, source="some.onnx")
    message = str(caught.value)
    assert message.startswith("some.onnx: ")
    assert "\n" not in message
    return message


def test_the_card_comes_back_with_the_sum_of_the_weights():
    assert read_card(WHOLE, source="some.onnx") == STAMPED
    assert len(STAMPED.sha256) == 64


def test_the_file_with_its_card_is_the_same_model_for_onnx():
    model = onnx.load_model_from_string(WHOLE)
    onnx.checker.check_model(model)
    assert model.graph == smoothing_model().graph
    assert [entry.key for entry in model.metadata_props] == ["card"]


def test_a_second_card_takes_the_place_of_the_first():
    again, _ = embed_card(WHOLE, CARD)
    assert again == WHOLE


def test_altered_weights_are_noticed():
    model = onnx.load_model_from_string(WHOLE)
    model.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(np.zeros((3, 3, 3, 3), np.float32), "weights")
    )
    assert "sha256" in refusal(model.SerializeToString())


def test_a_model_without_card_is_refused():
    assert "no model card" in refusal(smoothing_model().SerializeToString())


@pytest.mark.parametrize("data", [b"", b"\x00", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(64), bytes(1000)])
def test_a_file_that_is_no_onnx_is_refused(data):
    refusal(data)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_refused_with_the_reason(protocol):
    assert "pickled checkpoint" in refusal(pickle.dumps({"weights": [1, 2]}, protocol=protocol))


def test_a_torch_archive_is_refused_with_the_reason():
    assert "pickled checkpoint" in refusal(b"PK\x03\x04" + bytes(100))


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_is_refused(size):
    refusal(WHOLE[:size])


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_with_odd_bytes_is_read_or_refused_but_never_crashes(data):
    spoilt = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(WHOLE) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_card(bytes(spoilt), source="some.onnx")
    except ModelError as error:
        assert "\n" not in str(error)


def with_card(model: onnx.ModelProto) -> bytes:
    return embed_card(model.SerializeToString(), CARD)[0]


def external_tensor() -> TensorProto:
    tensor = numpy_helper.from_array(np.zeros((3, 3, 3, 3), np.float32), "weights")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def test_weights_in_another_file_are_refused():
    model = smoothing_model()
    model.graph.initializer[0].CopyFrom(external_tensor())
    assert "another file" in refusal(with_card(model))


def test_weights_in_another_file_are_refused_inside_an_attribute():
    model = smoothing_model()
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=external_tensor()))
    assert "another file" in refusal(with_card(model))


def test_weights_in_another_file_are_refused_inside_a_branch():
    inner = helper.make_graph([], "inner", [], [picture("known", 3)], [external_tensor()])
    model = smoothing_model()
    branch = helper.make_node("If", ["yes"], ["unused"], then_branch=inner, else_branch=inner)
    model.graph.node.append(branch)
    assert "another file" in refusal(with_card(model))


def test_operators_of_strangers_are_refused_by_name():
    node = helper.make_node("RunShell", ["photo"], ["restored"], domain="com.evil")
    inputs = [picture("photo", 3), picture("valid", 1)]
    graph = helper.make_graph([node], "odd", inputs, [picture("restored", 3)])
    assert "'com.evil'" in refusal(with_card(model_of(graph, "com.evil")))


def test_operators_of_strangers_are_refused_inside_a_function():
    node = helper.make_node("RunShell", ["a"], ["b"], domain="com.evil")
    model = smoothing_model()
    opsets = [helper.make_opsetid("com.evil", 1)]
    model.functions.append(helper.make_function("local", "f", ["a"], ["b"], [node], opsets))
    assert "'com.evil'" in refusal(with_card(model))


def test_a_loop_which_may_never_end_is_refused():
    body = helper.make_graph([], "body", [], [picture("known", 3)])
    model = smoothing_model()
    model.graph.node.append(helper.make_node("Loop", ["times", "on"], ["unused"], body=body))
    assert "Loop" in refusal(with_card(model))


def field(number: int, content: bytes) -> bytes:
    """One field of a protobuf message, of fewer than 2**14 bytes."""
    return bytes([number << 3 | 2, len(content) & 0x7F | 0x80, len(content) >> 7]) + content


def test_graphs_without_end_are_refused():
    graph = b""
    for _ in range(300):
        graph = field(1, field(5, field(6, graph)))
    assert "too deeply" in refusal(field(7, graph))
