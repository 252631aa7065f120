"""What goes wrong in a folder of 22,000 photos: each is one clear line, and each leaves the rest running."""

import os
import resource
import shutil
import stat
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import PROGRAM, after, environment


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
        "wrong-size.png": "of one shape",
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
    foreseen = restore("photos", "--mask-dir", "masks", "--dry-run")
    assert foreseen.code == 1
    assert foreseen.stdout.count(b"can't be read: it is a pipe") == 2


def test_a_full_disk_fails_photos_and_leaves_no_part_of_one(archive, tiny_model) -> None:
    """A limit on the size of files stands for the full disk: only small results can be written."""
    root = archive("small.png")
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(root / "photos/large.png")
    mask = np.zeros((400, 400), np.uint8)
    mask[9, 9] = 255
    Image.fromarray(mask).save(root / "masks/large.png")
    ended = subprocess.run(
        [*PROGRAM, "restore", "photos", "--mask-dir", "masks", "-o", "out", "--model", str(tiny_model)],
        cwd=root, capture_output=True, stdin=subprocess.DEVNULL,
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )  # fmt: skip
    assert ended.returncode == 1
    assert b"failed: photos/large.png" in ended.stderr and b"Traceback" not in ended.stderr
    assert b"File too large" in ended.stderr
    names = sorted(path.name for path in (root / "out").iterdir())
    assert names == [".inpaint-cli.journal", "small.png"]


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 64 KB in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no small disk can be mounted here (needs root)")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_on_a_disk_that_is_full_what_fits_is_whole_and_the_same_command_goes_on(
    archive, restore, small_disk: Path
) -> None:
    root = archive(*(f"{number}.png" for number in range(12)))
    arguments = ("photos", "--mask-dir", "masks", "-o", "disk/out", "--jobs", "2")
    ended = restore(*arguments)
    statuses = {Path(line["photo"]).name: line["status"] for line in ended.lines}
    assert ended.code == 1 and set(statuses.values()) == {"restored", "failed"} and len(statuses) == 12
    assert all("No space left" in line["reason"] for line in ended.lines if line["status"] == "failed")
    whole = {name for name, status in statuses.items() if status == "restored"}
    assert {path.name for path in (small_disk / "out").iterdir()} == whole | {".inpaint-cli.journal"}
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    assert restore(*arguments).code == 0
    assert restore("photos", "--mask-dir", "masks", "-o", "elsewhere").code == 0
    for photo in (root / "photos").iterdir():
        assert (small_disk / "out" / photo.name).read_bytes() == (
            root / "elsewhere" / photo.name
        ).read_bytes()


def test_results_on_a_disk_that_is_read_only_now_are_refused(archive, restore, small_disk: Path) -> None:
    archive("a.png")
    call = ("photos", "--mask-dir", "masks", "-o", "disk/out")
    assert restore(*call).code == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for also in ((), ("--dry-run",)):
        ended = restore(*call, *also)
        assert ended.code == 2 and "disk/out" in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_report_on_a_full_disk_is_told_and_the_photos_are_restored(archive, inpaint, tiny_model) -> None:
    root = archive("a.png", "b.png")
    arguments = ("restore", "photos", "--mask-dir", "masks", "-o", "out", "--model", tiny_model)
    ended = inpaint(*arguments, "--report", "/dev/full")
    assert ended.code == 1 and ended.stderr.count("the report can't be written") == 1
    assert {path.name for path in (root / "out").glob("*.png")} == {"a.png", "b.png"}
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*PROGRAM, *map(str, arguments), "--json"],
            cwd=root, stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            env=environment(),
        )  # fmt: skip
    assert ended.returncode == 1 and b"No space left" in ended.stderr and b"Traceback" not in ended.stderr


