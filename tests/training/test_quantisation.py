"""8-bit models: almost the same answers, and a refusal where they are not."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

import training.quantisation
from inpaint_cli.backends import open_network, read_card
from inpaint_cli.errors import ModelError
from training.checkpoints import Checkpoint
from training.export import export
from training.networks import NetworkConfig, build_network
from training.photo_benchmark import CleanPhoto
from training.quantisation import finest, fit_to_photos, outermost, outermost_and_next, quantise


def checkpoint() -> Checkpoint:
    """A small network that corrects its first guess by some grey values, guide and mask included."""
    config = NetworkConfig(
        architecture="residual-unet", channels=(16, 48), blocks=(1, 1, 1), sees_mask=True, sees_guide=True
    )
    torch.manual_seed(0)
    network = build_network(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return Checkpoint("photo", config.as_dict(), network.state_dict(), {})


def photos(count: int = 6) -> list[CleanPhoto]:
    rng = np.random.default_rng(0)
    slopes = [np.linspace(low, 200, 96)[None, :, None] for low in rng.integers(0, 120, count)]
    grainy = [slope + rng.integers(0, 50, (96, 96, 3)) for slope in slopes]
    return [CleanPhoto(f"{index}.png", each.astype(np.uint8)) for index, each in enumerate(grainy)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The same weights as float32 and as 8-bit model."""
    folder = tmp_path_factory.mktemp("pair")
    export(checkpoint(), folder / "float.onnx")
    exported = export(checkpoint(), folder / "small.onnx", int8_photos=photos())
    return folder / "float.onnx", folder / "small.onnx", exported


def tiles() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    photo = np.stack([each.pixels[20:52, 30:62] for each in photos()]).transpose(0, 3, 1, 2) / np.float32(255)
    valid = (rng.random((len(photo), 1, 32, 32)) > 0.2).astype(np.float32)
    return {"photo": photo * valid, "valid": valid, "guide": np.zeros_like(photo)}


def test_8_bits_answer_like_32_within_two_grey_values_on_average(pair):
    floating, small, exported = pair
    answers = [open_network(path, threads=1)(tiles()) for path in (floating, small)]
    assert np.sqrt(np.mean((answers[0] - answers[1]) ** 2)) < 2 / 255
    assert (answers[0] != answers[1]).any()
    assert exported.lost is not None
    assert exported.lost.amount <= 0.04 and exported.lost.unit == "dB"


KERNELS = {
    "/known/Conv": (16, 12, 3, 3),
    "/stem/Conv": (16, 20, 3, 3),
    "/encoder.0/encoder.0.0/first/Conv": (16, 16, 3, 3),
    "/encoder.0/encoder.0.0/second/Conv": (16, 16, 3, 3),
    "/down.0/Conv": (48, 16, 2, 2),
    "/encoder.1/encoder.1.0/first/Conv": (48, 48, 3, 3),
    "/up.0/Conv": (16, 48, 1, 1),
    "/decoder.0/decoder.0.0/first/Conv": (16, 16, 3, 3),
    "/decoder.0/decoder.0.1/first/Conv": (16, 16, 3, 3),
    "/head/Conv": (12, 16, 3, 3),
    "/of no known shape": None,
}
FIRST_AND_LAST = {"/known/Conv", "/stem/Conv", "/head/Conv", "/of no known shape"}
FIRST_BOTH_WAYS = {"/encoder.0/encoder.0.0/first/Conv", "/decoder.0/decoder.0.0/first/Conv"}
FINEST = FIRST_BOTH_WAYS | {"/encoder.0/encoder.0.0/second/Conv", "/decoder.0/decoder.0.1/first/Conv"}


@pytest.mark.parametrize(
    ("choice", "in_float"),
    [
        (outermost, FIRST_AND_LAST),
        (outermost_and_next, FIRST_AND_LAST | FIRST_BOTH_WAYS),
        (finest, FIRST_AND_LAST | FINEST),
    ],
)
def test_a_choice_leaves_what_is_nearest_to_the_pixels_in_float(choice, in_float):
    assert set(choice(KERNELS)) == in_float


