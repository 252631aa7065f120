"""A scanner's folder: which photos have become complete since the last look."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.plan import Plan, Selection, make_plan

Signature = tuple[int, int, int]
"""Size, modification time and inode of a file."""

SETTLE_SECONDS = 2.0


@dataclass
class Watcher:
    """Looks at the folders again and again.

    A photo is complete when it has content and neither it nor its mask changed for `settle` seconds between
    looks. A photo whose mask is not there yet is waited for. One that was handed out comes again only if it
    changes.
    """

    selection: Selection
    settle: float = SETTLE_SECONDS
    pause: float = 0.5
    _since: dict[str, tuple[tuple[Signature, ...], float]] = field(default_factory=dict)
    _taken: dict[str, tuple[Signature, ...]] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)

    def complete(self) -> Plan:
        """Return a plan of the photos that became complete; refusals in it are new ones."""
        start = time.monotonic()
        plan = make_plan(self.selection)
        refusals = tuple(text for text in plan.refusals if text not in self._refused)
        self._refused.update(refusals)
        jobs = () if plan.refusals else tuple(job for job in plan.jobs if self._take(job, start))
        self.pause = max(self.pause, 5 * (time.monotonic() - start))
        return replace(plan, jobs=jobs, refusals=refusals, problems=())

    def _take(self, job: Job, now: float) -> bool:
        if job.problem:
            return False
        photo = str(job.photo)
        signature = _signature(job)
        if signature is None or self._taken.get(photo) == signature:
            return False
        known, since = self._since.get(photo, (None, now))
        if known != signature:
            self._since[photo] = (signature, now)
            return False
        if now - since < self.settle:
            return False
        del self._since[photo]
        self._taken[photo] = signature
        return True


def _signature(job: Job) -> tuple[Signature, ...] | None:
    """Return what changes while the photo or its mask is being written; None where one is absent or empty."""
    files = [job.photo] if job.mask is None else [job.photo, job.mask]
    signatures = [_file_signature(file) for file in files]
    present = tuple(signature for signature in signatures if signature is not None)
    return present if len(present) == len(files) else None


def _file_signature(file: Path) -> Signature | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ino) if status.st_size else None
