import json
import subprocess
import sys

import pytest

from inpaint_cli.errors import RunFolderError, TrainingDataError, UsageError
from training.files import write_bytes, write_together
from training.loop import EpochFigures
from training.plots import Curve, Reference, plot_run, plot_runs
from training.run_folder import RunFolder, check_fresh, check_resumable, claim

ROWS = [EpochFigures(n, 0.01 / n, 0.02 / n, 1.5, 100.0) for n in (1, 2, 3)]
PNG = b"\x89PNG\r\n"


def test_losses_come_back_as_they_were_written(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_losses(ROWS)
    assert folder.read_losses() == ROWS
    assert folder.read_losses(last_epoch=2) == ROWS[:2]
    assert folder.losses_file.read_text().splitlines()[0] == (
        "epoch,training_loss,validation_loss,seconds,pictures_per_second"
    )


def test_a_foreign_table_of_losses_is_refused(tmp_path):
    folder = RunFolder(tmp_path)
    folder.losses_file.write_text("a,b\n1,2\n")
    with pytest.raises(RunFolderError, match="not a table of losses"):
        folder.read_losses()


def test_two_runs_never_share_a_folder(tmp_path):
    with (
        claim(tmp_path / "run"),
        pytest.raises(RunFolderError, match="in use by another run"),
        claim(tmp_path / "run"),
    ):
        pass
    with claim(tmp_path / "run"):
        pass


def test_a_folder_in_use_by_another_process_is_refused_until_that_is_killed(tmp_path):
    code = """
import sys, time
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / ".lock"], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(RunFolderError, match="in use"), claim(tmp_path):
        pass
    holder.kill()
    holder.wait()
    with claim(tmp_path):
        pass


def test_a_run_that_fails_before_it_writes_leaves_no_folder_of_its_own_behind(tmp_path):
    ours, theirs, used = tmp_path / "new" / "run", tmp_path / "there", tmp_path / "used"
    theirs.mkdir()
    for path in (ours, theirs):
        with pytest.raises(TrainingDataError), claim(path):
            raise TrainingDataError("no data")
    with pytest.raises(TrainingDataError), claim(used) as folder:
        folder.write_losses(ROWS)
        raise TrainingDataError("it went away")
    assert not (tmp_path / "new").exists() and theirs.is_dir()
    assert RunFolder(used).read_losses() == ROWS


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="can't be written"), claim(tmp_path / "file" / "run"):
        pass


def test_a_run_is_not_begun_over_another_nor_resumed_by_another_model(tmp_path):
    folder = RunFolder(tmp_path)
    check_fresh(folder)
    with pytest.raises(RunFolderError, match="no run to resume"):
        check_resumable(folder, "pconv")
    folder.write_config({"model": "pconv"})
    check_fresh(folder)  # nothing of that run was saved
    folder.write_losses(ROWS)
    with pytest.raises(RunFolderError, match="continue it with --resume"):
        check_fresh(folder)
    with pytest.raises(RunFolderError, match="a run of 'pconv', not of 'vanilla'"):
        check_resumable(folder, "vanilla")
    assert check_resumable(folder, "pconv") == {"model": "pconv"}


@pytest.mark.parametrize("name", ["last.safetensors", "losses.png", "panel.png"])
def test_a_run_is_not_begun_over_files_that_are_of_none(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(RunFolderError, match=f"{name} is there already, and would be lost"):
        check_fresh(RunFolder(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"no": "model"})])
def test_a_configuration_that_is_none_is_refused(tmp_path, text):
    folder = RunFolder(tmp_path)
    folder.config_file.write_text(text)
    with pytest.raises(RunFolderError, match=r"config\.json"):
        check_resumable(folder, "pconv")


def test_a_write_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path):
    write_bytes(tmp_path / "a", b"old")
    write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


def test_of_files_that_are_written_together_none_is_replaced_where_one_can_not_be(tmp_path):
    names = ("a", "b", "c")
    for name in names:
        write_bytes(tmp_path / name, b"old")
    (tmp_path / "b").unlink()
    (tmp_path / "b").mkdir()
    with pytest.raises(UsageError, match="b can't be written"):
        write_together({tmp_path / name: b"new" for name in names})
    assert [(tmp_path / name).read_bytes() for name in ("a", "c")] == [b"old", b"old"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b", "c"]
    (tmp_path / "b").rmdir()
    write_together({tmp_path / name: b"new" for name in names})
    assert [(tmp_path / name).read_bytes() for name in names] == [b"new"] * 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b", "c"]


def test_losses_are_plotted_also_where_there_are_none_or_zeros():
    assert plot_run(Curve("pconv", ROWS)).startswith(PNG)
    assert plot_run(Curve("pconv", [])).startswith(PNG)
    zeros = [EpochFigures(1, 0.0, 0.0, 1.0, 1.0)]
    assert plot_runs([Curve("a", ROWS), Curve("b", zeros)], [Reference("published", 0.0005)]).startswith(PNG)
