"""Names that a stream or a terminal can't take, and Ctrl-C where it comes early or is not for us."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from PIL import Image
from program import CHECKOUT, PROGRAM, environment

KANJI = "漢.png"
NO_UTF8 = os.fsdecode(b"caf\xe9.png")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("cp1252", {b"photos/\\u6f22.png", b"photos/caf\\udce9.png"}),
        ("ascii", {b"photos/\\u6f22.png", b"photos/caf\\udce9.png"}),
        ("utf-8", {b"photos/\xe6\xbc\xa2.png", b"photos/caf\xe9.png"}),
    ],
)
def test_names_that_stdout_lacks_are_written_with_backslashes(archive, inpaint, encoding, shown) -> None:
    archive(KANJI, NO_UTF8)
    ended = inpaint("restore", "photos", "--dry-run", PYTHONIOENCODING=encoding)
    assert ended.code == 0
    assert {line.split(b" -> ")[0] for line in ended.stdout.splitlines()} == shown
    ended = inpaint("restore", "--show-config", "--output", KANJI, PYTHONIOENCODING=encoding)
    assert ended.code == 0 and b"output = " in ended.stdout


def test_the_documents_command_gives_back_names_of_a_report_that_are_not_utf8(archive, restore) -> None:
    root = archive(NO_UTF8, KANJI)
    restore("photos", "--mask-dir", "masks", "--report", "run.jsonl")
    page = (CHECKOUT / "docs/batch-and-pipelines.md").read_text("utf-8")
    command = textwrap.dedent(page[page.index("    python3 -c") :].partition("\n\n")[0])
    ended = subprocess.run(
        ["sh", "-c", command], cwd=root, env=environment(), capture_output=True, check=True
    )
    assert sorted(ended.stdout.split(b"\0")) == [b"", b"photos/caf\xe9.png", "photos/漢.png".encode()]


def test_names_that_stderr_lacks_fail_as_photos_do(archive, inpaint) -> None:
    root = archive(KANJI)
    (root / "photos" / KANJI).write_bytes(b"")
    ended = inpaint("restore", "photos", PYTHONIOENCODING="ascii")
    assert ended.code == 1 and "failed: photos/\\u6f22.png: the file is empty" in ended.stderr


def test_a_name_cannot_reach_the_terminal_as_control_characters(archive, inpaint, start_restore) -> None:
    root = archive("a\x1b[31m.png")
    shutil.copy(root / "photos/a\x1b[31m.png", root / "photos/a\x1b[31m.tif")
    arguments = ("photos", "--mask", "masks/a\x1b[31m.png", "--format", "png", "-o", "out")
    ended = inpaint("restore", *arguments)
    assert ended.code == 2 and "a\\x1b[31m.png and " in ended.stderr and "\x1b" not in ended.stderr
    process = start_restore(*arguments, "--watch")
    shown = [process.stderr.readline() for _ in range(2)]
    process.kill()
    process.communicate()
    assert b"a\\x1b[31m.png and " in shown[1] and b"\x1b" not in b"".join(shown)


def test_names_that_are_not_utf8_are_trained_on_resumed_exported_and_evaluated(archive, inpaint) -> None:
    pytest.importorskip("torch", reason="training needs the extra `train`")
    root = archive(NO_UTF8, "b.png")
    for photo in (root / "photos").iterdir():
        Image.open(photo).resize((140, 100)).save(photo)
    photos, run, models = (os.fsdecode(name) for name in (b"photos\xe9", b"run\xe9", b"models\xe9"))
    (root / "photos").rename(root / photos)
    (root / models).mkdir()
    train = ("train", "--data", photos, "--model", "vanilla", "--preset", "paper", "-q", "-o")
    for call in (
        (*train, run, "--epochs", "1"),
        (*train, run, "--epochs", "2", "--resume"),
        ("export", run, "-o", f"{models}/m.onnx"),
        ("export", run, "-o", f"{models}/m.onnx", "--half"),
        ("evaluate", "photos", photos, "--kinds", "lines", "--model", f"{models}/m.onnx", "--method", "ns"),
    ):
        ended = inpaint(*call)
        assert ended.code == 0, ended.stderr
    card = (root / models / "m.json").read_text(encoding="utf-8")
    assert '"training_data": "photos\\udce9 (' in card
    assert json.loads(card)["training_data"].startswith(f"{photos} (")


def interrupted_while_importing(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program with a Ctrl-C that an import turns into an ImportError, as C extensions do."""
    code = (
        "import builtins, os, signal\n"
        "imported = builtins.__import__\n"
        "def late(name, *rest):\n"
        f"    if name == {module!r}:\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        except KeyboardInterrupt:\n"
        "            raise ImportError('initialization failed') from None\n"
        "    return imported(name, *rest)\n"
        "builtins.__import__ = late\n"
        "from inpaint_cli.__main__ import main\n"
        "main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("module", ["numpy", "onnxruntime"])
def test_ctrl_c_that_an_import_takes_for_its_own_failure_ends_with_one_line(archive, module) -> None:
    root = archive("a.png")
    ended = interrupted_while_importing(module, "restore", str(root / "photos"))
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "inpaint-cli: interrupted\n")
    assert not (root / "photos-restored").exists()


@pytest.mark.parametrize("by", ["SIGINT", "SIGTERM"])
def test_other_commands_get_their_ctrl_c_as_an_exception(by: str) -> None:
    code = (
        "import signal, inpaint_cli.cli.models as models\n"
        f"models.list_models = lambda **_: signal.raise_signal(signal.{by})\n"
        "from inpaint_cli.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('ended in order')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "models"], env=environment(), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, "inpaint-cli: interrupted\n")
    assert ended.stdout == "ended in order\n"


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX starts background jobs so")
def test_a_background_job_that_ignores_ctrl_c_goes_on(archive, tmp_path: Path, tiny_model: Path) -> None:
    root = archive("a.png")
    (root / "in").mkdir()
    process = subprocess.Popen(
        [*PROGRAM, "restore", "in", "--mask", "masks/a.png", "--watch", "-o", "out", "--json",
         "--model", str(tiny_model)],
        cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    try:
        assert process.stderr.readline() == b"watching; Ctrl-C ends it\n"
        process.send_signal(signal.SIGINT)
        shutil.copy(root / "photos/a.png", root / "in/a.png")
        assert b'"restored"' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        process.communicate()
