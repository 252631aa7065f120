"""Ctrl-C, kill -9, and two runs at once."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from PIL import Image
from program import interrupted_by_import_of

PHOTOS = tuple(f"{number:03}.{suffix}" for number in range(20) for suffix in ("png", "jpg"))


def content(folder: Path) -> dict[str, bytes]:
    """Return the results in a folder; the journal is not one of them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".inpaint-cli.journal"
    }


@pytest.fixture
def unbroken(archive, restore, tmp_path) -> dict[str, bytes]:
    """What a run gives that nothing disturbs."""
    archive(*PHOTOS)
    assert restore("photos", "--mask", "masks/000.png", "-o", "unbroken").code == 0
    return content(tmp_path / "unbroken")


@pytest.mark.parametrize("by", ["SIGINT", "SIGTERM"])
def test_ctrl_c_while_the_network_is_opened_is_one_line(archive, start_restore, by: str) -> None:
    root = archive("a.png")
    program = interrupted_by_import_of("onnxruntime", by)
    process = start_restore("photos", "--mask", "masks/a.png", "-o", "out", program=program)
    ended = process.communicate(timeout=60)
    assert (process.returncode, *ended) == (130, b"", b"inpaint-cli: interrupted\n")
    assert not (root / "out").exists()


def test_after_kill_9_at_any_moment_the_same_command_gives_the_same_bytes(
    tmp_path, start_restore, restore, unbroken
) -> None:
    root = tmp_path
    arguments = ("photos", "--mask", "masks/000.png", "-o", "out")
    for lines in (1, 3, 9):
        process = start_restore(*arguments)
        for _ in range(lines):
            process.stdout.readline()
        process.kill()
        process.communicate()
        assert (
            content(root / "out").items()
            - {(name, data) for name, data in content(root / "out").items() if name.endswith(".part")}
            <= unbroken.items()
        )
    (root / "out/.inpaint-left0ver.part").write_bytes(b"half a photo")
    ended = restore(*arguments)
    assert ended.code == 0
    assert content(root / "out") == unbroken
    assert "skipped" in {line["status"] for line in ended.lines} <= {"restored", "skipped"}


def test_killed_between_journal_and_rename_or_after_it(tmp_path, restore, unbroken) -> None:
    root = tmp_path
    arguments = ("photos", "--mask", "masks/000.png", "-o", "out")
    shutil.copytree(root / "unbroken", root / "out")
    (root / "out/000.png").unlink()  # the journal has its line, the file is not there
    journal = root / "out/.inpaint-cli.journal"
    journal.write_bytes(journal.read_bytes()[:-100])  # files are there, their lines are not, one is torn
    ended = restore(*arguments)
    assert ended.code == 0 and content(root / "out") == unbroken


def test_two_runs_on_one_folder_do_not_corrupt_it(tmp_path, start_restore, restore, unbroken) -> None:
    root = tmp_path
    arguments = ("photos", "--mask", "masks/000.png", "-o", "out")
    both = [start_restore(*arguments), start_restore(*arguments)]
    ended = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert content(root / "out") == unbroken
    assert {line["status"] for line in restore(*arguments).lines} == {"skipped"}


def test_of_two_runs_with_other_settings_the_later_results_stay(archive, hold_restore, restore) -> None:
    root = archive("a.png", "b.png")
    Image.open(root / "masks/a.png").rotate(180).save(root / "masks/other.png")
    held = hold_restore("photos", "--mask", "masks/a.png", "-o", "out", "--jobs", "1")
    assert restore("photos", "--mask", "masks/other.png", "-o", "out").code == 0
    held.let_go()
    stdout, stderr = held.process.communicate(timeout=60)
    assert (held.process.returncode, stdout.count(b'"restored"')) == (0, 2), stderr
    assert restore("photos", "--mask", "masks/a.png", "-o", "alone").code == 0
    assert content(root / "out") == content(root / "alone")


