"""A scanner's folder: which photos have become complete since the last look."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.plan import Plan, Selection, make_plan
from inpaint_cli.errors import UsageError
from inpaint_cli.names import is_named_as_mask

Signature = tuple[int, int, int]
"""Size, modification time and inode of a file."""

SETTLE_SECONDS = 2.0

Told = TypeVar("Told")


@dataclass
class Watcher:
    """Looks at the folders again and again.

    A photo is complete when it has content and neither it nor its mask changed for `settle` seconds between
    looks. One that was handed out comes again only if it changes; one that had a problem also when that is
    gone. A file that is named as a mask (`b_mask.png`) waits for its photo: masks may come first. Once it is
    there, the plan leaves the mask out.

    pause: seconds to wait before the next look: five times as long as the last one took, or `least_pause`.
    waiting: photos that are complete but for a mask, or can't be told from another, at the last look; not
    those that were handed out before their mask was taken away.
    """

    selection: Selection
    settle: float = SETTLE_SECONDS
    least_pause: float = 0.5
    pause: float = 0.0
    waiting: tuple[Job, ...] = ()
    _since: dict[str, tuple[tuple[Signature, ...], float]] = field(default_factory=dict)
    _taken: dict[str, tuple[Signature, ...]] = field(default_factory=dict)
    _handed_out: set[str] = field(default_factory=set)
    _told: set[object] = field(default_factory=set)
    _there: tuple[Job, ...] = ()
    _looked: bool = False

    @property
    def incomplete(self) -> tuple[Job, ...]:
        """What else was there at the last look, with why it was not handed out.

        It is empty, still changed, or named as a mask.
        """
        return tuple(filter(None, map(self._incomplete, self._there)))

    def complete(self) -> Plan:
        """Return a plan of the photos that became complete; what else it tells is new."""
        start = time.monotonic()
        plan = self._plan()
        early = [job for job in plan.jobs if self._is_mask(job)]
        photos = [job for job in plan.jobs if not self._is_mask(job)]
        settled = [job for job in photos if self._take(job, start)]
        jobs = tuple(job for job in settled if not job.problem)
        self._handed_out -= {str(job.photo) for job in settled}
        self._handed_out |= {str(job.photo) for job in jobs}
        self.waiting = tuple(job for job in photos if job.problem and self._waits(job))
        self._there = (*early, *photos)
        waits = [f"waiting for a mask: {job.photo}" for job in self.waiting if job.lacks_mask]
        waits += [f"waiting for its photo: {job.photo}" for job in early]
        self.pause = max(self.least_pause, 5 * (time.monotonic() - start))
        return replace(
            plan,
            jobs=jobs,
            notes=self._new((*plan.notes, *waits), _but_for_counts),
            problems=self._new(plan.problems),
            refusals=self._new(plan.refusals),
        )

    def _plan(self) -> Plan:
        """Plan what is there now; after the first look, a folder that is gone may come back."""
        if not self._looked:
            plan = make_plan(self.selection)
            self._looked = True
            return plan
        notes = {photos: f"waiting for it to come back: {photos}" for photos in self.selection.photos}
        gone = [photos for photos in self.selection.photos if not os.access(photos, os.F_OK)]
        self._told -= {note for photos, note in notes.items() if photos not in gone}
        there = tuple(photos for photos in self.selection.photos if photos not in gone)
        try:
            plan = make_plan(replace(self.selection, photos=there))
        except (UsageError, OSError) as error:
            plan = Plan(jobs=(), notes=(f"waiting for it to come back: {error}",))
        return replace(plan, notes=(*plan.notes, *(notes[photos] for photos in gone)))

    def _new(
        self, things: tuple[Told, ...], what_counts: Callable[[Told], object] = lambda thing: thing
    ) -> tuple[Told, ...]:
        new = tuple(thing for thing in things if what_counts(thing) not in self._told)
        self._told.update(map(what_counts, new))
        return new

    def _waits(self, job: Job) -> bool:
        photo = str(job.photo)
        return photo not in self._handed_out and self._taken.get(photo, ()) == _signature(job)

    def _is_mask(self, job: Job) -> bool:
        """Say whether a file is named as a mask, has none itself, and was not named itself."""
        is_named_itself = job.photo in self.selection.photos
        return job.mask is None and is_named_as_mask(job.relative) and not is_named_itself

    def _incomplete(self, job: Job) -> Job | None:
        """Return a photo that isn't complete with why, None for any other."""
        if self._is_mask(job):
            return replace(job, problem="is named as a mask, and its photo never came")
        if _signature(job) is None:
            return replace(job, problem=job.problem or "it or its mask is empty or can't be read")
        if str(job.photo) in self._since:
            return replace(job, problem=job.problem or "was not complete yet when watching ended")
        return None

    def _take(self, job: Job, now: float) -> bool:
        photo = str(job.photo)
        signature = _signature(job)
        if signature is None:
            return False
        is_as_taken = self._taken.get(photo, ())[: len(signature)] == signature  # or has lost its mask
        if is_as_taken and (job.problem or photo in self._handed_out):
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


def _but_for_counts(note: str) -> str:
    """Return a note without the counts at its end, which grow while photos come in."""
    return note.partition(" are left out (")[0]


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
