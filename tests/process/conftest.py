"""Runs the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = [sys.executable, "-m", "inpaint_cli"]
CHECKOUT = Path(__file__).parents[2]


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


@pytest.fixture
def inpaint(tmp_path: Path) -> Program:
    """Run the program in the test's folder until it ends."""

    def run(*arguments: object, input: bytes | None = None, **env: str) -> Ended:
        ended = subprocess.run(
            [*PROGRAM, *(os.fsencode(str(argument)) for argument in arguments)],
            cwd=tmp_path,
            env=environment(**env),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            timeout=120,
        )
        stderr = ended.stderr.decode(errors="surrogateescape")
        assert "Traceback" not in stderr, stderr
        return Ended(ended.returncode, ended.stdout, stderr)

    return run


@pytest.fixture
def restore(inpaint: Program, tiny_model: Path) -> Program:
    """Run `restore --json` with the tiny model."""

    def run(*arguments: object, **options: Any) -> Ended:
        return inpaint("restore", *arguments, "--model", tiny_model, "--json", **options)

    return run


@pytest.fixture
def start_restore(tmp_path: Path, tiny_model: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Start `restore --json` with the tiny model and leave it running."""

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*PROGRAM, "restore", *map(str, arguments), "--model", str(tiny_model), "--json"],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start
