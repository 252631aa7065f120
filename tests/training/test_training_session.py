import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
import torch

from inpaint_cli.errors import BackendError, ModelError, RunFolderError, UsageError
from training import session
from training.checkpoints import STATE_FILE, read_checkpoint, write_checkpoint
from training.data import SourceOption, load_training_data
from training.loop import LOOK_EVERY, Trainer
from training.networks import NetworkConfig
from training.presets import TrainingConfig, find_preset
from training.run_folder import RunFolder, claim
from training.session import TrainingRequest

RUN_LONG = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
import test_training_session as here
here.run_long(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@dataclass
class StopAfter:
    """A watcher that breaks the run in an epoch, as an interruption would."""

    epoch: int = 0
    data_seen: list[str] = field(default_factory=list)

    def started(self, trainer, data):
        self.data_seen.append(data.description)

    def epoch_ended(self, figures):
        if figures.epoch == self.epoch:
            raise KeyboardInterrupt


def read(options, valid, seed):
    return load_training_data(options, valid=valid, seed=seed)


def request(folder: Path, data: Path, model: str = "vanilla", **different) -> TrainingRequest:
    settings = {"preset": "paper", "epochs": 4, "batch_size": 8, **different}
    return TrainingRequest(model=model, folder=folder, data=(SourceOption(data),), **settings)


def tiny_preset(preset: str, model: str) -> TrainingConfig:
    """A network of a few thousand weights in place of the preset's."""
    small = NetworkConfig(
        architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=model == "pconv"
    )
    return replace(find_preset(preset, model), network=small, learning_rate=3e-3, average=0.9)


def train(request: TrainingRequest, read, watcher, clock=time.monotonic):
    torch.set_num_threads(1)
    return session.train(request, read, watcher, tiny_preset, clock)


def run_long(folder: Path, data: Path) -> None:
    """What the process that is killed does."""
    train(request(folder, data, epochs=5000), read, StopAfter())


def losses(folder: Path) -> list[tuple[int, float, float]]:
    with claim(folder) as run:
        return [(row.epoch, row.training_loss, row.validation_loss) for row in run.read_losses()]


def test_a_few_steps_lower_the_loss_and_fill_the_run_folder(tmp_path, data_folder):
    run = train(request(tmp_path / "run", data_folder, epochs=8), read, StopAfter())
    rows = losses(run.path)
    assert [epoch for epoch, _, _ in rows] == list(range(1, 9))
    assert rows[-1][1] < 0.9 * rows[0][1]
    assert rows[-1][2] < 0.9 * rows[0][2]
    assert run.plot_file.read_bytes().startswith(b"\x89PNG")
    assert run.panel_file.read_bytes().startswith(b"\x89PNG")
    checkpoint = read_checkpoint(run.weights_file)
    assert checkpoint.model == "vanilla"
    assert checkpoint.build()(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)
    config = run.read_config()
    assert config["training"]["batch_size"] == 8
    assert config["data"] == [{"path": str(data_folder), "weight": 1.0}]


@pytest.mark.parametrize("model", ["vanilla", "pconv"])
def test_a_broken_run_that_is_resumed_gives_the_same_losses_as_an_unbroken_one(tmp_path, data_folder, model):
    train(request(tmp_path / "whole", data_folder, model), read, StopAfter())
    with pytest.raises(KeyboardInterrupt):
        train(request(tmp_path / "broken", data_folder, model), read, StopAfter(epoch=3))
    resumed = TrainingRequest(model=model, folder=tmp_path / "broken", resume=True)
    train(resumed, read, StopAfter())
    assert losses(tmp_path / "broken") == losses(tmp_path / "whole")


def test_a_run_killed_outright_is_resumed_too(tmp_path, data_folder):
    command = [
        sys.executable,
        "-c",
        RUN_LONG,
        tmp_path / "run",
        data_folder,
        Path(__file__).parent,
        *sys.path,
    ]
    process = subprocess.Popen(command)
    table = tmp_path / "run" / "losses.csv"
    deadline = time.monotonic() + 90
    while not (table.exists() and table.read_text().count("\n") > 2):
        assert process.poll() is None
        assert time.monotonic() < deadline, "no two epochs in 90 seconds"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = read_checkpoint(tmp_path / "run" / "state.safetensors").details["epoch"] + 2
    train(
        TrainingRequest(model="vanilla", folder=tmp_path / "run", resume=True, epochs=done), read, StopAfter()
    )
    train(request(tmp_path / "whole", data_folder, epochs=done), read, StopAfter())
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")


def test_more_epochs_can_be_asked_for_but_no_other_settings(tmp_path, data_folder):
    train(request(tmp_path, data_folder, epochs=1), read, StopAfter())
    again = {"model": "vanilla", "folder": tmp_path, "resume": True}
    train(TrainingRequest(**again, epochs=2), read, StopAfter())
    assert [row[0] for row in losses(tmp_path)] == [1, 2]
    with pytest.raises(RunFolderError, match="begun with batch size 8, not 16"):
        train(TrainingRequest(**again, batch_size=16), read, StopAfter())
    with pytest.raises(RunFolderError, match="begun with preset paper, not best"):
        train(TrainingRequest(**again, preset="best"), read, StopAfter())


def test_a_run_does_not_go_on_with_more_pictures_than_it_began_with(tmp_path, data_folder):
    train(request(tmp_path / "run", data_folder, epochs=1), read, StopAfter())
    batch = next(data_folder.glob("*.bin"))
    batch.with_name("data_batch_5.bin").write_bytes(batch.read_bytes())
    with pytest.raises(RunFolderError, match=r"begun with \[\d+\] pictures or tiles, now there are \[\d+\]"):
        train(TrainingRequest(model="vanilla", folder=tmp_path / "run", resume=True), read, StopAfter())


def test_a_run_goes_on_with_the_files_that_it_began_with(tmp_path, data_folder):
    train(request(tmp_path / "run", data_folder, epochs=1), read, StopAfter())
    again = {"model": "vanilla", "folder": tmp_path / "run", "resume": True, "epochs": 2}
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(RunFolderError, match=f"begun with --data {data_folder}"):
        train(TrainingRequest(**again, data=(SourceOption(other),)), read, StopAfter())
    with pytest.raises(RunFolderError, match=r"begun with weight 1\.0, not 3\.0"):
        train(TrainingRequest(**again, data=(SourceOption(data_folder, 3.0),)), read, StopAfter())
    with pytest.raises(RunFolderError, match="begun without --valid"):
        train(TrainingRequest(**again, valid=other), read, StopAfter())
    with pytest.raises(RunFolderError, match="begun without --start-from"):
        train(TrainingRequest(**again, start_from=(other,)), read, StopAfter())
    train(TrainingRequest(**again, data=(SourceOption(data_folder),)), read, StopAfter())
    assert [row[0] for row in losses(tmp_path / "run")] == [1, 2]


def test_data_that_has_been_moved_can_be_named_anew(tmp_path, data_folder):
    train(request(tmp_path / "run", data_folder, epochs=1), read, StopAfter())
    moved = data_folder.rename(tmp_path / "moved")
    again = TrainingRequest(
        model="vanilla", folder=tmp_path / "run", resume=True, epochs=2, data=(SourceOption(moved),)
    )
    run = train(again, read, StopAfter())
    assert [row[0] for row in losses(run.path)] == [1, 2]
    assert run.read_config()["data"] == [{"path": str(moved), "weight": 1.0}]


def test_a_run_of_no_minutes_is_refused_whether_it_is_new_or_resumed(tmp_path, data_folder):
    new = request(tmp_path / "run", data_folder, epochs=None, minutes=0.0)
    with pytest.raises(UsageError, match="--minutes 0 must be greater than 0"):
        train(new, read, StopAfter())
    train(request(tmp_path / "run", data_folder, epochs=1), read, StopAfter())
    with pytest.raises(UsageError, match="--minutes 0 must be greater than 0"):
        train(replace(new, resume=True), read, StopAfter())


def test_a_run_by_the_clock_ends_when_its_minutes_are_over(tmp_path, data_folder):
    folder = tmp_path / "run"
    run = train(
        request(folder, data_folder, epochs=None, minutes=0.5), read, StopAfter(), clock=count().__next__
    )
    rows = run.read_losses(last_epoch=10**6)
    assert [row.epoch for row in rows] == list(range(1, len(rows) + 1))
    details = read_checkpoint(run.weights_file).details
    assert 30 <= details["seconds"] < 60

    asked = request(folder, data_folder, preset=None, epochs=None, batch_size=None, minutes=1.0, resume=True)
    train(asked, read, StopAfter(), clock=count().__next__)
    longer = read_checkpoint(run.weights_file).details
    assert 60 <= longer["seconds"] < 90
    assert longer["step"] > details["step"]


def test_the_rate_falls_by_the_clock(tmp_path, data_folder):
    sources, validation = session.loop_sources(read((SourceOption(data_folder),), None, 0))
    trainer = Trainer(
        "vanilla",
        replace(tiny_preset("best", "vanilla"), minutes=1.0),
        sources,
        validation,
        torch.device("cpu"),
    )
    highest = trainer.config.learning_rate
    rates = []
    for seconds in (15.0, 30.0, 45.0):
        trainer.step, trainer.seconds = 120, seconds
        assert trainer.total_steps == 120 * 60 / seconds
        trainer.advance(1)
        rates.append(trainer.optimizer.param_groups[0]["lr"])
    expected = [highest * 0.5 * (1 + math.cos(math.pi * share)) for share in (0.25, 0.5, 0.75)]
    assert rates == pytest.approx(expected)
    trainer.seconds = 60.0
    assert trainer.finished


def test_a_folder_with_a_run_in_it_is_not_begun_anew(tmp_path, data_folder):
    train(request(tmp_path, data_folder, epochs=1), read, StopAfter())
    with pytest.raises(RunFolderError, match="holds a run already"):
        train(request(tmp_path, data_folder), read, StopAfter())
    with pytest.raises(RunFolderError, match="a run of 'vanilla', not of 'pconv'"):
        train(request(tmp_path, data_folder, "pconv", resume=True), read, StopAfter())


def test_a_folder_in_use_is_refused_before_any_data_is_read(tmp_path, data_folder):
    def must_not_read(options, valid, seed):
        raise AssertionError

    with claim(tmp_path / "run"), pytest.raises(RunFolderError, match="in use"):
        train(request(tmp_path / "run", data_folder), must_not_read, StopAfter())


def test_another_runs_weights_can_be_the_start(tmp_path, data_folder):
    first = train(request(tmp_path / "a", data_folder, epochs=2), read, StopAfter())
    second = train(
        request(tmp_path / "b", data_folder, epochs=1, start_from=(first.weights_file,)), read, StopAfter()
    )
    assert losses(second.path)[0][2] < losses(first.path)[0][2]
    by_folder = train(
        request(tmp_path / "f", data_folder, epochs=1, start_from=(first.path,)), read, StopAfter()
    )
    assert losses(by_folder.path) == losses(second.path)
    again = request(tmp_path / "f", data_folder, epochs=2, resume=True, start_from=(first.weights_file,))
    train(again, read, StopAfter())
    with pytest.raises(RunFolderError, match="another network"):
        other = request(tmp_path / "c", data_folder, "pconv", start_from=(first.weights_file,))
        train(other, read, StopAfter())
    with pytest.raises(ModelError, match="no such checkpoint"):
        train(request(tmp_path / "d", data_folder, start_from=(tmp_path / "nothing",)), read, StopAfter())


def test_an_unknown_preset_lists_the_choices(tmp_path, data_folder):
    with pytest.raises(UsageError, match="paper, best"):
        train(request(tmp_path, data_folder, preset="slow"), read, StopAfter())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_an_error(tmp_path, data_folder):
    with pytest.raises(BackendError, match="no CUDA device"):
        train(request(tmp_path, data_folder, device="cuda"), read, StopAfter())


def test_a_run_killed_before_its_first_save_still_starts_from_the_other_one(tmp_path, data_folder):
    first = train(request(tmp_path / "a", data_folder, epochs=1), read, StopAfter())
    wanted = request(tmp_path / "b", data_folder, epochs=1, start_from=(first.weights_file,))

    class Killed(StopAfter):
        def started(self, trainer, data):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(wanted, read, Killed())
    assert not RunFolder(tmp_path / "b").has_state
    resumed = train(TrainingRequest(model="vanilla", folder=tmp_path / "b", resume=True), read, StopAfter())
    unbroken = train(replace(wanted, folder=tmp_path / "c"), read, StopAfter())
    assert losses(resumed.path) == losses(unbroken.path)
    assert resumed.read_config()["started_from"] == [str(first.weights_file)]


def begin_and_fail(request: TrainingRequest) -> None:
    """Leave a folder in which no step was saved."""

    class Fails(StopAfter):
        def started(self, trainer, data):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(request, read, Fails())
    assert RunFolder(request.folder).config_file.exists()


def test_a_run_in_which_no_step_was_saved_is_begun_anew(tmp_path, data_folder):
    begin_and_fail(request(tmp_path / "run", data_folder, batch_size=3))
    run = train(request(tmp_path / "run", data_folder, epochs=1), read, StopAfter())
    assert run.read_config()["training"]["batch_size"] == 8
    assert [epoch for epoch, _, _ in losses(run.path)] == [1]


def test_a_run_in_which_no_step_was_saved_goes_on_with_other_settings(tmp_path, data_folder):
    begin_and_fail(request(tmp_path / "run", data_folder, batch_size=3, seed=5))
    asked = TrainingRequest(model="vanilla", folder=tmp_path / "run", resume=True, epochs=1, batch_size=8)
    settings = train(asked, read, StopAfter()).read_config()["training"]
    assert (settings["batch_size"], settings["epochs"], settings["seed"]) == (8, 1, 5)


def test_too_large_a_batch_says_what_to_lower(tmp_path, data_folder):
    with pytest.raises(UsageError, match="fit into the memory; lower --batch-size"):
        train(request(tmp_path, data_folder, batch_size=10**18), read, StopAfter())


def test_too_much_data_says_what_to_give_less_of(tmp_path, data_folder):
    def read_too_much(options, valid, seed):
        raise MemoryError

    with pytest.raises(UsageError, match="the data doesn't fit into the memory; give less with --data"):
        train(request(tmp_path, data_folder), read_too_much, StopAfter())


def diverge(trainer: Trainer) -> None:
    """Make a channel's weights infinite, as too high a rate does."""
    with torch.no_grad():
        next(trainer.network.parameters())[0] = float("inf")


def test_a_run_that_diverges_ends_and_keeps_the_last_good_checkpoint(tmp_path, data_folder):
    class Diverges(StopAfter):
        def started(self, trainer, data):
            self.trainer = trainer

        def epoch_ended(self, figures):
            if figures.epoch == 2:
                diverge(self.trainer)

    with pytest.raises(UsageError, match="the loss is no number any more; lower --lr"):
        train(request(tmp_path / "run", data_folder, batch_size=24), read, Diverges())
    assert [epoch for epoch, _, _ in losses(tmp_path / "run")] == [1, 2]
    for name in ("last", "state"):
        kept = read_checkpoint(tmp_path / "run" / f"{name}.safetensors")
        assert kept.details["epoch"] == 1
        assert all(tensor.isfinite().all() for tensor in kept.tensors.values())


def test_a_run_that_diverges_within_an_epoch_does_not_go_on_to_its_end(tmp_path, data_folder):
    class Diverges(StopAfter):
        def started(self, trainer, data):
            self.trainer = trainer
            diverge(trainer)

    call = request(tmp_path / "run", data_folder, batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        train(call, read, StopAfter(epoch=2))
    files = [tmp_path / "run" / name for name in ("last.safetensors", STATE_FILE, "losses.csv")]
    kept = [file.read_bytes() for file in files]
    watcher = Diverges()
    with pytest.raises(UsageError, match="the loss is no number any more; lower --lr"):
        train(replace(call, resume=True), read, watcher)
    assert watcher.trainer.steps_per_epoch == 24
    assert 24 < watcher.trainer.step <= 24 + LOOK_EVERY < 48
    assert [file.read_bytes() for file in files] == kept


def test_a_loss_that_is_no_number_ends_the_epoch(tmp_path, data_folder):
    sources, validation = session.loop_sources(read((SourceOption(data_folder),), None, 0))
    trainer = Trainer("vanilla", tiny_preset("paper", "vanilla"), sources, validation, torch.device("cpu"))
    saved = []
    trainer.loss_sum.fill_(float("nan"))
    with pytest.raises(UsageError, match="lower --lr"):
        next(trainer.epochs(lambda: saved.append(trainer.step)))
    assert saved == []


def test_a_state_that_does_not_fit_the_run_is_named(tmp_path, data_folder):
    run = train(request(tmp_path, data_folder, epochs=1), read, StopAfter())
    whole = read_checkpoint(tmp_path / STATE_FILE)
    names = [next(name for name in whole.tensors if name.startswith(part)) for part in ("network", "average")]
    damaged = [
        replace(whole, details={}),
        read_checkpoint(run.weights_file),
        *(replace(whole, tensors={**whole.tensors, name: torch.zeros(1)}) for name in names),
    ]
    for state in damaged:
        write_checkpoint(tmp_path / STATE_FILE, state)
        with pytest.raises(RunFolderError, match=r"state\.safetensors is not the state of this run"):
            train(request(tmp_path, data_folder, resume=True), read, StopAfter())


def test_a_resumed_run_knows_its_last_validation_and_how_much_its_loss_is_of(tmp_path, data_folder):
    train(request(tmp_path / "run", data_folder, epochs=1), read, StopAfter())
    state = read_checkpoint(tmp_path / "run" / STATE_FILE)
    assert state.details["loss_count"] == 0
    assert state.details["validation_loss"] == pytest.approx(losses(tmp_path / "run")[-1][2])
