"""What can't be written as planned: two photos with one output, an output that is a photo or a mask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.letter_case import ignores_case, without_case
from inpaint_cli.batch.names import joined
from inpaint_cli.batch.walk import FolderId, existing_id


@dataclass
class Collisions:
    """What was found among jobs, which are told apart by `id`.

    problems: of jobs that collide; refusals: each collision once; repeated: photos that were named twice, of
    the jobs that do them again.
    """

    problems: dict[int, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    repeated: dict[int, Path] = field(default_factory=dict)

    def add(self, problem: str, *jobs: Job) -> None:
        """Note one collision and whose it is."""
        self.refusals.append(problem)
        self.problems |= {id(job): problem for job in jobs}


def find_collisions(jobs: Sequence[Job], mask: Path | None, *, advice: str = "") -> Collisions:
    """Find the collisions among jobs; mask: one for all of them; advice: what helps against equal outputs."""
    found = Collisions()
    _find_equal_outputs(jobs, found, advice)
    for job, place in _overwritten(jobs, mask):
        found.add(f"{job.photo} would be written over {place}", job)
    return found


def _find_equal_outputs(jobs: Sequence[Job], found: Collisions, advice: str) -> None:
    roots = {root for job in jobs for root in (job.root, job.output_root)}
    real = {root: os.path.realpath(root) for root in roots}
    places = [_place(real[job.output_root], job.output_relative) for job in jobs]
    spelling = _spelling(places, {real[job.output_root] for job in jobs})
    outputs: dict[str, Job] = {}
    for job, place in zip(jobs, places, strict=True):
        other = outputs.setdefault(spelling(place), job)
        if other is job:
            continue
        if _place(real[job.root], job.relative) == _place(real[other.root], other.relative):
            found.repeated[id(job)] = job.photo
            continue
        problem = f"{other.photo} and {job.photo} would both be written to {job.output}"
        if job.output != other.output:
            problem += f", which is {other.output} on that disk"
        found.add(problem + advice, job, other)


def _spelling(places: Sequence[str], folders: Iterable[str]) -> Callable[[str], str]:
    """Return what makes one name of all spellings that the outputs' disks take for the same file.

    The disks are tried only where it matters.
    """
    told_apart_by_case = len({hash(without_case(place)) for place in places}) < len(set(places))
    if told_apart_by_case and any(ignores_case(Path(folder)) for folder in folders):
        return without_case
    return str


def _place(real_folder: str, relative: str) -> str:
    """Return a file's real path, as the system compares paths."""
    return os.path.normcase(joined(real_folder, relative))


def _overwritten(jobs: Sequence[Job], mask: Path | None) -> Iterator[tuple[Job, str]]:
    """Yield the jobs whose output is a photo or a mask, and its path.

    Folders are known by what they are, not by name: a link or a second mount leads to the same.
    """
    folders = _Folders()
    outputs = [(job, *folders.split(joined(job.output_root, job.output_relative))) for job in jobs]
    written = {folder for _, folder, _ in outputs if folder is not None}
    originals = [
        (path, folder, name)
        for path in _originals(jobs, mask)
        for folder, name in (folders.split(path),)
        if folder in written
    ]
    shared = {folder for _, folder, _ in originals}
    spelling = without_case if any(ignores_case(folders.named(folder)) for folder in shared) else str
    over = {(folder, spelling(name)): job for job, folder, name in outputs if folder in shared}
    for path, folder, name in originals:
        if job := over.get((folder, spelling(name))):
            yield job, path


def _originals(jobs: Sequence[Job], mask: Path | None) -> Iterator[str]:
    for job in jobs:
        yield joined(job.root, job.relative)
        if job.mask_file is not None:
            yield job.mask_file
    if mask is not None:
        yield os.path.realpath(mask)


class _Folders:
    """Which folders paths lie in, each looked at once."""

    def __init__(self) -> None:
        self._ids: dict[str, FolderId | None] = {}

    def split(self, path: str) -> tuple[FolderId | None, str]:
        """Return the folder of a file, None where it is not there, and the file's name."""
        folder, name = os.path.split(path)
        if folder not in self._ids:
            self._ids[folder] = existing_id(Path(folder))
        return self._ids[folder], name

    def named(self, folder: FolderId | None) -> Path:
        """Return a path of a folder that was met."""
        return Path(next(path for path, identity in self._ids.items() if identity == folder))
