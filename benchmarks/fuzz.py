"""Throw damaged files at the program: python -m benchmarks.fuzz photos|masks|models [--inputs 20000].

Each input is a small sound file, mutated by its number, so that a run repeats exactly. Nothing but an
InpaintError may come out of it. Inputs are tried in child processes, so that a crash of a C library or a hang
is found like any exception. What is found lies in the failures folder then, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from benchmarks.arguments import parser_of

SUBJECTS = ("photos", "masks", "models")
SECONDS_PER_INPUT = 60
MEMORY = 8 << 30
"""Address space of a child in bytes: a file that asks for more is refused or found, and harms nobody else."""


def try_range(subject: str, first: int, last: int, failures: Path) -> None:
    """Try a range of inputs in this process; print a line for each as it begins, and what became of it."""
    module = importlib.import_module(f"benchmarks.fuzz_{subject}")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in range(first, last):
        name, data = module.make(number)
        (failures / f"{subject}-running.bin").write_bytes(data)
        print(f"{number} {name}", flush=True)
        signal.alarm(SECONDS_PER_INPUT)  # not handled, so it ends C code as well
        try:
            print(f"= {module.target(data)}", flush=True)
        except Exception:
            (failures / f"{subject}-{number}-{name}.bin").write_bytes(data)
            print(f"{number} {name}\n{traceback.format_exc()}", file=sys.stderr)
            print("= FOUND an exception", flush=True)
        signal.alarm(0)


def run(subject: str, first: int, last: int, failures: Path) -> Counter[str]:
    """Try a range of inputs in children, a new one after each that died; count what came of them."""
    outcomes: Counter[str] = Counter()
    running = failures / f"{subject}-running.bin"
    while first < last:
        command = [sys.executable, "-m", "benchmarks.fuzz", subject, "--failures", str(failures)]
        child = subprocess.run(
            [*command, "--child", str(first), str(last)], stdout=subprocess.PIPE, text=True, check=False
        )
        lines = child.stdout.splitlines()
        outcomes.update(line[2:] for line in lines if line.startswith("= "))
        begun = [line for line in lines if not line.startswith("= ")]
        if child.returncode == 0:
            break
        if not begun:
            raise SystemExit(f"the child did not start: exit code {child.returncode}")
        number, _, name = begun[-1].partition(" ")
        outcomes[f"FOUND a dead process ({_ending(child.returncode)})"] += 1
        print(f"{number} {name}: {_ending(child.returncode)}", file=sys.stderr)
        running.rename(failures / f"{subject}-{number}-{name}.bin")
        first = int(number) + 1
    running.unlink(missing_ok=True)
    return outcomes


def _ending(code: int) -> str:
    if code == -signal.SIGALRM:
        return f"hung for more than {SECONDS_PER_INPUT} seconds"
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def main() -> int:
    """Try many inputs and sum up."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--child", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.failures.mkdir(parents=True, exist_ok=True)
    if options.child:
        try_range(options.subject, *options.child, options.failures)
        return 0
    start = time.monotonic()
    outcomes = run(options.subject, options.first, options.first + options.inputs, options.failures)
    for outcome, count in outcomes.most_common():
        print(f"{count:8} {outcome}")
    found = sum(count for outcome, count in outcomes.items() if outcome.startswith("FOUND"))
    seconds = time.monotonic() - start
    print(f"{outcomes.total()} {options.subject} in {seconds:.0f} s, {found} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
