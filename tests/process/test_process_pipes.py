"""Pipelines: lists of photos, one photo through stdin and stdout, and stdout that carries nothing else."""

import io
import os
import pty
import resource
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from program import PROGRAM, environment


def test_one_photo_goes_through_a_pipe(archive, inpaint, restore, tiny_model) -> None:
    root = archive("b.jpg")
    ended = inpaint(
        "restore", "-", "--mask", "masks/b.png", "--model", tiny_model,
        input=(root / "photos/b.jpg").read_bytes(),
    )  # fmt: skip
    assert (ended.code, ended.stderr) == (0, "")
    restore("photos", "--mask-dir", "masks")
    assert ended.stdout == (root / "photos-restored/b.jpg").read_bytes()


def test_a_file_to_stdout_in_another_format(archive, inpaint, tiny_model) -> None:
    archive("a.png")
    ended = inpaint(
        "restore",
        "photos/a.png",
        "-o",
        "-",
        "--mask",
        "masks/a.png",
        "--format",
        "tiff",
        "--model",
        tiny_model,
    )
    assert Image.open(io.BytesIO(ended.stdout)).format == "TIFF"


def test_stdin_to_a_file(archive, inpaint, tiny_model) -> None:
    root = archive("a.png")
    arguments = ("restore", "-", "-o", "new/a.png", "--mask", "masks/a.png", "--model", tiny_model, "--json")
    ended = inpaint(*arguments, input=(root / "photos/a.png").read_bytes())
    assert ended.code == 0 and ended.lines[0]["photo"] == "-" and (root / "new/a.png").exists()


def test_the_suffix_of_the_file_decides_the_format_of_a_photo_from_stdin(
    archive, inpaint, tiny_model
) -> None:
    root = archive("a.png")
    arguments = ("restore", "-", "-o", "new.tif", "--mask", "masks/a.png", "--model", tiny_model)
    assert inpaint(*arguments, input=(root / "photos/a.png").read_bytes()).code == 0
    assert Image.open(root / "new.tif").format == "TIFF"


def test_who_may_read_a_file_on_stdin_may_read_its_result(archive, tiny_model) -> None:
    root = archive("a.png")
    photo = root / "photos/a.png"
    photo.chmod(0o600)
    command = [*PROGRAM, "restore", "-", "--mask", "masks/a.png", "--model", str(tiny_model)]

    def mode_of_result(name: str, **stdin: object) -> int:
        settings = {"cwd": root, "env": environment(), "umask": 0o022, "check": True}
        subprocess.run([*command, "-o", name], **settings, **stdin)
        return (root / name).stat().st_mode & 0o777

    with photo.open("rb") as private:
        assert mode_of_result("private.png", stdin=private) == 0o600
    assert mode_of_result("piped.png", input=photo.read_bytes()) == 0o644


def test_a_slash_at_its_end_makes_the_output_a_folder(archive, inpaint, restore) -> None:
    root = archive("a.png")
    assert restore("photos/a.png", "--mask", "masks/a.png", "-o", "new.png/").code == 0
    assert (root / "new.png/a.png").is_file()
    ended = inpaint("restore", "-", "--mask", "masks/a.png", "-o", "new/", input=b"x")
    assert ended.code == 2 and "-o new: is a folder; a photo from stdin has no name" in ended.stderr
    assert not (root / "new").exists()


def test_a_file_that_is_called_like_stdin_is_a_file(archive, restore, inpaint, tiny_model) -> None:
    root = archive("a.png")
    (root / "photos/a.png").rename(root / "-")
    ended = restore("./-", "--mask", "masks/a.png", "-o", "out")
    assert (ended.code, [line["photo"] for line in ended.lines]) == (0, [str(root / "-")])
    assert Image.open(root / "out/-").getpixel((40, 21)) == (128, 128, 128)
    (root / "out/-").unlink()
    call = ("restore", "-", "--mask", "masks/a.png", "-o", "./-", "--overwrite", "--model", tiny_model)
    piped = inpaint(*call, input=(root / "-").read_bytes())
    assert (piped.code, piped.stdout) == (0, b"")
    assert Image.open(root / "-").getpixel((40, 21)) == (128, 128, 128)


