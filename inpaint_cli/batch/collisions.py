"""What can't be written as planned: two photos with one output, an output that is a photo or a mask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.letter_case import ignores_case, without_case
from inpaint_cli.batch.walk import FolderId, existing_id
from inpaint_cli.names import joined


@dataclass
class Collisions:
    """What was found among jobs, which are told apart by `id`.

    problems: of jobs that collide; refusals: each collision once; repeated: photos that were named twice, of
    the jobs that do them again.
    """

    problems: dict[int, str] = field(default_factory=dict)
    refusals: dict[str, None] = field(default_factory=dict)
    repeated: dict[int, Path] = field(default_factory=dict)

    def add(self, problem: str, *jobs: Job) -> None:
        """Note one collision and whose it is."""
        self.refusals[problem] = None
        self.problems |= {id(job): problem for job in jobs}


def find_collisions(jobs: Sequence[Job], masks: Iterable[str], *, advice: str = "") -> Collisions:
    """Find the collisions among jobs; masks: paths of those that they read; advice: against equal outputs."""
    found = Collisions()
    _find_equal_outputs(jobs, found, advice)
    once = [job for job in jobs if id(job) not in found.repeated]
    for job, place in _overwritten(once, masks):
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


def _overwritten(jobs: Sequence[Job], masks: Iterable[str]) -> Iterator[tuple[Job, str]]:
    """Yield the jobs whose output is a photo or a mask, and its path.

    Folders are known by what they are, not by name: a link or a second mount leads to the same.
    """
    folders = _Folders()
    written = {folders.of(joined(job.output_root, job.output_relative)) for job in jobs} - {None}
    if not written:
        return
    photos = (joined(job.root, job.relative) for job in jobs)
    originals = [
        (folder, place, path)
        for path in chain(photos, masks)
        for place in _places_of(path)
        if (folder := folders.of(place)) in written
    ]
    shared = {folder for folder, _, _ in originals}
    outputs: dict[tuple[FolderId | None, str], list[tuple[str, Job]]] = {}
    for job in jobs if shared else ():
        output = joined(job.output_root, job.output_relative)
        if (folder := folders.of(output)) in shared:
            name = _name(output)
            outputs.setdefault((folder, without_case(name)), []).append((name, job))
    for folder, place, path in originals:
        for name, job in outputs.get((folder, without_case(_name(place))), ()):
            if name == _name(place) or folders.ignores_case(folder):
                yield job, path


def _places_of(path: str) -> Iterator[str]:
    """Yield a file's path, and where it really is if it is a link."""
    yield path
    if os.path.islink(path):  # noqa: PTH114 - asked for each of a million names
        yield os.path.realpath(path)


def _name(path: str) -> str:
    return path[path.rfind(os.sep) + 1 :]


class _Folders:
    """Which folders paths lie in, and what their disks take for the same name; each is looked at once."""

    def __init__(self) -> None:
        self._ids: dict[str, FolderId | None] = {}
        self._paths: dict[FolderId | None, Path] = {}
        self._ignoring_case: dict[FolderId | None, bool] = {}

    def of(self, path: str) -> FolderId | None:
        """Return the folder that a file lies in, None where it is not there."""
        folder = path[: path.rfind(os.sep) + 1]
        if folder not in self._ids:
            self._ids[folder] = existing_id(Path(folder))
            self._paths[self._ids[folder]] = Path(folder)
        return self._ids[folder]

    def ignores_case(self, folder: FolderId | None) -> bool:
        """Say whether a folder that was met takes two spellings for one file."""
        if folder not in self._ignoring_case:
            self._ignoring_case[folder] = ignores_case(self._paths[folder])
        return self._ignoring_case[folder]
