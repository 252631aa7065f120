"""`train --model detector`: a run folder that can be killed and continued, and exported like any other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

import training.detector.session
from inpaint_cli.errors import ModelError, RunFolderError, TrainingDataError, UsageError
from training.checkpoints import read_checkpoint
from training.detector.samples import SampleConfig
from training.detector.session import VALID_EVERY, DetectorRequest, train_detector
from training.detector.trainer import DetectorConfig, DetectorFigures, DetectorTrainer
from training.run_folder import RunFolder

SMALL = DetectorConfig(
    channels=(8, 12), blocks=(0, 1, 1), steps=3, batch_size=2, learning_rate=1e-2, warmup=1, average=0.5,
    samples=SampleConfig(side=32, shares={"lines": 1.0}),
)  # fmt: skip


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.trainers: list[DetectorTrainer] = []
        self.described: list[str] = []
        self.figures: list[DetectorFigures] = []

    def started(self, trainer: DetectorTrainer, described: str) -> None:
        self.trainers.append(trainer)
        self.described.append(described)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 18 smooth photos."""
    folder = tmp_path / "clean"
    folder.mkdir()
    y, x = np.mgrid[0:48, 0:48]
    for k in range(18):
        cv2.imwrite(str(folder / f"{k:02}.png"), 120 + 40 * np.sin(x / (9 + k)) + 20 * np.cos(y / 7))
    return folder


def run(
    request: DetectorRequest, listener: Listener | None = None, usual: DetectorConfig = SMALL
) -> RunFolder:
    listener = listener or Listener()
    return train_detector(request, listener.started, listener.figures.append, usual)


def test_a_run_fills_its_folder(tmp_path: Path, photos: Path) -> None:
    listener = Listener()
    folder = run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu", seed=5), listener)
    config = json.loads(folder.config_file.read_text())
    assert (config["model"], config["training"]["seed"]) == ("detector", 5)
    assert [figures.step for figures in listener.figures] == [3]
    assert read_checkpoint(folder.weights_file).details["step"] == 3


def test_without_photos_that_validate_every_sixteenth_is_held_back(tmp_path: Path, photos: Path) -> None:
    assert VALID_EVERY == 16
    listener = Listener()
    run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu"), listener)
    assert listener.described == ["16 photos (clean)"]  # of 18, the 1st and the 17th validate