def test_a_photo_that_fails_leaves_stdout_empty(archive, inpaint, tiny_model) -> None:
    archive("a.png")
    ended = inpaint("restore", "-", "--mask", "masks/a.png", "--model", tiny_model, input=b"no photo")
    assert (ended.code, ended.stdout) == (1, b"")
    assert ended.stderr.startswith("failed: -: not a photo")


def test_contradictions_with_a_pipe_are_refused(archive, inpaint) -> None:
    archive("a.png")
    for arguments in (
        ["-", "photos"],
        ["-", "--json"],
        ["-", "--mask-dir", "masks"],
        ["-", "--dry-run"],
        ["photos/a.png", "photos/b.png", "-o", "-"],
        ["photos", "-o", "-"],
    ):
        ended = inpaint("restore", *arguments, input=b"x")
        assert (ended.code, ended.stdout) == (2, b""), arguments


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-", "--mask", "nope.png", "-o", "-"], "--mask nope.png: there is no such file"),
        (["nope.jpg", "-o", "-", "--mask", "masks/a.png"], "nope.jpg: there is no such file or folder"),
        (["-", "--mask", "masks"], "--mask masks: is a folder; --mask-dir takes masks from one"),
    ],
)
def test_what_is_not_there_is_wrong_usage_in_a_pipe_as_well(archive, inpaint, arguments, told) -> None:
    root = archive("a.png")
    photo = (root / "photos/a.png").read_bytes()
    ended = inpaint("restore", *arguments, "--model", "none.onnx", input=photo)
    assert (ended.code, ended.stdout, ended.stderr) == (2, b"", f"inpaint-cli: error: {told}\n")


