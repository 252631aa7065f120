import subprocess
import sys

import pytest
from program import PROGRAM, environment, interrupted_by_import_of

from inpaint_cli import __version__
from inpaint_cli.cli.main import COMMANDS

HEAVY = ("torch", "onnxruntime", "cv2", "numpy", "PIL", "training", "rich")


def imported_by(*arguments: str) -> set[str]:
    """Return the top-level modules that a command line imports, asked of the real program."""
    code = (
        "import sys, inpaint_cli.cli.main as m; code = m.run(sys.argv[1:]); "
        "print('IMPORTED', code, *{name.split('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    code_and_names = ended.stdout.rsplit("IMPORTED", 1)[1].split()
    assert code_and_names[0] == "0", ended.stderr
    return set(code_and_names[1:])


@pytest.mark.parametrize("arguments", [["--help"], ["restore", "--help"], ["detect", "-h"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & set(HEAVY)


def test_version_does_not_even_import_typer() -> None:
    assert "typer" not in imported_by("--version")


def test_an_onnx_restore_never_imports_torch(archive, tiny_model) -> None:
    root = archive("a.png")
    names = imported_by(
        "restore", str(root / "photos"), "--mask-dir", str(root / "masks"), "--model", str(tiny_model)
    )
    assert "onnxruntime" in names and "torch" not in names and "training" not in names
    assert (root / "photos-restored/a.png").exists()


def test_nothing_is_written_but_the_results_and_nothing_is_said(archive, tiny_model, tmp_path) -> None:
    root, home = archive("a.png"), tmp_path / "home"
    home.mkdir()
    usual = environment(HOME=str(home), XDG_CACHE_HOME="")
    usual.pop("ORT_DISABLE_TELEMETRY", None)  # the program sets it, in here too
    command = ["restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model), "--quiet"]
    ended = subprocess.run([*PROGRAM, *command], cwd=root, env=usual, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(home.rglob("*")) == []


def test_version(inpaint) -> None:
    ended = inpaint("--version")
    assert (ended.code, ended.stdout.decode().strip()) == (0, f"inpaint-cli {__version__}")


@pytest.mark.parametrize("command", [[], ["restore"]])
def test_help_promises_of_a_jpeg_its_blocks_and_not_its_pixels(inpaint, command: list[str]) -> None:
    assert b"in a JPEG" in inpaint(*command, "--help").stdout


def test_help_lists_every_command_and_the_exit_codes(inpaint) -> None:
    text = inpaint("--help").stdout.decode()
    assert all(command in text for command in COMMANDS)
    assert "130 interrupted" in " ".join(text.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(inpaint, shell: str) -> None:
    ended = inpaint("--show-completion", shell)
    assert ended.code == 0 and b"_INPAINT_CLI_COMPLETE" in ended.stdout


def test_completion_knows_the_flags(inpaint) -> None:
    ended = inpaint(
        _INPAINT_CLI_COMPLETE="complete_bash", COMP_WORDS="inpaint-cli restore --mask-", COMP_CWORD="2"
    )
    assert b"--mask-dir" in ended.stdout


def test_ctrl_c_while_the_program_is_still_being_imported_is_one_line() -> None:
    ended = subprocess.run(
        [*interrupted_by_import_of("typer"), "restore", "--help"],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "inpaint-cli: interrupted\n")
