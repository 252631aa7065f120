"""`inpaint-cli models`: what is there to restore with."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from inpaint_cli.backends import Figure, ModelFiles, list_models
from inpaint_cli.cli import streams
from inpaint_cli.cli.consoles import WIDE, plain_console, results_console
from inpaint_cli.errors import ExitCode
from inpaint_cli.restoration import DEFAULT_MODEL

NARROW = ("name", "kind", "size", "parameters", "backends")
WRAPPED = ("figures", "trained on")
"""Columns of a wide table only."""
LEFT_OUT = ("backends", "parameters", "kind")
"""Columns that go first, in this order, where a terminal has no room for all."""


def models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """List the models: name, kind, size, what they were trained on and their figures."""
    damaged: dict[Path, str] = {}
    _show(list_models(damaged=damaged), as_json=as_json)
    for reason in damaged.values():
        streams.to_stderr(f"failed: {reason}")
    if damaged:
        raise typer.Exit(ExitCode.MODEL_OR_BACKEND)


def _show(found: list[ModelFiles], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([as_dict(files) for files in found], indent=2, ensure_ascii=False))
        return
    console = results_console()
    print_table(console, found)
    if console.width < WIDE:
        rest = f"In {WIDE} columns, or with --json, also what each was trained on, and its figures."
        console.print(rest)


def print_table(console: Console, found: list[ModelFiles]) -> None:
    """Show as many columns as fit; names and sizes always, also where the terminal has to wrap them."""
    if console.width >= WIDE:
        console.print(_table(found, (*NARROW, *WRAPPED)))
        return
    for left_out in range(len(LEFT_OUT) + 1):
        table = _table(found, [column for column in NARROW if column not in LEFT_OUT[:left_out]])
        needed = console.measure(table, options=console.options.update(max_width=WIDE)).maximum
        if needed <= console.width:
            break
    whole = plain_console(file=console.file, width=max(console.width, needed))
    whole.print(table)


def _table(found: list[ModelFiles], columns: Collection[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=None)
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in ("size", "parameters") else "left",
            no_wrap=column not in WRAPPED,
        )
    for files in found:
        row = _row(files)
        table.add_row(*(row[column] for column in columns))
    return table


def _row(files: ModelFiles) -> dict[str, str]:
    card = files.card
    return {
        "name": card.name + (" (default)" if card.name == DEFAULT_MODEL else ""),
        "kind": card.kind,
        "size": f"{_size(files) / 1e6:.1f} MB",
        "parameters": f"{card.parameters:,}",
        "backends": ", ".join(_backends(files)),
        "figures": "\n".join(map(_figure, card.figures)),
        "trained on": card.training_data,
    }


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
