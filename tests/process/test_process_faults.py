"""What goes wrong in a folder of 22,000 photos: each is one clear line, and each leaves the rest running."""

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COMMAND = [sys.executable, "-m", "inpaint_cli"]


@pytest.fixture
def faulty(archive, restore):
    """Restore a folder in which everything is wrong at once but a.png; returns the run."""
    root = archive("a.png", "cut.jpg", "cut.png", "wrong-size.png", "white.png", "vanished.png", "lies.png")
    photos, masks = root / "photos", root / "masks"
    (photos / "empty.jpg").touch()
    (photos / "text.png").write_text("no photo")
    (photos / "random.tif").write_bytes(b"II*\x00" + os.urandom(999))
    for name in ("cut.jpg", "cut.png"):
        data = (photos / name).read_bytes()
        (photos / name).write_bytes(data[: len(data) * 2 // 3])
    Image.new("L", (9, 9)).save(masks / "wrong-size.png")
    Image.new("L", (70, 50), 255).save(masks / "white.png")
    (photos / "vanished.png").unlink()
    (photos / "vanished.png").symlink_to("nowhere.png")
    (photos / "itself.png").symlink_to("itself.png")
    Image.open(photos / "lies.png").save(photos / "lies.png", "JPEG")
    (photos / "folder.png").mkdir()
    (photos / "loop").symlink_to(".")
    Image.new("RGB", (3000, 3000)).save(photos / "large.png")
    Image.new("L", (1, 1)).save(photos / "unreadable-mask.png")
    (masks / "unreadable-mask.png").write_bytes(b"no mask")
    (photos / os.fsdecode(b"caf\xe9.png")).write_bytes((photos / "a.png").read_bytes())
    (photos / "line\nbreak [bold].png").write_bytes((photos / "a.png").read_bytes())
    for name in ("empty", "text", "random", "itself", "large", os.fsdecode(b"caf\xe9"), "line\nbreak [bold]"):
        shutil.copy(masks / "a.png", masks / f"{name}.png")
    return restore("photos", "--mask-dir", "masks", "-o", "out", "--max-pixels", "1000000")


def test_faults_fail_by_name_and_leave_the_rest_running(faulty) -> None:
    reasons = {
        Path(line["photo"]).name: line["reason"] for line in faulty.lines if line["status"] == "failed"
    }
    expected = {
        "cut.jpg": "",
        "cut.png": "",
        "empty.jpg": "empty",
        "text.png": "not a photo",
        "random.tif": "",
        "wrong-size.png": "--resize-mask",
        "white.png": "--invert-mask",
        "vanished.png": "No such file",
        "itself.png": "symbolic links",
        "large.png": "--max-pixels",
        "unreadable-mask.png": "mask",
    }
    assert reasons.keys() == expected.keys()
    assert {name: word for name, word in expected.items() if word not in reasons[name]} == {}
    restored = {Path(line["photo"]).name for line in faulty.lines if line["status"] == "restored"}
    assert restored == {"a.png", "lies.png", os.fsdecode(b"caf\xe9.png"), "line\nbreak [bold].png"}
    assert faulty.code == 1
    assert "internal error" not in faulty.stderr


def test_a_failed_photo_leaves_nothing_behind(faulty, tmp_path: Path) -> None:
    assert sorted(os.fsencode(path.name) for path in (tmp_path / "out").iterdir()) == [
        b".inpaint-cli.journal",
        b"a.png",
        b"caf\xe9.png",
        b"lies.png",
        b"line\nbreak [bold].png",
    ]
    assert Image.open(tmp_path / "out/lies.png").format == "JPEG"  # its content decides, its name stays
    assert "line\\nbreak [bold]" not in faulty.stderr  # it went well


def test_originals_are_never_touched(archive, restore) -> None:
    root = archive("a.png", "b.jpg")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (root / "photos").iterdir()}
    for path in before:
        path.chmod(0o444)
    restore("photos", "--mask-dir", "masks", "--overwrite")
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (root / "photos").iterdir()
    } == before


