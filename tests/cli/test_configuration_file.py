"""What is wrong with inpaint-cli.toml is told with its name and the key, and help is shown all the same."""

from pathlib import Path

import pytest

from inpaint_cli.cli.main import run


@pytest.fixture
def told(archive, monkeypatch, capfd):
    """Run a command in a folder with a configuration; returns its exit code and what it said."""

    def in_folder(configuration: str, *arguments: str) -> tuple[int, str]:
        root: Path = archive("a.png")
        monkeypatch.chdir(root)
        (root / "inpaint-cli.toml").write_text(configuration)
        code = run(arguments)
        return code, capfd.readouterr().err

    return in_folder


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("jobs = 0", "jobs = 0 must be at least 1"),
        ("sensitivity = 2", "sensitivity = 2 must be from 0.0 to 1.0"),
        ("max-damage = nan", "max-damage = nan must be from 0.0 to 1.0"),
        ("[restore]\nmask-tolerance = 256", "mask-tolerance = 256 must be from 0 to 255"),
    ],
)
def test_a_number_out_of_range_is_refused_by_file_and_key(told, setting: str, why: str) -> None:
    assert told(setting, "restore", "photos") == (2, f"inpaint-cli: error: inpaint-cli.toml: {why}\n")


def test_a_mark_of_the_encoding_is_no_fault(told) -> None:
    code, line = told("\ufeffjobs = 0", "restore", "photos")
    assert (code, line) == (2, "inpaint-cli: error: inpaint-cli.toml: jobs = 0 must be at least 1\n")


@pytest.mark.parametrize("setting", ['output = ""', '[restore]\nmask-dir = ""', 'model = ""'])
def test_an_empty_text_is_not_the_working_folder(told, setting: str) -> None:
    key = setting.splitlines()[-1].split()[0]
    code, line = told(setting, "restore", "photos")
    assert code == 2 and line.startswith(f"inpaint-cli: error: inpaint-cli.toml: {key} is empty")
    assert not Path(".inpaint-cli.journal").exists()


def test_a_path_may_begin_in_the_home_folder(told, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    code, line = told('mask-dir = "~/masks"', "restore", "photos")
    assert code == 2 and f"--mask-dir {tmp_path}/home/masks: there is no such folder" in line


@pytest.mark.parametrize(
    ("flag", "file"), [("model", "mine.onnx"), ("detector", "mine.onnx"), ("files-from", "list")]
)
def test_so_may_a_text_that_is_a_path(told, monkeypatch, tmp_path, flag: str, file: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    _, line = told(f'{flag} = "~/{file}"', "restore", "photos", "-o", "out")
    assert f"{tmp_path}/home/{file}: " in line


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("broken", ["no TOML", "jobs = 0", 'colour = "red"'])
def test_help_is_shown_whatever_is_wrong_with_the_file(told, broken: str, flag: str) -> None:
    assert told(broken, "restore", flag) == (0, "")


def test_a_model_that_the_file_names_is_told_with_the_file(told) -> None:
    code, line = told('model = "none.onnx"', "restore", "photos")
    assert code == 4 and "none.onnx" in line
    assert line.endswith("(inpaint-cli.toml gives options too; --no-config leaves it out)\n")


def test_a_file_that_gives_the_command_nothing_is_not_mentioned(told) -> None:
    code, line = told("[train]\nepochs = 2", "restore", "photos", "--model", "none.onnx")
    assert code == 4 and "inpaint-cli.toml" not in line
