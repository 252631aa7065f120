"""The table of models has the columns that a terminal has room for; names and sizes are never cut."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from inpaint_cli.backends import find, list_models
from inpaint_cli.cli.main import run
from inpaint_cli.cli.models import print_table


def table(width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    print_table(console, list_models())
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (20, ["name", "size"]),
        (40, ["name", "kind", "size"]),
        (60, ["name", "kind", "size", "parameters"]),
        (80, ["name", "kind", "size", "parameters", "backends"]),
        (100, ["name", "kind", "size", "parameters", "backends"]),
        (160, ["name", "kind", "size", "parameters", "backends", "figures", "trained", "on"]),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns_and_whole_names(width: int, columns: list[str]) -> None:
    lines = table(width)
    assert next(line for line in lines if "name" in line).split() == columns
    for files in list_models():
        size = f"{(files.onnx or files.safetensors).stat().st_size / 1e6:.1f} MB"
        assert any(line.split()[:1] == [files.card.name] and size in line for line in lines)
    assert "…" not in "".join(lines)


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_damaged_model_is_told_in_one_line_and_the_others_are_listed(
    tiny_model: Path, tmp_path: Path, arguments: list[str], monkeypatch, capfd
) -> None:
    shutil.copy(tiny_model, tmp_path / "grey.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"no")
    monkeypatch.setattr(find, "model_folders", lambda: [tmp_path])
    assert run(["models", *arguments]) == 4
    listed, told = capfd.readouterr()
    assert "grey" in listed
    if arguments:
        assert [model["name"] for model in json.loads(listed)] == ["grey"]
    broken = tmp_path / "broken.onnx"
    assert told == f"failed: {broken}: not a whole ONNX file (empty, truncated or damaged)\n"
