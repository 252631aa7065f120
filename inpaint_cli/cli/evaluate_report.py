"""How the commands of `evaluate` tell how far they are and what they measured."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from inpaint_cli.cli.consoles import plain_console


def print_json(report: dict[str, Any]) -> None:
    """Print a report on stdout, with the command that made it."""
    whole = {**report, "command": command_line()}
    typer.echo(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))


def command_line() -> str:
    """The command line as it was given, for the record."""
    return shlex.join(["inpaint-cli", *sys.argv[1:]])


def progress_bar() -> Progress:
    """A bar on stderr, where that is a terminal."""
    console = plain_console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,  # rich leaves an empty line in files
    )
