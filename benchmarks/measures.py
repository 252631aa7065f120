"""Time and memory of one process."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Pairs:
    """Seconds of a method, and of the yardstick right after it, in turns."""

    method: tuple[float, ...]
    yardstick: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """The method's median."""
        return median(self.method)

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios: other work on the machine slows both of a pair down alike."""
        return median(own / max(other, 1e-9) for own, other in zip(self.method, self.yardstick, strict=True))


def time_pairs(
    method: Callable[[], object], yardstick: Callable[[], object], *, rounds: int, budget: float
) -> Pairs:
    """Time both in turns, `rounds` times or until `budget` seconds are spent; once in any case."""
    own: list[float] = []
    other: list[float] = []
    while not own or (len(own) < rounds and sum(own) + sum(other) < budget):
        own.append(seconds_of(method))
        other.append(seconds_of(yardstick))
    return Pairs(tuple(own), tuple(other))


def seconds_of(work: Callable[[], object]) -> float:
    """Time one call, in seconds of the processor: waiting for a busy machine doesn't count.

    Everything that is measured so runs on one thread and touches no files.
    """
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_memory() -> float:
    """Return the most memory that this process has had resident, in MB.

    Linux counts the parent's memory at the time of the fork into a child's ru_maxrss, so the kernel's own
    high-water mark is read there, which starts anew with the program.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / 1e6
