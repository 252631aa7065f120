"""`inpaint-cli models`: what is there to restore with."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from inpaint_cli.backends import Figure, ModelFiles, list_models
from inpaint_cli.restoration import DEFAULT_MODEL

WIDE = 160
"""Columns from which a table is shown whole; it is that wide where it is not shown on a terminal."""


def models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """List the models: name, kind, size, what they were trained on and their figures."""
    found = list_models()
    if as_json:
        typer.echo(json.dumps([as_dict(files) for files in found], indent=2, ensure_ascii=False))
        return
    console = results_console()
    console.print(_table(found, whole=console.width >= WIDE))
    if console.width < WIDE:
        rest = f"In {WIDE} columns, or with --json, also what each was trained on, and its figures."
        console.print(rest, highlight=False)


def results_console() -> Console:
    """A console on stdout, wide enough for tables where that is a file or a pipe."""
    return Console(width=None if sys.stdout.isatty() else max(WIDE, shutil.get_terminal_size().columns))


def _table(found: list[ModelFiles], *, whole: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=None)
    for column, justify in (("name", "left"), ("kind", "left"), ("size", "right"), ("parameters", "right")):
        table.add_column(column, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("backends", no_wrap=True)
    if whole:
        table.add_column("figures")
        table.add_column("trained on")
    for files in found:
        card = files.card
        table.add_row(
            card.name + (" (default)" if card.name == DEFAULT_MODEL else ""),
            card.kind,
            f"{_size(files) / 1e6:.1f} MB",
            f"{card.parameters:,}",
            ", ".join(_backends(files)),
            *(["\n".join(map(_figure, card.figures)), card.training_data] if whole else []),
        )
    return table


def _figure(figure: Figure) -> str:
    return f"{figure.name}: {figure.value:.5g}"


def as_dict(files: ModelFiles) -> dict[str, Any]:
    """What `models --json` tells of a model."""
    return {
        **asdict(files.card),
        "default": files.card.name == DEFAULT_MODEL,
        "bytes": _size(files),
        "backends": _backends(files),
        "onnx": str(files.onnx) if files.onnx else None,
        "safetensors": str(files.safetensors) if files.safetensors else None,
    }


def _size(files: ModelFiles) -> int:
    file = files.onnx or files.safetensors
    return file.stat().st_size if file else 0


def _backends(files: ModelFiles) -> list[str]:
    return [name for name, file in (("onnx", files.onnx), ("torch", files.safetensors)) if file]