def test_a_run_goes_on_where_it_was_broken_off_and_gives_the_same_weights(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wants(name: str, *, resume: bool = False) -> DetectorRequest:
        return DetectorRequest(folder=tmp_path / name, photos=(photos,), device="cpu", resume=resume)

    def advance_twice(trainer: DetectorTrainer, steps: int) -> None:
        if trainer.step == 2:
            trainer.save(tmp_path / "parts")
            raise KeyboardInterrupt
        advance(trainer, steps)

    whole = run(wants("whole"))
    advance = DetectorTrainer.advance
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(DetectorTrainer, "advance", advance_twice)
        run(wants("parts"))
    part = run(wants("parts", resume=True))
    tensors = read_checkpoint(part.weights_file).tensors
    for name, tensor in read_checkpoint(whole.weights_file).tensors.items():
        assert tensor.equal(tensors[name]), name


def test_a_resumed_run_does_not_follow_when_the_usual_settings_change(tmp_path: Path, photos: Path) -> None:
    first = DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu")
    run(first)
    listener = Listener()
    changed = replace(SMALL, batch_size=7, average=0.1, samples=SampleConfig(side=64, shares={"hairs": 1.0}))
    run(replace(first, resume=True), listener, changed)
    assert listener.trainers[0].config == SMALL


def test_a_run_goes_on_with_the_files_that_it_began_with(tmp_path: Path, photos: Path) -> None:
    first = DetectorRequest(folder=tmp_path / "run", photos=(photos,), valid=photos, device="cpu")
    run(first)
    other = tmp_path / "other"
    other.mkdir()
    for change, match in (
        ({"photos": (other,)}, f"begun with --data {photos}"),
        ({"valid": other}, f"begun with --valid {photos}"),
        ({"elements": other}, "begun without --elements"),
        ({"start_from": (other,)}, "begun without --start-from"),
        ({"teachers": (other,)}, "begun without --teacher"),
    ):
        with pytest.raises(RunFolderError, match=match):
            run(replace(first, resume=True, **change))


def test_a_resumed_run_keeps_its_settings(tmp_path: Path, photos: Path) -> None:
    first = DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu", batch_size=4)
    run(first)
    with pytest.raises(RunFolderError, match="holds a run already"):
        run(first)
    with pytest.raises(RunFolderError, match="begun with batch size 4, not 5"):
        run(replace(first, resume=True, batch_size=5))
    listener = Listener()
    run(replace(first, resume=True, batch_size=None), listener)
    assert listener.trainers[0].config.batch_size == 4
    assert listener.trainers[0].finished


def test_a_run_in_which_no_step_was_saved_is_begun_anew(tmp_path: Path, photos: Path) -> None:
    class Fails(Listener):
        def started(self, trainer: DetectorTrainer, described: str) -> None:
            raise KeyboardInterrupt

    first = DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu", batch_size=4)
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run(first, Fails())
        listener = Listener()
        run(replace(first, batch_size=5, resume=resume), listener)
        assert listener.trainers[0].config.batch_size == 5
        (first.folder / "state.safetensors").unlink()


def test_a_run_is_resumed_again_and_again_without_naming_anything(tmp_path: Path, photos: Path) -> None:
    first = DetectorRequest(
        folder=tmp_path / "run", photos=(photos,), valid=photos, device="cpu", batch_size=4
    )
    folder, listener = run(first), Listener()
    begun = json.loads(folder.config_file.read_text())
    for _ in range(2):
        run(DetectorRequest(folder=folder.path, photos=(), device="cpu", resume=True), listener)
    assert [trainer.config.batch_size for trainer in listener.trainers] == [4, 4]
    assert json.loads(folder.config_file.read_text()) == begun


def test_another_runs_weights_can_be_the_start(tmp_path: Path, photos: Path) -> None:
    first = run(DetectorRequest(folder=tmp_path / "a", photos=(photos,), device="cpu"))
    listener = Listener()
    second = DetectorRequest(
        folder=tmp_path / "b", photos=(photos,), device="cpu", start_from=(first.weights_file,) * 2
    )
    run(second, listener, replace(SMALL, steps=1, learning_rate=1e-12))
    mine = read_checkpoint(tmp_path / "b" / "last.safetensors").tensors
    for name, tensor in read_checkpoint(first.weights_file).tensors.items():
        np.testing.assert_allclose(mine[name].numpy(), tensor.numpy(), atol=1e-6)
    with pytest.raises(ModelError, match="no such checkpoint"):
        run(replace(second, folder=tmp_path / "c", start_from=(tmp_path / "nothing",)))


def test_photos_are_needed(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(UsageError, match="give --data a folder of undamaged ones"):
        run(DetectorRequest(folder=tmp_path / "run", photos=(), device="cpu"))
    one = tmp_path / "one"
    one.mkdir()
    (photos / "00.png").rename(one / "00.png")
    with pytest.raises(TrainingDataError, match="one photo can't both train and validate"):
        run(DetectorRequest(folder=tmp_path / "run", photos=(one,), device="cpu"))
    assert not (tmp_path / "run").exists()


def test_several_processes_are_refused(tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="the detector trains in one process: start it without torchrun"):
        run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu"))
    assert not (tmp_path / "run").exists()


def test_a_run_of_no_length_is_refused(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(UsageError, match="--minutes 0 must be greater than 0"):
        run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu", minutes=0))


@pytest.mark.parametrize("when", ["at once", "at the report"])
def test_a_run_that_diverges_keeps_the_last_good_checkpoint(
    when: str, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu")
    kept = run(first).weights_file.read_bytes()

    def diverge(trainer: DetectorTrainer, described: str) -> None:
        broken = trainer.network.state_dict() if when == "at once" else trainer.average
        broken["head.bias"].fill_(float("nan"))

    monkeypatch.setattr("training.detector.session.settle", longer(training.detector.session.settle))
    with pytest.raises(UsageError, match="the loss is no number any more; lower --lr"):
        train_detector(replace(first, resume=True), diverge, lambda figures: None, SMALL)
    assert RunFolder(first.folder).weights_file.read_bytes() == kept


def longer(settle: Callable[..., tuple[DetectorRequest, DetectorConfig]]) -> Callable[..., object]:
    """As it is asked for, but some steps longer."""

    def settled(*asked: object) -> tuple[DetectorRequest, DetectorConfig]:
        request, config = settle(*asked)
        return request, replace(config, steps=config.steps + 2)

    return settled


def test_photos_that_do_not_fit_into_the_memory_are_told_from_steps(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(folder: Path) -> None:
        raise MemoryError

    monkeypatch.setattr("training.detector.session.read_photos", too_much)
    with pytest.raises(UsageError, match="the data doesn't fit into the memory; give less with --data"):
        run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": 0}, "steps 0 must be at least 1"),
        ({"batch_size": 0}, "--batch-size 0 must be at least 1"),
        ({"precision": "bf16"}, "no precision 'bf16'; there are: float32, bfloat16"),
        ({"optimizer": "sgd"}, "no optimizer 'sgd'; there are: adam, muon"),
        ({"learning_rate": 0.0}, "--lr 0 must be greater than 0"),
    ],
)
def test_settings_that_teach_nothing_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replace(SMALL, **wrong)


def test_a_run_does_not_go_on_with_more_photos_than_it_began_with(tmp_path: Path, photos: Path) -> None:
    run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu"))
    (photos / "18.png").write_bytes((photos / "00.png").read_bytes())
    with pytest.raises(RunFolderError, match=r"begun with \[18\] pictures or tiles, now there are \[19\]"):
        run(DetectorRequest(folder=tmp_path / "run", photos=(), resume=True, device="cpu"))


@pytest.mark.parametrize("compiled", [True, False, None])
def test_the_network_is_compiled_where_it_is_asked_for(
    compiled: bool | None, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(torch, "compile", lambda look: seen.append(look) or look)
    run(DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu", compiled=compiled))
    assert len(seen) == (1 if compiled else 0)


def test_a_run_is_taught_and_goes_on_with_the_same_teachers(tmp_path: Path, photos: Path) -> None:
    teacher = run(DetectorRequest(folder=tmp_path / "teacher", photos=(photos,), device="cpu"))
    first = DetectorRequest(folder=tmp_path / "run", photos=(photos,), device="cpu", teachers=(teacher.path,))
    taught = run(first)
    untaught = run(replace(first, folder=tmp_path / "alone", teachers=()))
    assert json.loads(taught.config_file.read_text())["teachers"] == [str(teacher.path)]
    weights, others = (read_checkpoint(each.weights_file).tensors for each in (taught, untaught))
    assert not weights["head.weight"].equal(others["head.weight"])
    listener = Listener()
    run(replace(first, resume=True, teachers=()), listener)
    assert len(listener.trainers[0].teachers.networks) == 1
