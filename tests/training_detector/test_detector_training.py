import json
import shutil
from dataclasses import replace
from itertools import count, repeat

import cv2
import numpy as np
import pytest
import torch

import training.detector.quantisation
from inpaint_cli.backends import open_network
from inpaint_cli.detection import open_detector
from inpaint_cli.errors import ModelError, RunFolderError
from training.checkpoints import STATE_FILE, WEIGHTS_FILE, read_checkpoint, write_checkpoint
from training.detector.batches import chances
from training.detector.loss import damage_loss
from training.detector.network import DamageUNet, hats, mirrored_look
from training.detector.samples import SampleConfig, SampleMaker
from training.detector.trainer import (
    DetectorConfig,
    DetectorTrainer,
)
from training.export import export
from training.photo_benchmark import CleanPhoto

SMALL = DetectorConfig(
    channels=(8, 12), blocks=(0, 1, 1), steps=12, batch_size=4, learning_rate=1e-2, warmup=2, average=0.5,
    samples=SampleConfig(side=32, shares={"lines": 1.0}),
)  # fmt: skip


def makers():
    """Smooth photos, so that a few steps are enough to tell lines from them."""
    y, x = np.mgrid[0:64, 0:64]
    photos = [
        np.repeat((120 + 40 * np.sin(x / (9 + k)) + 20 * np.cos(y / 7))[..., None], 3, 2).astype(np.uint8)
        for k in range(3)
    ]
    return SampleMaker(photos, None, SMALL.samples), SampleMaker(photos[:1], None, SMALL.samples)


def trainer(config=SMALL, workers=0, **others):
    torch.set_num_threads(1)
    return DetectorTrainer(config, *makers(), torch.device("cpu"), workers, **others)


def test_the_network_gives_a_probability_for_each_pixel():
    network = DamageUNet((8, 16, 24), (1, 0, 1, 0, 1))
    answer = network(torch.rand(2, 3, 32, 64), torch.zeros(2, 1, 32, 64))
    assert answer.shape == (2, 1, 32, 64)
    assert answer.min() > 0 and answer.max() < 1


def test_the_untrained_network_takes_little_for_damaged():
    answer = DamageUNet((8, 16), (0, 1, 0))(torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32))
    assert float(answer.detach().mean()) == pytest.approx(0.03, abs=1e-4)


def test_the_hats_are_those_of_opencv():
    photo = np.random.default_rng(3).random((24, 40, 3), np.float32)
    luma = photo @ np.array([0.299, 0.587, 0.114], np.float32)
    expected = [
        cv2.morphologyEx(luma, operation, np.ones((width, width), np.uint8))
        for width in (5, 9, 17)
        for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    ]
    seen = hats(torch.from_numpy(photo.transpose(2, 0, 1))[None])
    np.testing.assert_allclose(seen[0].numpy(), expected, atol=1e-6)


def test_a_wrong_number_of_blocks_is_refused():
    with pytest.raises(ModelError, match="3 numbers of blocks"):
        DamageUNet((8, 16), (1, 1))


def test_the_loss_is_0_for_certain_right_answers_and_ignores_weight_0():
    label = torch.zeros(1, 1, 4, 4)
    label[..., :2] = 1
    right = torch.where(label > 0, 30.0, -30.0)
    assert damage_loss(right, label, torch.ones_like(label)) < 1e-3
    assert damage_loss(-right, label, torch.ones_like(label)) > 10
    weight = (label == 0).float()
    half_wrong = torch.full_like(label, -30.0)
    assert damage_loss(half_wrong, label, weight) < 1e-3


def test_what_a_first_look_found_in_the_mirror_comes_back_in_place():
    network = DamageUNet((8, 16), (1, 1, 1))
    torch.nn.init.normal_(network.head.weight)
    photo = torch.rand(2, 3, 32, 64)
    found = mirrored_look(network.logits, photo)
    assert not found.requires_grad
    expected = network(photo.flip(3), torch.zeros(2, 1, 32, 64)).flip(3)
    torch.testing.assert_close(found, expected.detach())


def test_a_second_look_depends_on_the_first():
    network = DamageUNet((8, 16), (1, 1, 1))
    torch.nn.init.normal_(network.head.weight)
    photo = torch.rand(1, 3, 32, 32)
    assert (
        network(photo, torch.zeros(1, 1, 32, 32)) - network(photo, torch.ones(1, 1, 32, 32))
    ).abs().max() > 1e-3


def test_a_few_steps_lower_the_loss():
    run = trainer(DetectorConfig(**{**SMALL.__dict__, "steps": 40}))
    before = run.figures(0).validation_loss
    run.advance(40)
    after = run.figures(0)
    assert after.validation_loss < 0.9 * before
    assert after.step == 40


def loss_of_a_step(run):
    run.loss_sum.zero_()
    run.advance(1)
    return float(run.loss_sum)


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling for the CPU needs g++")
def test_a_compiled_run_has_the_losses_of_one_that_is_not():
    plain, compiled = trainer(), trainer(compiled=True)
    for _ in range(4):
        assert loss_of_a_step(compiled) == pytest.approx(loss_of_a_step(plain), rel=1e-3)


def test_a_run_that_is_killed_goes_on_as_if_it_was_not(tmp_path):
    whole = trainer()
    losses = [loss_of_a_step(whole) for _ in range(6)]
    first = trainer()
    first.advance(3)
    first.save(tmp_path)
    second = trainer()
    second.resume(tmp_path)
    for expected in losses[3:]:
        assert loss_of_a_step(second) == pytest.approx(expected, rel=1e-5)
    for name, tensor in whole.average.items():
        torch.testing.assert_close(second.average[name], tensor, rtol=1e-5, atol=1e-6)
    assert (second.alarms == whole.alarms).all()


