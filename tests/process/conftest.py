"""Runs the real program."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from program import GATE, IN_HAND, PROGRAM, Ended, Program, environment, held_at


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
def without_privileges(tmp_path: Path, tiny_model: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `restore` as somebody whom permissions bind, also where the tests run as root."""
    if sys.platform != "linux":
        pytest.skip("drops root's privileges as Linux does")

    def drop() -> None:
        for capability in (1, 2):  # override and read_search of files, see man 2 prctl
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, "restore", *arguments, "--model", str(tiny_model)],
            cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL, preexec_fn=drop,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_restore(tmp_path: Path, tiny_model: Path) -> Iterator[Start]:
    """Start `restore --json` with the tiny model and leave it running, at most until the test ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object, program: Sequence[str] = PROGRAM) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*program, "restore", *map(str, arguments), "--model", str(tiny_model), "--json"],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def clear_and_faint_scratch(tmp_path: Path) -> None:
    """photos/a.png, in which the classical detector finds one scratch, with sensitivity 1 also the other."""
    photo = np.full((90, 120, 3), 90, np.uint8)
    photo[25:27, 20:100] = 150
    photo[65:67, 20:100] = 104
    photo[28:] += 4  # so that it makes a difference how wide the mask is
    (tmp_path / "photos").mkdir()
    Image.fromarray(photo).save(tmp_path / "photos/a.png")


@dataclass(frozen=True)
class Held:
    """A run that waits with its first photo in hand."""

    process: subprocess.Popen[bytes]
    gate: Path

    def let_go(self) -> None:
        self.gate.open("wb").close()


@pytest.fixture
def hold_restore(tmp_path: Path, start_restore: Start) -> Callable[..., Held]:
    """Start `restore` and return when it holds its first photo; one at a time."""
    os.mkfifo(tmp_path / GATE)

    def hold(*arguments: object, owner: str = "inpaint_cli:Restorer", function: str = "restore") -> Held:
        process = start_restore(*arguments, program=held_at(owner, function))
        assert process.stderr is not None and IN_HAND in iter(process.stderr.readline, b"")
        return Held(process, tmp_path / GATE)

    return hold