def test_named_pipes_are_not_waited_for(archive, restore) -> None:
    root = archive("a.png", "b.png")
    os.mkfifo(root / "photos/pipe.jpg")
    shutil.copy(root / "masks/a.png", root / "masks/pipe.png")
    (root / "masks/b.png").unlink()
    os.mkfifo(root / "masks/b.png")
    ended = restore("photos", "--mask-dir", "masks", "-o", "out")
    assert ended.code == 1
    assert ended.outcome_of("a.png")["status"] == "restored"
    assert ended.outcome_of("pipe.jpg")["reason"] == "can't be read: it is a pipe, a socket or a device"
    assert ended.outcome_of("b.png")["reason"].startswith("mask masks/b.png: can't be read: it is a pipe")
    assert restore("photos", "--mask-dir", "masks", "--dry-run").code == 0


def test_a_full_disk_fails_photos_and_leaves_no_part_of_one(archive, tiny_model) -> None:
    """A limit on the size of files stands for the full disk: only small results can be written."""
    root = archive("small.png")
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(root / "photos/large.png")
    mask = np.zeros((400, 400), np.uint8)
    mask[9, 9] = 255
    Image.fromarray(mask).save(root / "masks/large.png")
    ended = subprocess.run(
        [*COMMAND, "restore", "photos", "--mask-dir", "masks", "-o", "out", "--model", str(tiny_model)],
        cwd=root, capture_output=True, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )  # fmt: skip
    assert ended.returncode == 1
    assert b"failed: photos/large.png" in ended.stderr and b"Traceback" not in ended.stderr
    assert b"File too large" in ended.stderr
    names = sorted(path.name for path in (root / "out").iterdir())
    assert names == [".inpaint-cli.journal", "small.png"]


def test_an_output_folder_that_cannot_be_made_is_told(archive, restore) -> None:
    root = archive("a.png")
    (root / "file").touch()
    ended = restore("photos", "--mask-dir", "masks", "-o", "file/out")
    assert ended.code == 2 and "file/out" in ended.stderr and ended.stderr.count("\n") == 1


def _without_roots_privileges() -> None:
    """Drop, in the child, what lets root read files whose permissions say no (man 2 prctl)."""
    drop, override, read_search = 24, 1, 2
    for capability in (override, read_search):
        ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="drops root's privileges as Linux does")
def test_what_has_no_permission_fails_and_the_rest_goes_on(archive, tiny_model) -> None:
    root = archive("a.png", "locked/b.png", "secret.png")
    (root / "photos/locked").chmod(0)
    (root / "photos/secret.png").chmod(0)
    ended = subprocess.run(
        [*COMMAND, "restore", "photos", "--mask-dir", "masks", "-o", "out", "--model", str(tiny_model)],
        cwd=root, capture_output=True, stdin=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=_without_roots_privileges,
    )  # fmt: skip
    (root / "photos/locked").chmod(0o755)
    assert ended.returncode == 1
    assert "failed: photos/locked: the folder can't be listed (Permission denied)" in ended.stderr
    assert "failed: photos/secret.png: can't be read: Permission denied" in ended.stderr
    assert (root / "out/a.png").exists()


def test_a_bug_of_ours_ends_with_70_and_tells_where_on_request(archive, tiny_model) -> None:
    root = archive("a.png")
    code = (
        "import sys, inpaint_cli.cli.main as m, inpaint_cli.batch.plan as p\n"
        "p.make_plan = lambda selection: 1 / 0\n"
        "sys.exit(m.run(sys.argv[1:]))"
    )
    for flags, shown in (([], False), (["-v"], True)):
        ended = subprocess.run(
            [sys.executable, "-c", code, "restore", "photos", *flags],
            cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert ended.returncode == 70 and "internal error" in ended.stderr
        assert ("Traceback" in ended.stderr) == shown