def test_a_report_that_another_run_is_writing_is_refused(archive, hold_restore, restore) -> None:
    root = archive("a.png", "b.png")
    held = hold_restore("photos/a.png", "--mask-dir", "masks", "-o", "one", "--report", "run.jsonl")
    refused = restore("photos", "--mask-dir", "masks", "-o", "other", "--report", "run.jsonl")
    told = "inpaint-cli: error: --report run.jsonl: another run is writing it; name another file\n"
    assert (refused.code, refused.stdout, refused.stderr) == (2, b"", told)
    assert not (root / "other").exists()
    foreseen = restore("photos", "--mask-dir", "masks", "--report", "run.jsonl", "--dry-run")
    assert (foreseen.code, foreseen.stdout, foreseen.stderr) == (2, b"", told)
    held.let_go()
    stdout, _ = held.process.communicate(timeout=60)
    assert (held.process.returncode, (root / "run.jsonl").read_bytes()) == (0, stdout)
    assert restore("photos", "--mask-dir", "masks", "-o", "other", "--report", "run.jsonl").code == 0


def test_of_two_runs_with_one_page_that_of_the_later_end_stays_whole(archive, hold_restore, restore) -> None:
    root = archive("a.png", "b.png")
    held = hold_restore("photos/a.png", "--mask-dir", "masks", "-o", "one", "--html", "run.html")
    assert restore("photos/b.png", "--mask-dir", "masks", "-o", "other", "--html", "run.html").code == 0
    assert "b.png" in (root / "run.html").read_text()
    held.let_go()
    held.process.communicate(timeout=60)
    page = (root / "run.html").read_text()
    assert held.process.returncode == 0 and "a.png" in page and "b.png" not in page


def test_a_run_into_a_folder_below_anothers_leaves_what_that_one_is_writing(
    archive, hold_restore, restore
) -> None:
    root = archive("sub/a.png")
    shutil.copytree(root / "photos/sub", root / "more")
    (root / "more/a.png").rename(root / "more/b.png")
    held = hold_restore("photos", "--mask-dir", "masks", "-o", "out", owner="os", function="fsync")
    assert [path.suffix for path in (root / "out/sub").iterdir()] == [".part"]
    assert restore("more", "--mask", "masks/sub/a.png", "-o", "out/sub").code == 0
    held.let_go()
    held.process.communicate(timeout=60)
    assert held.process.returncode == 0
    assert sorted(content(root / "out")) == ["sub/a.png", "sub/b.png"]


FINISHING = b"interrupted: finishing the photos in hand (again to stop at once)\n"


def test_ctrl_c_finishes_the_photos_in_hand_and_ends_with_130(archive, hold_restore) -> None:
    root = archive("a.png", "b.png", "c.png")
    held = hold_restore("photos", "--mask-dir", "masks", "-o", "out", "--jobs", "1")
    held.process.send_signal(signal.SIGINT)
    assert held.process.stderr.readline() == FINISHING
    held.let_go()
    stdout, stderr = held.process.communicate(timeout=60)
    assert (held.process.returncode, stdout.count(b'"restored"')) == (130, 1)
    assert stderr.startswith(b"1 restored, 2 not done in ")
    assert list(content(root / "out")) == ["a.png"]


def test_ctrl_c_ends_the_wait_for_the_reader_of_a_report(archive, start_restore) -> None:
    root = archive("a.png")
    os.mkfifo(root / "report")
    process = start_restore("photos", "--mask-dir", "masks", "-o", "out", "--report", "report")
    while not (root / "out/.inpaint-cli.journal").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and b"1 not done in " in stderr
    assert content(root / "out") == {}


def test_a_report_goes_to_the_reader_of_a_pipe_that_comes_late(archive, start_restore) -> None:
    root = archive("a.png", "b.png")
    os.mkfifo(root / "report")
    process = start_restore("photos", "--mask-dir", "masks", "-o", "out", "--report", "report")
    with (root / "report").open() as report:
        lines = [json.loads(line)["status"] for line in report]
    assert (lines, process.wait(timeout=60)) == (["restored", "restored"], 0)


def test_a_second_ctrl_c_stops_at_once(archive, hold_restore) -> None:
    root = archive("a.png", "b.png")
    process = hold_restore("photos", "--mask-dir", "masks", "-o", "out", "--jobs", "1").process
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == FINISHING
    for _ in range(300):  # the photo in hand waits for ever
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert (process.returncode, *process.communicate()) == (130, b"", b"")
    assert content(root / "out") == {}


