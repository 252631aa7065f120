"""How many cores this process may use, and how many threads a network gets where nobody says."""

from __future__ import annotations

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def default_threads() -> int:
    """Return OMP_NUM_THREADS where it is set, else the number of cores that this process may use."""
    try:
        wanted = int(os.environ.get("OMP_NUM_THREADS", "").split(",")[0])
    except ValueError:
        wanted = 0
    return wanted if wanted > 0 else free_cores()


def free_cores() -> int:
    """Return the cores that this process may use: its affinity, and its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, quota_cores(_QUOTA) or cores))


def quota_cores(file: Path) -> int | None:
    """Return the whole cores that a cgroup's `cpu.max` allows, None where it sets no limit."""
    try:
        quota, period = file.read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None