def test_a_picture_is_not_written_to_a_terminal(archive, tiny_model) -> None:
    root = archive("a.png")
    ours, theirs = pty.openpty()
    ended = subprocess.run(
        [*PROGRAM, "restore", "photos/a.png", "-o", "-", "--mask", "masks/a.png"],
        cwd=root, stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        env=environment(),
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert ended.returncode == 2 and b"stdout is a terminal" in ended.stderr


def test_a_list_of_photos_by_line_and_by_nul(archive, restore) -> None:
    root = archive("a.png", "sub/b.png")
    names = b"photos/a.png\nphotos/sub/b.png\r\n\n"
    (root / "list").write_bytes(names)
    ended = restore("--files-from", "list", "--base", "photos", "--mask-dir", "masks", "-o", "out")
    assert ended.code == 0 and (root / "out/sub/b.png").exists()
    ended = restore(
        "--files-from", "-", "-0", "--base", "photos", "--mask-dir", "masks", "-o", "out",
        input=b"photos/a.png\0photos/sub/b.png\0",
    )  # fmt: skip
    assert [line["status"] for line in ended.lines] == ["skipped", "skipped"]


def test_a_list_that_was_written_on_windows(archive, restore) -> None:
    archive("a.png", "b.png")
    arguments = ("--files-from", "-", "--base", "photos", "--mask-dir", "masks", "-o", "out")
    names = "photos/a.png\r\nphotos/b.png\r\n"
    assert restore(*arguments, input=names.encode("utf-8-sig")).code == 0
    ended = restore(*arguments, input=names.encode("utf-16"))
    assert ended.code == 2 and "save UTF-16 as UTF-8" in ended.stderr


def test_a_path_outside_of_the_base_cannot_move_the_cursor(archive, inpaint) -> None:
    archive("a.png")
    ended = inpaint("restore", "--files-from", "-", "--base", "photos", input=b"els\x1b[2Jewhere.png\n")
    assert (ended.code, ended.stderr) == (
        2,
        "inpaint-cli: error: els\\x1b[2Jewhere.png: is not inside --base photos\n",
    )


def test_a_listed_photo_without_a_mask_fails_with_a_hint_at_the_base(archive, restore) -> None:
    archive("a.png")
    arguments = ("--files-from", "-", "--mask-dir", "masks", "-o", "out")
    assert restore(*arguments, "--base", "photos", input=b"photos/a.png\n").code == 0
    (line,) = restore(*arguments, input=b"photos/a.png\n").lines
    assert line["reason"] == (
        "no mask for it in masks (looked for photos/a.png, photos/a_mask.png and other suffixes);"
        " --base DIR names the folder that its path counts from"
    )


def test_a_listed_photo_that_vanished_fails_and_the_rest_goes_on(archive, restore) -> None:
    archive("a.png")
    ended = restore(
        "--files-from", "-", "--mask", "masks/a.png", "-o", "out", input=b"gone.png\nphotos/a.png\n"
    )
    assert ended.code == 1
    assert ended.outcome_of("a.png")["status"] == "restored"
    assert "No such file" in ended.outcome_of("gone.png")["reason"]


def test_what_is_no_photo_in_a_list_fails_as_that_and_not_for_want_of_a_mask(archive, restore) -> None:
    archive("a.png", "sub/b.png")
    ended = restore(
        "--files-from", "-", "--base", "photos", "--mask-dir", "masks", "-o", "out",
        input=b"photos/gone.png\nphotos/sub\nphotos/a.png\n",
    )  # fmt: skip
    assert ended.code == 1
    assert {line["photo"]: line["reason"] for line in ended.lines} == {
        "photos/a.png": "",
        "photos/gone.png": "can't be read: No such file or directory",
        "photos/sub": "is a folder; name it outside of the list, or list its photos",
    }


def test_an_empty_list_is_nothing_to_do(tmp_path, restore) -> None:
    assert restore("--files-from", "-", input=b"\n").code == 3


def test_an_empty_list_beside_named_photos_leaves_these(archive, restore, inpaint) -> None:
    root = archive("a.png")
    ended = restore("photos/a.png", "--files-from", "-", "--mask", "masks/a.png", "-o", "out", input=b"")
    assert ended.code == 0 and (root / "out/a.png").exists()
    assert inpaint("detect", "photos", "--files-from", "-", "-o", "found", input=b"").code == 0


def test_a_reader_that_leaves_stops_the_run_quietly(archive, start_restore) -> None:
    archive(*(f"{number:02}.png" for number in range(30)))
    process = start_restore("photos", "--mask-dir", "masks", "--jobs", "1")
    process.stdout.readline()
    process.stdout.close()
    stderr = process.stderr.read().decode()
    assert process.wait(timeout=60) == 130
    assert "Traceback" not in stderr and "BrokenPipe" not in stderr and "Exception" not in stderr


def test_a_reader_of_the_photo_that_leaves_is_no_failure_of_it(archive, tiny_model) -> None:
    root = archive("a.png")
    process = subprocess.Popen(
        [*PROGRAM, "restore", "photos/a.png", "--mask", "masks/a.png", "-o", "-", "--report", "run.jsonl",
         "--model", str(tiny_model)],
        cwd=root, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    assert (process.stderr.read(), process.wait(timeout=60)) == (b"", 130)
    assert (root / "run.jsonl").read_bytes() == b""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_photo_of_which_stdout_takes_only_a_part_fails(archive, tiny_model, unbuffered: str) -> None:
    """A limit on the size of files stands for the full disk: it takes what fits, and says so."""
    root = archive("a.png")
    arguments = ("restore", "photos/a.png", "--mask", "masks/a.png", "-o", "-", "--model", str(tiny_model))
    with (root / "out.png").open("wb") as out:
        ended = subprocess.run(
            [*PROGRAM, *arguments], cwd=root, env=environment(PYTHONUNBUFFERED=unbuffered),
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        )  # fmt: skip
    assert (root / "out.png").stat().st_size == 1000
    assert ended.returncode == 1 and b"stdout can't be written: File too large" in ended.stderr


def test_no_colour_and_no_progress_where_nobody_looks(archive, inpaint, tiny_model) -> None:
    archive("a.png")
    ended = inpaint("restore", "photos", "--mask-dir", "masks", "--model", tiny_model, FORCE_COLOR="")
    assert "\x1b" not in ended.stderr and ended.stderr.count("\n") == 1


def on_a_terminal(command: list[str], folder: Path, **changes: str) -> bytes:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, cwd=folder, stderr=theirs, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        env=environment(TERM="xterm", **changes),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass
    assert process.wait(timeout=60) == 0
    return shown


def test_a_terminal_shows_progress_and_no_color_is_honoured(archive, tiny_model) -> None:
    root = archive("a.png", "b.png")
    command = [*PROGRAM, "restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model)]
    coloured = on_a_terminal([*command, "-o", "one"], root)
    plain = on_a_terminal([*command, "-o", "two"], root, NO_COLOR="1")
    assert b"photos" in coloured and b"\x1b[36m" in coloured
    assert b"photos" in plain and b"\x1b[36m" not in plain
