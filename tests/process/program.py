"""The real program, as tests start it and see it end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = [sys.executable, "-m", "inpaint_cli"]
CHECKOUT = Path(__file__).parents[2]
IN_HAND = b"in hand\n"
GATE = "gate"


@dataclass(frozen=True)
class Ended:
    """A process that ended; `lines` are the JSON lines on its stdout."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def outcome_of(self, name: str) -> dict[str, Any]:
        return next(line for line in self.lines if line["photo"].endswith(name))


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1", **changes}


Program = Callable[..., Ended]


def after(code: str) -> list[str]:
    """The program in a process that first runs Python code."""
    return [sys.executable, "-c", f"{code}\nfrom inpaint_cli.__main__ import main\nmain()"]


def interrupted_by_import_of(module: str, by: str = "SIGINT") -> list[str]:
    """The program, which is sent Ctrl-C, or another signal, in the moment that it imports a module."""
    return after(
        "import builtins, os, signal\n"
        "imported = builtins.__import__\n"
        "def late(name, *rest):\n"
        f"    if name == {module!r}:\n"
        f"        os.kill(os.getpid(), signal.{by})\n"
        "    return imported(name, *rest)\n"
        "builtins.__import__ = late\n"
    )


def held_at(owner: str, function: str) -> list[str]:
    """The program, of which the first call of a function waits until the pipe GATE is opened to be written.

    owner: the module or class (`module:Class`) that has the function. IN_HAND on stderr tells of the call.
    """
    return after(
        "import pkgutil, sys\n"
        f"owner, function = pkgutil.resolve_name({owner!r}), {function!r}\n"
        "real = getattr(owner, function)\n"
        "def held(*arguments):\n"
        "    setattr(owner, function, real)\n"
        f"    sys.stderr.write({IN_HAND.decode()!r})\n"
        "    sys.stderr.flush()\n"
        f"    open({GATE!r}).close()\n"
        "    return real(*arguments)\n"
        "setattr(owner, function, held)\n"
    )
