"""What is refused before anything is written, and what fails for one photo only; in one line each."""

import os
import subprocess
from pathlib import Path

import pytest
from program import PROGRAM, environment


def test_an_output_folder_that_may_not_be_written_to_is_refused(archive, without_privileges) -> None:
    root = archive("a.png")
    (root / "out").mkdir(mode=0o555)
    ended = without_privileges("photos", "--mask-dir", "masks", "-o", "out")
    assert (ended.returncode, ended.stderr) == (
        2,
        "inpaint-cli: error: out: nothing may be written there (Permission denied)\n",
    )
    assert list((root / "out").iterdir()) == []


def test_where_the_default_output_folder_may_not_be_made_another_is_asked_for(
    archive, without_privileges
) -> None:
    root = archive("locked/a.png")
    (root / "photos").chmod(0o555)
    call = ("photos/locked", "--mask", "masks/locked/a.png")
    begins = "photos/locked-restored: can't be made the output folder: "
    advice = "; give another folder with -o\n"
    ended = without_privileges(*call)
    assert ended.returncode == 2 and ended.stderr.endswith(f"{begins}Permission denied{advice}")
    ended = without_privileges(*call, "--dry-run")
    refused = f"refused: {begins}nothing may be written in {root / 'photos'}{advice}"
    assert ended.returncode == 2 and refused in ended.stderr
    assert without_privileges(*call, "-o", "out", "--dry-run").returncode == 0


def test_a_dry_run_refuses_an_output_folder_that_may_not_be_written_to_unless_it_may_be_up_to_date(
    archive, without_privileges
) -> None:
    root = archive("a.png")
    (root / "out").mkdir(mode=0o555)
    call = ("photos", "--mask-dir", "masks", "-o", "out")
    ended = without_privileges(*call, "--dry-run")
    assert ended.returncode == 2 and "refused: out: nothing may be written there\n" in ended.stderr
    (root / "out").chmod(0o755)
    assert without_privileges(*call).returncode == 0
    (root / "out").chmod(0o555)
    assert [without_privileges(*call, *also).returncode for also in ((), ("--dry-run",))] == [0, 0]


@pytest.mark.parametrize(
    ("settings", "unless"),
    [
        (("--overwrite",), ""),
        (("--invert-mask", "--max-damage", "1"), " (the very same result would be up to date)"),
    ],
)
def test_a_dry_run_foresees_that_results_in_a_read_only_folder_can_not_be_made_anew(
    archive, without_privileges, settings, unless: str
) -> None:
    root = archive("a.png")
    call = ("photos", "--mask-dir", "masks", "-o", "out")
    assert without_privileges(*call).returncode == 0
    (root / "out").chmod(0o555)
    assert without_privileges(*call, *settings).returncode == 1
    dry = without_privileges(*call, *settings, "--dry-run")
    why = f"out/a.png: can't be written: nothing may be written in out{unless}"
    assert (dry.returncode, dry.stdout) == (1, f"photos/a.png -> will fail: {why}\n")


@pytest.mark.parametrize("also", [(), ("--dry-run",)])
def test_a_pipe_in_the_place_of_the_journal_is_refused_and_not_waited_for(archive, restore, also) -> None:
    root = archive("a.png")
    (root / "out").mkdir()
    os.mkfifo(root / "out/.inpaint-cli.journal")
    ended = restore("photos", "--mask-dir", "masks", "-o", "out", *also)
    why = "the journal can't be used (it is a pipe, a socket or a device)"
    told = f"inpaint-cli: error: out/.inpaint-cli.journal: {why}\n"
    assert (ended.code, ended.stdout, ended.stderr) == (2, b"", told)


def test_an_unreadable_photo_that_is_named_fails_alone(archive, without_privileges) -> None:
    root = archive("a.png", "b.png")
    (root / "photos/a.png").chmod(0)
    ended = without_privileges("photos/a.png", "photos/b.png", "--mask-dir", "masks", "-o", "out")
    assert ended.returncode == 1 and (root / "out/b.png").exists()
    assert ended.stderr.startswith("failed: photos/a.png: can't be read: Permission denied\n")
    ended = without_privileges("photos/a.png", "photos/b.png", "--mask-dir", "masks", "--dry-run")
    assert ended.returncode == 1
    assert "photos/a.png -> will fail: can't be read: Permission denied\n" in ended.stdout


def test_an_unreadable_mask_for_all_fails_its_photo(archive, without_privileges) -> None:
    root = archive("a.png")
    (root / "masks/a.png").chmod(0)
    ended = without_privileges("photos", "--mask", "masks/a.png", "-o", "out")
    assert ended.returncode == 1 and "failed: photos/a.png: " in ended.stderr
    assert "Permission denied" in ended.stderr and "Usage:" not in ended.stderr
    dry = without_privileges("photos", "--mask", "masks/a.png", "-o", "out", "--dry-run")
    why = "mask masks/a.png: can't be read: Permission denied"
    assert (dry.returncode, dry.stdout) == (1, f"photos/a.png -> will fail: {why}\n") and why in ended.stderr


def test_a_dry_run_foresees_a_journal_that_may_not_be_written_to(archive, without_privileges) -> None:
    root = archive("a.png")
    call = ("photos", "--mask-dir", "masks", "-o", "out")
    assert without_privileges(*call).returncode == 0
    (root / "out/.inpaint-cli.journal").chmod(0o444)
    for also in ((), ("--dry-run",)):
        ended = without_privileges(*call, *also)
        assert ended.returncode == 2
        assert "out/.inpaint-cli.journal: the journal can't be used" in ended.stderr