def test_samples_made_ahead_are_those_of_each_step():
    alone, helped = trainer(), trainer(workers=2)
    alone.advance(1)
    helped.advance(1)
    assert float(helped.loss_sum) == pytest.approx(float(alone.loss_sum), rel=1e-5)


def test_a_run_by_the_clock_ends_when_its_minutes_are_over(tmp_path):
    told = []
    config = DetectorConfig(**{**SMALL.__dict__, "minutes": 0.2, "steps": 10**9})
    run = trainer(config, clock=count().__next__)
    run.run(told.append, lambda: run.save(tmp_path))
    assert 12 <= run.seconds < 24
    assert told[-1].step == run.step > 1
    assert read_checkpoint(tmp_path / WEIGHTS_FILE).details["seconds"] == run.seconds


def test_photos_with_false_alarms_are_drawn_more_often():
    drawn = chances(np.array([0.1, 0.1, 1.0]))
    assert drawn.sum() == pytest.approx(1)
    assert drawn[2] > 2 * drawn[0] > 0


def test_run_saves_and_tells(tmp_path):
    told = []
    run = trainer(clock=repeat(0.0).__next__)
    run.run(told.append, lambda: run.save(tmp_path))
    assert run.step == 12
    assert [figures.step for figures in told] == [12]
    assert isinstance(read_checkpoint(tmp_path / WEIGHTS_FILE).build(), DamageUNet)


def test_a_folder_of_another_network_is_refused(tmp_path):
    run = trainer()
    run.save(tmp_path)
    assert (tmp_path / STATE_FILE).is_file()
    other = trainer(DetectorConfig(**{**SMALL.__dict__, "channels": (8, 16)}))
    with pytest.raises(RunFolderError, match="another network"):
        other.resume(tmp_path)


def test_a_state_that_does_not_fit_the_run_is_named(tmp_path):
    run = trainer()
    run.save(tmp_path)
    weights = read_checkpoint(tmp_path / WEIGHTS_FILE)
    alarms_alone = replace(weights, tensors={"alarms": run.alarms})
    for state in (weights, alarms_alone):
        write_checkpoint(tmp_path / STATE_FILE, state)
        with pytest.raises(RunFolderError, match=r"state\.safetensors is not the state of this run"):
            trainer().resume(tmp_path)


def test_an_exported_detector_answers_as_torch_and_detects(tmp_path):
    pytest.importorskip("onnx")
    run = trainer()
    run.advance(1)
    run.save(tmp_path)
    exported = export(read_checkpoint(tmp_path / WEIGHTS_FILE), tmp_path / "finder.onnx", half=True)
    assert exported.difference < 1e-4
    assert json.loads((tmp_path / "finder.json").read_text())["output"] == "probability"
    parameters = sum(tensor.numel() for tensor in run.average.values())
    assert (tmp_path / "finder.safetensors").stat().st_size < 2.2 * parameters + 5_000

    photo, earlier = np.split(np.random.default_rng(0).random((1, 4, 64, 96), dtype=np.float32), [3], axis=1)
    network = open_network(tmp_path / "finder.onnx", device="cpu", threads=1)
    expected = DamageUNet(SMALL.channels, SMALL.blocks)
    expected.load_state_dict({name: tensor.half() for name, tensor in run.average.items()})
    answer = network({"photo": photo, "earlier": earlier})
    with torch.no_grad():
        assert (
            np.abs(answer - expected(torch.from_numpy(photo), torch.from_numpy(earlier)).numpy()).max() < 1e-5
        )

    pixels = cv2.resize(np.uint8(photo[0].transpose(1, 2, 0) * 255), (50, 41))
    found = open_detector(str(tmp_path / "finder.onnx"), device="cpu", threads=1).find(pixels)
    assert found.mask.shape == found.probability.shape == (41, 50)


def test_a_detector_in_8_bits_answers_like_the_one_in_32(tmp_path, monkeypatch):
    for name in ("FITTED_TO", "MEASURED_ON"):
        monkeypatch.setattr(training.detector.quantisation, name, 8)
    onnx = pytest.importorskip("onnx")
    config = replace(SMALL, channels=(8, 12, 16), blocks=(1, 1, 1, 1, 1))
    run = trainer(config)
    run.advance(4)
    run.save(tmp_path)
    photos = [CleanPhoto(f"{at}", photo) for at, photo in enumerate(makers()[0].photos)]
    checkpoint = read_checkpoint(tmp_path / WEIGHTS_FILE)
    export(checkpoint, tmp_path / "float.onnx")
    exported = export(checkpoint, tmp_path / "small.onnx", half=True, int8_photos=photos)
    assert exported.card.precision == "int8"
    assert exported.lost is not None and exported.lost.unit == "of F1"

    rng = np.random.default_rng(0)
    seen = {name: rng.random((1, n, 64, 96), dtype=np.float32) for name, n in (("photo", 3), ("earlier", 1))}
    answers = [open_network(tmp_path / f"{name}.onnx", threads=1)(seen) for name in ("float", "small")]
    assert 0 < np.abs(answers[0] - answers[1]).mean() < 0.02

    graph = onnx.load(tmp_path / "small.onnx").graph
    makes = {output: node.op_type for node in graph.node for output in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    in_8_bits = [node.name for node in convolutions if makes.get(node.input[1]) == "DequantizeLinear"]
    assert {name.split("/")[1] for name in in_8_bits} == {"encoder.2", "up.1", "decoder.1"}
