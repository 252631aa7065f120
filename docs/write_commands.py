"""Write docs/commands.md from what `--help` says, so that the two can't differ.

    make docs

A test compares the file with the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from inpaint_cli.cli.main import COMMANDS, PROGRAM, build_app

PAGE = Path(__file__).with_name("commands.md")
WIDTH = 100

HEAD = """\
# Commands

Written by `make docs` from what `--help` says. What the exit codes mean is said in
[batch and pipelines](batch-and-pipelines.md#exit-codes).
"""


def commands(name: str, command: Any, parent: Any) -> Iterator[tuple[str, str]]:
    """Each command's full name with what its `--help` says, a group before its members."""
    context = typer.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    lines = str(command.get_help(context)).splitlines()
    yield context.command_path, "\n".join(line.rstrip() for line in lines).strip()
    for member, sub in getattr(command, "commands", {}).items():
        yield from commands(member, sub, context)


def reference() -> str:
    """The whole page."""
    root = typer.main.get_command(build_app([]))
    whole = typer.Context(root, info_name=PROGRAM, help_option_names=["-h", "--help"], terminal_width=WIDTH)
    helps = [(PROGRAM, root.get_help(whole).strip())]
    for name in COMMANDS:
        helps += commands(name, typer.main.get_command(build_app([name])).commands[name], whole)
    return "\n".join([HEAD, *(f"## {name}\n\n```text\n{text}\n```\n" for name, text in helps)])


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    print(PAGE)
