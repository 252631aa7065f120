"""How many photos at once, and how many threads for the network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True)
class Share:
    """jobs: photos at once; threads: of the network, shared by all jobs."""

    jobs: int
    threads: int


def share_cores(photos: int, *, jobs: int | None = None) -> Share:
    """Divide the free cores.

    The network computes on one pool of threads for all photos, as large as the cores that are free (or
    OMP_NUM_THREADS), so more jobs never mean more computing threads. By default there are as many jobs as
    free cores, because decoding and encoding take one core each; a single photo still has all cores for its
    network.
    """
    cores = free_cores()
    threads = min(cores, _omp_threads() or cores)
    return Share(jobs=max(1, min(photos, jobs or cores)), threads=threads)


def free_cores() -> int:
    """Return the cores that this process may use: its affinity, and its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _quota_cores(_QUOTA) or cores))


def _quota_cores(file: Path) -> int | None:
    """Return the whole cores that a cgroup's `cpu.max` allows, None where it sets no limit."""
    try:
        quota, period = file.read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _omp_threads() -> int | None:
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(wanted) if wanted.isdigit() and int(wanted) > 0 else None
