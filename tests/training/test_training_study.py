from dataclasses import replace

import numpy as np
import pytest
from tiny_training import tiny_checkpoint

from inpaint_cli.errors import RunFolderError, UsageError
from training.checkpoints import write_checkpoint
from training.classical import METHODS
from training.evaluation import CifarOptions, classical_candidate
from training.loop import EpochFigures
from training.presets import PRESETS
from training.run_folder import RunFolder
from training.study import different_settings, open_runs, replace_blocks, write_study


def make_run(folder, model, sees_mask):
    folder.mkdir(parents=True)
    details = {
        "training": PRESETS["paper"][model].as_dict(),
        "seconds": 60.0,
        "pictures_seen": 640,
        "validation_loss": 0.002,
    }
    checkpoint = replace(tiny_checkpoint(model=model, sees_mask=sees_mask), details=details)
    run = RunFolder(folder)
    write_checkpoint(run.weights_file, checkpoint)
    run.write_losses([EpochFigures(n, 0.01 / n, 0.02 / n, 60.0, 10.0) for n in (1, 2)])
    return folder


def test_the_study_is_written_from_run_folders_and_keeps_what_people_wrote(tmp_path):
    runs = [
        make_run(tmp_path / "pconv-best", "pconv", True),
        make_run(tmp_path / "vanilla-best", "vanilla", False),
    ]
    target = tmp_path / "docs" / "study.md"
    target.parent.mkdir()
    target.write_text("# Ours\n\nBefore.\n\n<!-- study: runs -->\nold\n<!-- /study: runs -->\n\nAfter.\n")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    classical = [classical_candidate("biharmonic", METHODS["biharmonic"])]
    options = CifarOptions(hole_pictures=1)
    with open_runs(runs) as opened:
        files = list(write_study(opened, pictures, classical, options, target, "the command"))
    assert [file.name for file in files] == [
        "losses-pconv.png",
        "losses-vanilla.png",
        "panel.png",
        "study.md",
    ]
    text = target.read_text()
    assert text.startswith("# Ours\n\nBefore.\n\n<!-- study: runs -->\n")
    assert "After.\n" in text
    assert "old" not in text
    assert "| vanilla-best (raw) |" in text
    assert "| biharmonic |" in text
    assert "`the command`" in text
    for line in text.splitlines():
        if line.startswith("!["):
            assert (target.parent / line.split("(")[1].rstrip(")")).is_file()


def test_blocks_are_replaced_where_they_stand_and_added_where_they_are_not():
    once = replace_blocks("Text\n", {"a": "1\n"})
    assert once == "Text\n\n<!-- study: a -->\n\n1\n\n<!-- /study: a -->\n"
    assert replace_blocks(once + "More\n", {"a": "2\n"}) == once.replace("1", "2") + "More\n"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["folder", "no text"])
def test_a_target_that_can_be_no_study_is_refused_before_anything_is_measured(tmp_path, content):
    target = tmp_path / "study.md"
    target.mkdir() if content is None else target.write_bytes(content)
    nothing = np.zeros((0, 32, 32, 3), np.uint8)
    with pytest.raises(UsageError, match=r"-o .*study\.md: "):
        next(write_study([], nothing, [], CifarOptions(), target, "the command"))
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "after",
    [
        "By hand.\n",
        "By hand.\n<!-- study: runs -->\nold\n<!-- /study: runs -->\n",
        "By hand.\n<!-- study: panel -->\nold\n<!-- /study: panel -->\n<!-- /study: runs -->\n",
        "By hand.\n<!-- /study: panel -->\n",
    ],
    ids=["none", "of the next block of its name", "after another block", "of another name"],
)
def test_a_block_whose_end_mark_is_missing_is_refused_before_anything_is_measured(tmp_path, after):
    target = tmp_path / "study.md"
    target.write_text(text := f"Before.\n<!-- study: runs -->\nold\n{after}")
    nothing = np.zeros((0, 32, 32, 3), np.uint8)
    why = r"-o .*study\.md: <!-- study: runs --> has no <!-- /study: runs --> behind it"
    with pytest.raises(UsageError, match=why):
        next(write_study([], nothing, [], CifarOptions(), target, "the command"))
    assert target.read_text() == text


def test_two_runs_of_one_name_are_refused(tmp_path):
    with (
        pytest.raises(RunFolderError, match="two run folders are called 'x'"),
        open_runs([tmp_path / "a/x", tmp_path / "b/x"]),
    ):
        pass


def test_settings_are_told_as_what_differs_from_the_nearest_preset():
    best = PRESETS["best"]["pconv"]
    assert different_settings(best, "pconv") == "best"
    assert different_settings(replace(best, epochs=7), "pconv") == "best, epochs 7"
    assert different_settings(PRESETS["paper"]["vanilla"], "vanilla") == "paper"
