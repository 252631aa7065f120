"""The table of models has the columns that a terminal has room for; names and sizes are never cut."""

import io

import pytest
from rich.console import Console

from inpaint_cli.backends import list_models
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