REPORTS = {
    "": "failed: 7 more; --report FILE has them all",
    "--report run.jsonl": "failed: 7 more; run.jsonl has them all",
    "--report /dev/full": "failed: 7 more",
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("report", REPORTS)
def test_of_more_than_a_hundred_failures_the_report_is_named_that_has_them_all(
    tmp_path: Path, restore, report: str
) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(107):
        (tmp_path / f"photos/{number}.png").touch()
    ended = restore("photos", *report.split())
    assert ended.code == 1 and REPORTS[report] in ended.stderr.splitlines()


LOST_STREAMS = {
    "restore photos --mask-dir masks -o out --json >/dev/full": (1, "No space left on device"),
    "restore photos --mask-dir masks -o out --json >&-": (1, "Bad file descriptor"),
    "restore photos --mask-dir masks -o out >&-": (0, "1 restored"),
    "restore photos --mask-dir masks -o out 2>/dev/full": (0, ""),
    "restore photos --mask-dir masks -o out 2>&-": (0, ""),
    "restore - --mask masks/a.png <photos/a.png >/dev/full": (
        1,
        "failed: -: stdout can't be written: No space",
    ),
    "restore - --mask masks/a.png <photos/a.png >&-": (1, "failed: -: stdout can't be written: Bad file"),
    "restore - --mask masks/a.png -o b.png <&-": (1, "failed: -: the file is empty"),
    "restore photos --mask-dir masks --dry-run >/dev/full": (1, "stdout can't be written: No space"),
    "restore photos --mask-dir masks --html /dev/full -o out": (
        2,
        "--html /dev/full: can't be written there",
    ),
    "restore - --mask masks/a.png -o /dev/full --overwrite <photos/a.png": (
        1,
        "it is a folder, a pipe, a socket or a device",
    ),
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", LOST_STREAMS)
def test_a_stream_that_is_closed_or_full_is_one_clear_line(archive, tiny_model, line: str) -> None:
    root = archive("a.png")
    command = " ".join([*PROGRAM, line.replace("restore ", f"restore --model {tiny_model} ", 1)])
    ended = subprocess.run(
        ["sh", "-c", command], cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env=environment(),
    )  # fmt: skip
    code, told = LOST_STREAMS[line]
    assert ended.returncode == code and told in ended.stderr
    assert "internal error" not in ended.stderr and "Traceback" not in ended.stderr
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    if "-o out" in line and code != 2:
        assert (root / "out/a.png").exists()


def _claims_to_be_large() -> bytes:
    """A PNG of some bytes whose header says 100,000 x 100,000 pixels."""
    from io import BytesIO

    out = BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    header = b"IHDR" + struct.pack(">II", 100_000, 100_000) + out.getvalue()[24:29]
    return out.getvalue()[:12] + header + struct.pack(">I", zlib.crc32(header)) + out.getvalue()[33:]


def test_kinds_that_cannot_be_kept_whole_are_refused_by_name(archive, restore) -> None:
    root = archive(
        "a.png", "press.jpg", "ycck.jpg", "moving.png", "moving.webp", "moving.gif", "still.gif", "bomb.png"
    )
    photos = root / "photos"
    for name in ("press.jpg", "ycck.jpg"):
        Image.open(photos / name).convert("CMYK").save(photos / name)
    ycck = (photos / "ycck.jpg").read_bytes()
    adobe = ycck.index(b"Adobe\x00")
    (photos / "ycck.jpg").write_bytes(ycck[: adobe + 11] + b"\x02" + ycck[adobe + 12 :])
    for suffix in ("png", "webp", "gif"):
        frames = [Image.new("RGB", (70, 50), colour) for colour in ("red", "blue")]
        frames[0].save(photos / f"moving.{suffix}", save_all=True, append_images=frames[1:])
    (photos / "bomb.png").write_bytes(_claims_to_be_large())
    ended = restore("photos", "--mask", "masks/a.png", "-o", "out")
    expected = {
        "press.jpg": "CMYK or YCCK JPEG is not supported; convert it to RGB first",
        "ycck.jpg": "CMYK or YCCK JPEG is not supported; convert it to RGB first",
        "moving.png": "animated PNG",
        "moving.webp": "animated WebP",
        "moving.gif": "GIF",
        "still.gif": "--format png",
        "bomb.png": "10000 megapixels, more than the 250 allowed",
    }
    reasons = {Path(line["photo"]).name: line["reason"] for line in ended.lines if line["status"] == "failed"}
    assert reasons.keys() == expected.keys()
    assert {name: text for name, text in expected.items() if text not in reasons[name]} == {}
    assert ended.outcome_of("a.png")["status"] == "restored"


def test_an_output_folder_that_cannot_be_made_is_told(archive, restore) -> None:
    root = archive("a.png")
    (root / "file").touch()
    ended = restore("photos", "--mask-dir", "masks", "-o", "file/out")
    assert ended.code == 2 and "file/out" in ended.stderr and ended.stderr.count("\n") == 1


def test_what_has_no_permission_fails_and_the_rest_goes_on(archive, without_privileges) -> None:
    root = archive("a.png", "locked/b.png", "secret.png")
    (root / "photos/locked").chmod(0)
    (root / "photos/secret.png").chmod(0)
    ended = without_privileges("photos", "--mask-dir", "masks", "-o", "out")
    (root / "photos/locked").chmod(0o755)
    assert ended.returncode == 1
    assert "failed: photos/locked: the folder can't be listed (Permission denied)" in ended.stderr
    assert "failed: photos/secret.png: can't be read: Permission denied" in ended.stderr
    assert (root / "out/a.png").exists()


def test_a_folder_of_masks_that_may_not_be_listed_is_refused_in_one_line(archive, without_privileges) -> None:
    root = archive("a.png", "b.png")
    (root / "masks").chmod(0)
    ended = without_privileges("photos", "--mask-dir", "masks", "-o", "out")
    (root / "masks").chmod(0o755)
    assert ended.returncode == 2
    assert "masks: the folder can't be listed (Permission denied)" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_result_that_may_not_be_read_is_replaced_on_request(archive, without_privileges) -> None:
    root = archive("a.png")
    call = ("photos", "--mask-dir", "masks", "-o", "out")
    without_privileges(*call)
    (root / "out/a.png").chmod(0)
    assert "can't be read: Permission denied" in without_privileges(*call).stderr
    ended = without_privileges(*call, "--overwrite")
    assert ended.returncode == 0, ended.stderr
    assert "1 restored" in ended.stderr


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
            env=environment(),
        )  # fmt: skip
        assert ended.returncode == 70 and "internal error" in ended.stderr
        assert ("Traceback" in ended.stderr) == shown


def test_a_bug_of_ours_in_a_command_without_v_is_told_whole(tmp_path: Path) -> None:
    code = (
        "import sys, inpaint_cli.cli.main as m, inpaint_cli.cli.models as c\n"
        "c.list_models = lambda *arguments: 1 / 0\n"
        "sys.exit(m.run(['models']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=environment()
    )
    assert ended.returncode == 70 and "Traceback" in ended.stderr and "-v" not in ended.stderr


def test_a_library_that_can_not_be_loaded_is_no_bug_of_ours(archive) -> None:
    root = archive("a.png")
    program = after(
        "import builtins\n"
        "imported = builtins.__import__\n"
        "def broken(name, *rest, **more):\n"
        "    if name == 'cv2':\n"
        "        raise ImportError('libx.so:\\n  no memory')\n"
        "    return imported(name, *rest, **more)\n"
        "builtins.__import__ = broken\n"
    )
    ended = subprocess.run(
        [*program, "restore", "photos"], cwd=root, capture_output=True, text=True, env=environment()
    )
    said = "a library can't be loaded, for want of memory or of a part of it: libx.so: no memory"
    assert (ended.returncode, ended.stderr) == (4, f"inpaint-cli: error: {said}\n")


INSTALLATIONS = {
    "is not installed": {"sitecustomize.py": "import sys\nsys.modules['jpeglib'] = None\n"},
    "lacks its library": {"jpeglib/__init__.py": ""},
    "has a library that can't be loaded": {
        "jpeglib/__init__.py": "",
        "jpeglib/cjpeglib/cjpeglib_turbo210.so": "cut off",
    },
}


@pytest.mark.parametrize("fault", INSTALLATIONS)
def test_a_jpeg_is_not_called_damaged_where_jpeglib_is(archive, restore, tmp_path: Path, fault: str) -> None:
    archive("a.png", "b.jpg")
    for name, text in INSTALLATIONS[fault].items():
        file = tmp_path / "packages" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    packages = os.pathsep.join([str(tmp_path / "packages"), environment()["PYTHONPATH"]])
    ended = restore("photos", "--mask-dir", "masks", PYTHONPATH=packages)
    reason = ended.outcome_of("b.jpg")["reason"]
    assert reason.startswith(f"the package jpeglib, which JPEGs are restored with, {fault}")
    assert "; pip install" in reason and "damaged" not in reason
    assert (ended.code, ended.outcome_of("a.png")["status"]) == (1, "restored")