def test_two_signals_of_one_wish_to_stop_are_one(archive, hold_restore) -> None:
    archive("a.png", "b.png")
    held = hold_restore("photos", "--mask-dir", "masks", "-o", "out", "--jobs", "1")
    for wish in (signal.SIGINT, signal.SIGTERM):  # as of `timeout`, to the program and then to its group
        held.process.send_signal(wish)
    assert held.process.stderr.readline() == FINISHING
    held.let_go()
    stdout, _ = held.process.communicate(timeout=60)
    assert (held.process.returncode, stdout.count(b'"restored"')) == (130, 1)


def test_ctrl_c_ends_watching_where_nothing_is_in_hand(archive, start_restore) -> None:
    root = archive("a.png")
    (root / "in").mkdir()
    process = start_restore("in", "--mask", "masks/a.png", "--watch", "-o", "out")
    assert process.stderr.readline() == b"watching; Ctrl-C ends it\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130


def test_ctrl_c_while_watching_counts_what_was_complete_and_is_not_done(archive, hold_restore) -> None:
    archive("a.png", "b.png", "c.png")
    held = hold_restore("photos", "--mask-dir", "masks", "-o", "out", "--jobs", "1", "--watch")
    held.process.send_signal(signal.SIGINT)
    assert held.process.stderr.readline() == FINISHING
    held.let_go()
    stdout, stderr = held.process.communicate(timeout=60)
    assert (held.process.returncode, stdout.count(b'"restored"')) == (130, 1)
    assert stderr.splitlines()[-1].startswith(b"1 restored, 2 not done in ")


def test_watching_takes_photos_when_they_are_complete(archive, start_restore) -> None:
    root = archive("a.png")
    whole = (root / "photos/a.png").read_bytes()
    (root / "in").mkdir()
    process = start_restore("in", "--mask", "masks/a.png", "--watch", "-o", "out")
    process.stderr.readline()
    with (root / "in/scan.png").open("wb") as scan:
        scan.write(whole[:500])
        scan.flush()
        time.sleep(1.2)
        scan.write(whole[500:])
    assert b'"restored"' in process.stdout.readline()
    assert (root / "out/scan.png").exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 130


def test_a_photo_that_changes_while_it_is_watched_is_counted_and_shown_once(archive, start_restore) -> None:
    root = archive("a.png", "b.png")
    call = ("photos", "--mask", "masks/a.png", "--watch", "-o", "out", "--html", "run.html", "-q")
    process = start_restore(*call)
    outcomes = [json.loads(process.stdout.readline())["status"] for _ in range(2)]
    Image.open(root / "photos/b.png").rotate(180).save(root / "photos/a.png")
    outcomes.append(json.loads(process.stdout.readline())["status"])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert outcomes == ["restored"] * 3
    page = (root / "run.html").read_text()
    assert "2 photos restored" in page and page.count('"photo":') == 2


def test_watching_tells_which_photos_wait_for_a_mask_and_that_they_got_none(archive, start_restore) -> None:
    root = archive("a.png", "b.png")
    (root / "masks/b.png").unlink()
    process = start_restore("photos", "--mask-dir", "masks", "--watch", "--report", "run.jsonl")
    assert b'"photos/a.png"' in process.stdout.readline()
    shown = [process.stderr.readline() for _ in range(3)]
    assert b"note: waiting for a mask: photos/b.png\n" in shown
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr.count(b"failed: photos/b.png: no mask for it in masks") == 2 and b"waiting" not in stderr
    assert b"1 restored, 1 failed in" in stderr
    report = (root / "run.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in report] == ["restored", "failed"]


def test_fail_fast_leaves_the_rest(archive, restore) -> None:
    root = archive(*PHOTOS)
    (root / "photos/000.jpg").write_bytes(b"")
    ended = restore("photos", "--mask", "masks/000.png", "--jobs", "1", "--fail-fast")
    assert ended.code == 1 and [line["status"] for line in ended.lines] == ["failed"]