@pytest.mark.parametrize("output", ["locked/x.png", "locked/new/x.png"])
def test_a_dry_run_foresees_that_a_single_result_may_not_be_written(
    archive, without_privileges, output: str
) -> None:
    (archive("a.png") / "locked").mkdir(mode=0o555)
    call = ("photos/a.png", "--mask", "masks/a.png", "-o", output)
    assert [without_privileges(*call, *also).returncode for also in ((), ("--dry-run",))] == [1, 1]
    why = f"{output}: can't be written: nothing may be written in "
    assert f"photos/a.png -> will fail: {why}" in without_privileges(*call, "--dry-run").stdout


@pytest.mark.parametrize("also", [(), ("--dry-run",)])
def test_a_file_in_the_place_of_the_pictures_to_look_at_is_refused(archive, inpaint, also) -> None:
    root = archive("a.png")
    (root / "look").touch()
    ended = inpaint("detect", "photos", "-o", "found", "--overlay", "look", "--detector", "classical", *also)
    told = "look: can't be made the output folder: File exists; give another folder with --overlay\n"
    assert ended.code == 2 and told in ended.stderr
    assert {path.name for path in root.iterdir()} == {"photos", "masks", "look"}


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        (
            "restore photos --report loop --html page.html",
            "--report loop: can't be read: Too many levels of symbolic links",
        ),
        ("restore photos --html loop", "--html loop: can't be read: Too many levels of symbolic links"),
        (
            "restore photos --html loop --dry-run",
            "--html loop: can't be read: Too many levels of symbolic links",
        ),
        (
            "detect photos -o loop --overlay look",
            "loop: can't be made the output folder: File exists; give another folder with -o",
        ),
        ("evaluate photos loop", "loop: there is no such file or folder"),
        (
            "evaluate photos photos --panel loop.png",
            "--panel loop.png: can't be read: Too many levels of symbolic links",
        ),
    ],
)
def test_a_link_to_itself_that_is_named_is_refused_in_one_line(archive, inpaint, call, refused) -> None:
    root = archive("a.png")
    for name in ("loop", "loop.png"):
        (root / name).symlink_to(name)
    ended = inpaint(*call.split())
    assert (ended.code, ended.stderr) == (2, f"inpaint-cli: error: {refused}\n")
    assert {path.name for path in root.iterdir()} == {"photos", "masks", "loop", "loop.png"}


def through_a_pipe(root: Path, model: Path, photo: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    with (root / photo).open("rb") as stdin:
        return subprocess.run(
            [*PROGRAM, "restore", "-", "--model", str(model), *arguments],
            cwd=root, env=environment(), stdin=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("output", "what"), [("masks/a.png", "mask"), ("photos/a.png", "photo"), ("link.png", "photo")]
)
def test_a_pipe_does_not_write_over_its_own_mask_or_photo(archive, tiny_model, output, what) -> None:
    root = archive("a.png")
    (root / "link.png").symlink_to("photos/a.png")
    before = {file: file.read_bytes() for file in root.rglob("*.png")}
    ended = through_a_pipe(
        root, tiny_model, "photos/a.png", "--mask", "masks/a.png", "-o", output, "--overwrite"
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        f"inpaint-cli: error: -o {output}: the result would be written over the {what}; name another file\n",
    )
    assert {file: file.read_bytes() for file in root.rglob("*.png")} == before


def test_a_pipe_still_replaces_another_file(archive, tiny_model) -> None:
    root = archive("a.png")
    (root / "old.png").write_bytes(b"old")
    ended = through_a_pipe(
        root, tiny_model, "photos/a.png", "--mask", "masks/a.png", "-o", "old.png", "--overwrite"
    )
    assert ended.returncode == 0 and (root / "old.png").read_bytes() != b"old"


def test_a_report_gets_its_folder_once_the_run_begins(archive, restore) -> None:
    root = archive("a.png")
    arguments = ("photos", "--mask-dir", "masks", "--report", "new/folder/run.jsonl")
    assert restore(*arguments, "--dry-run").code == 0 and not (root / "new").exists()
    assert restore(*arguments).code == 0
    assert (root / "new/folder/run.jsonl").read_text().count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_the_version_on_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*PROGRAM, "--version"],
            env=environment(PYTHONUNBUFFERED="1"),
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (
        1,
        "inpaint-cli: error: stdout can't be written: No space left on device\n",
    )


def test_a_single_failed_photo_is_told_once_and_no_place_is_named(archive, inpaint, tiny_model) -> None:
    root = archive("a.png")
    (root / "photos/a.png").write_bytes(b"")
    ended = inpaint("restore", "photos/a.png", "-o", "b.png", "--model", tiny_model)
    told, summary = ended.stderr.splitlines()
    assert told == "failed: photos/a.png: the file is empty"
    assert summary.startswith("1 failed in ") and "b.png" not in summary


def test_one_is_not_told_as_many(archive, restore, inpaint) -> None:
    root = archive("a.png", "b.png")
    (root / "photos/b.png").unlink()
    assert "note: 1 mask is used for no photo: " in restore("photos", "--mask-dir", "masks").stderr
    dry = inpaint("restore", "photos", "--mask-dir", "masks", "--dry-run").stderr
    assert "\n1 photo, 0.0 megapixels; nothing was written\n" in dry


@pytest.mark.parametrize("arguments", ["photos", "{root}/photos -o out --dry-run"])
def test_a_working_folder_that_was_removed_is_told_as_that(archive, tmp_path, arguments: str) -> None:
    root = archive("a.png")
    (root / "gone").mkdir()
    command = f"rmdir ../gone; {' '.join(PROGRAM)} restore {arguments.format(root=root)}"
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=root / "gone", env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    told = "inpaint-cli: error: the working folder is gone; change to one that is there\n"
    assert (ended.returncode, ended.stderr) == (2, told)
