"""How many photos at once, and how many threads for the network."""

from __future__ import annotations

from dataclasses import dataclass

from inpaint_cli.cores import default_threads, free_cores


@dataclass(frozen=True)
class Share:
    """jobs: photos at once; threads: that compute, of all jobs together."""

    jobs: int
    threads: int

    @property
    def threads_of_each(self) -> int:
        """Threads of what each job computes on its own: finding damage, and whatever torch does."""
        return max(1, self.threads // self.jobs)


def share_cores(photos: int, *, jobs: int | None = None) -> Share:
    """Divide the free cores.

    In onnxruntime the restoring network computes on one pool of threads for all photos, as large as the cores
    that are free (or OMP_NUM_THREADS), so more jobs never mean more computing threads, unless that is one:
    then each job computes on its own. By default there are as many jobs as free cores, because decoding and
    encoding take one core each; a single photo still has all cores for its network.
    """
    cores = free_cores()
    return Share(jobs=max(1, min(photos, jobs or cores)), threads=min(cores, default_threads()))
