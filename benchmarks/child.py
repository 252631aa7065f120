"""Measure in a process of its own, on one thread.

`python -m benchmarks.child TASK < request.json > answer.json`
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
TASKS = {
    "quality": ("benchmarks.quality", "measure_kind"),
    "growth": ("benchmarks.growth", "measure_point"),
    "jpeg": ("benchmarks.jpeg", "measure_jpeg"),
}
ROOT = Path(__file__).parents[1]


class ChildFailed(Exception):
    """A measurement that ended without an answer, with the reason in one line."""


def run_child(task: str, request: dict[str, Any], *, timeout: float) -> dict[str, Any]:
    """Run one of TASKS in a new process; request and answer are plain data."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.child", task],
            input=json.dumps(request),
            stdout=subprocess.PIPE,
            text=True,
            timeout=timeout,
            cwd=ROOT,
            env=os.environ | ONE_THREAD,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildFailed(f"stopped after {timeout:g} s") from error
    if done.returncode < 0:
        out_of_memory = ", out of memory?" if done.returncode == -9 else ""
        raise ChildFailed(f"ended by signal {-done.returncode}{out_of_memory}")
    if done.returncode:
        raise ChildFailed("failed, see its message above")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main(task: str) -> None:
    """Do one task: request on stdin, answer on stdout."""
    module, function = TASKS[task]
    request = json.load(sys.stdin)
    json.dump(getattr(import_module(module), function)(request), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