def in_8_bits(model: bytes) -> int:
    graph = onnx.load_from_string(model).graph
    makers = {output: node.op_type for node in graph.node for output in node.output}
    kinds = [makers.get(node.input[1]) for node in graph.node if node.op_type == "Conv"]
    return kinds.count("DequantizeLinear")


def test_the_fastest_plan_counts_that_loses_no_more_than_is_allowed(pair, monkeypatch):
    assert in_8_bits(pair[1].read_bytes()) == 8  # all but the three that take pixels in or give them out

    plain = fit_to_photos(photos())
    # of the float model, then of each plan at both percentiles
    scores = iter([30.0, 29.94, 29.94, 29.94, 29.93, 29.96, 29.97])
    tried = []

    def careful(floating, name):
        return replace(plain(floating, name), score=lambda _: next(scores))

    def recorded(*arguments):
        tried.append(arguments[-1])
        quantise_file(*arguments)

    quantise_file = training.quantisation._quantise_file
    monkeypatch.setattr(training.quantisation, "_quantise_file", recorded)
    model, lost = quantise(pair[0].read_bytes(), careful, "m")
    assert in_8_bits(model) == 4  # of 11; two blocks of two at the finest level are in float as well
    assert lost.amount == pytest.approx(0.03)
    assert tried == [99.99, 99.999] * 3


def test_weights_take_7_bits_so_that_no_processor_overflows(pair):
    graph = onnx.load(pair[1]).graph
    weights = [
        onnx.numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8
    ]
    kernels = [each for each in weights if each.ndim == 4]
    assert len(kernels) == 8
    assert max(int(np.abs(kernel.astype(int)).max()) for kernel in kernels) == 64


def test_the_card_says_it_and_the_float_weights_lie_beside(pair):
    floating, small, _ = pair
    cards = [read_card(path.read_bytes(), source=path.name) for path in (floating, small)]
    assert [card.precision for card in cards] == ["float32", "int8"]
    assert [card.name for card in cards] == ["float", "small"]
    assert cards[0].safetensors_sha256 == cards[1].safetensors_sha256


def test_any_number_of_threads_gives_the_same_bytes(pair):
    many = {name: np.concatenate([batch] * 9) for name, batch in tiles().items()}
    assert len({open_network(pair[1], threads=threads)(many).tobytes() for threads in (1, 2, 5)}) == 1


def test_a_model_that_loses_too_much_is_refused_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(training.quantisation, "ALLOWED_LOSS", -1.0)
    with pytest.raises(ModelError, match=r"in 8 bits it loses .* dB .*nothing was written.*without --int8"):
        export(checkpoint(), tmp_path / "m.onnx", int8_photos=photos())
    assert list(tmp_path.iterdir()) == []


def test_a_single_photo_is_enough_and_is_damaged_in_every_way(pair):
    model, lost = quantise(pair[0].read_bytes(), fit_to_photos(photos(1)), "m")
    assert read_card(model, source="m").name == "float"
    assert lost.amount <= training.quantisation.ALLOWED_LOSS


@pytest.mark.parametrize(("most", "sizes"), [(40, [40]), (100, [64]), (128, [64, 64])])
def test_any_number_of_tiles_is_cut_into_whole_batches(pair, monkeypatch, most, sizes):
    monkeypatch.setattr(training.quantisation, "_MOST_TILES", most)
    fitting = fit_to_photos(photos(24))(open_network(pair[0], threads=1), "m")
    assert [len(batch["photo"]) for batch in fitting.batches] == sizes
    if most == 100:
        _, lost = quantise(pair[0].read_bytes(), lambda *_: fitting, "m")
        assert lost.amount <= training.quantisation.ALLOWED_LOSS
