"""The list of jobs: walk, match masks, mirror the tree; `collisions` says what can't end well."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inpaint_cli.batch.collisions import find_collisions
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.masks import MaskFolder, masks_left_out, named_as_masks, with_masks_there
from inpaint_cli.batch.output_file import IS_A_FILE, cannot_be_made
from inpaint_cli.batch.walk import FolderId, Walk, existing_id, holds_results
from inpaint_cli.errors import MaskError, UsageError
from inpaint_cli.names import masks_among, split_suffix
from inpaint_cli.paths import real_path
from inpaint_cli.photos import SUFFIX_FORMATS
from inpaint_cli.printable import printable

RESULTS_ENDING = "-restored"
_MOST_KINDS = 5


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the user asked for.

    photos: files and folders; listed: further files, one by one (`--files-from`).
    output: folder of the results, None for a sibling of each photo's folder; output_file: the result of a
    single photo.
    base: folder that relative paths start from, for masks and outputs, of photos that are named one by one.
    suffix: suffix of the outputs, but of photos with another one of that format, which keep theirs; None: all
    do. suffixes: which files are photos, lower case.
    masks_wanted: the outputs are masks of the photos, and named so that they are found again.
    """

    photos: tuple[Path, ...] = ()
    listed: tuple[Path, ...] = ()
    output: Path | None = None
    output_file: Path | None = None
    base: Path | None = None
    mask: Path | None = None
    mask_dir: Path | None = None
    suffix: str | None = None
    suffixes: frozenset[str]
    masks_wanted: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done, and what can't be.

    orphans: masks that belong to no photo; notes: harmless things left out; problems: folders that can't be
    read, each with the reason, which fail the run; refusals: why nothing at all may be written.
    is_single_file: the output was named as a file, so that its folder is not ours.
    """

    jobs: tuple[Job, ...]
    orphans: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    refusals: tuple[str, ...] = ()
    is_single_file: bool = False

    def output_folders(self) -> dict[str, set[Path]]:
        """Return each output folder at the top with all folders that the plan writes into below it."""
        folders: dict[str, set[str]] = {}
        for job in self.jobs:
            folders.setdefault(job.output_root, set()).add(os.path.dirname(job.output_relative))  # noqa: PTH120
        return {root: {Path(root, folder) for folder in below} for root, below in folders.items()}

    def places(self) -> list[Path]:
        """Return where the results go, for people: the output folders, or the one file."""
        if self.is_single_file:
            return [job.output for job in self.jobs]
        return [Path(root) for root in dict.fromkeys(job.output_root for job in self.jobs)]

    @property
    def outcomes(self) -> int:
        """How many outcomes there are when all is done."""
        return len(self.jobs) + len(self.problems)

    def check(self) -> None:
        """Raise UsageError where the plan must not be carried out."""
        if not self.refusals:
            return
        more = f" (and {len(self.refusals) - 1} more, see --dry-run)" if len(self.refusals) > 1 else ""
        raise UsageError(f"{self.refusals[0]}{more}; nothing was written")


@dataclass
class _Draft:
    """A plan in the making.

    among_masks: whether photos lie in the mask folder itself, by the folder that they were found under;
    apart: folders of photos that were named with those of their results, each as a root and a path below it:
    known to be others.
    """

    selection: Selection
    masks: MaskFolder | None
    mask_folder_id: FolderId | None
    jobs: list[Job] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    among_masks: dict[str, bool] = field(default_factory=dict)
    apart: set[tuple[tuple[str, str], tuple[str, str]]] = field(default_factory=set)

    def is_among_masks(self, root: str) -> bool:
        """Say whether photos lie among their masks, so that only the ending `_mask` tells them apart."""
        if self.masks is None:
            return False
        if root not in self.among_masks:
            self.among_masks[root] = existing_id(Path(root)) == self.mask_folder_id
        return self.among_masks[root]

    def orphans(self) -> list[str]:
        """Return the masks that belong to no photo: among photos, what is no photo's mask is a photo."""
        return [] if self.masks is None or any(self.among_masks.values()) else self.masks.orphans()


def make_plan(selection: Selection) -> Plan:
    """Plan all jobs in a fixed order. Raises UsageError where a path that was named is not there."""
    masks = None
    if selection.mask_dir is not None:
        masks = MaskFolder.read(str(selection.mask_dir), selection.suffixes, _result_folders(selection))
    check_mask(selection.mask)
    if selection.output is not None and selection.output.exists() and not selection.output.is_dir():
        raise UsageError(cannot_be_made(selection.output, IS_A_FILE))
    draft = _Draft(selection, masks, existing_id(selection.mask_dir))
    for path in selection.photos:
        if path.is_dir():
            _add_folder(draft, path)
        else:
            check_there(path)
            _add_file(draft, path)
    for path in selection.listed:
        _add_listed(draft, path)
    if selection.masks_wanted:
        draft.jobs = with_masks_there(named_as_masks(draft.jobs), selection.suffixes)
    _take_out_collisions(draft)
    return Plan(
        jobs=tuple(draft.jobs),
        orphans=tuple(draft.orphans()),
        notes=tuple(draft.notes),
        problems=tuple(draft.problems + (masks.problems if masks else [])),
        refusals=tuple(draft.refusals),
        is_single_file=selection.output_file is not None,
    )


def check_there(photo: Path) -> None:
    """Raise UsageError where there is nothing at a path that was named; a link may lead nowhere."""
    if not os.path.lexists(photo):
        raise UsageError(f"{photo}: there is no such file or folder")


def check_mask(mask: Path | None) -> None:
    """Raise UsageError where the mask for all photos is no file."""
    if mask is None or mask.is_file():
        return
    if mask.is_dir():
        raise UsageError(f"--mask {mask}: is a folder; --mask-dir takes masks from one")
    if mask.exists():
        raise UsageError(f"--mask {mask}: is a pipe or a device, which can be read only once; give a file")
    raise UsageError(f"--mask {mask}: there is no such file")


def _result_folders(selection: Selection) -> set[FolderId]:
    """Return the folders that are there already for the results. Raises UsageError where masks lie in one."""
    if selection.output is not None:
        folders = [selection.output]
    elif selection.output_file is not None:
        folders = []
    else:
        around = [path if path.is_dir() else path.parent for path in selection.photos]
        around += [path.parent for path in selection.listed]
        folders = [_sibling(folder) for folder in dict.fromkeys(around)]
    results = {identity: folder for folder in folders if (identity := existing_id(folder)) is not None}
    mask_id = existing_id(selection.mask_dir)
    if mask_id in results:
        raise UsageError(
            f"{results[mask_id]}: the results would lie among the masks; give another folder with -o"
        )
    return set(results)


def _add_folder(draft: _Draft, folder: Path) -> None:
    selection = draft.selection
    if selection.base is not None:
        raise UsageError(f"--base is for photos that are named one by one; {folder} is a folder")
    output = selection.output or _sibling(folder)
    root_id, output_id = existing_id(folder), existing_id(output)
    if root_id == output_id:
        raise UsageError(f"{output}: the results would replace the photos; give another folder with -o")
    avoid = {each for each in (output_id, draft.mask_folder_id) if each is not None and each != root_id}
    walk = Walk(selection.suffixes, avoid)
    files = list(walk.files(str(folder)))
    masks = _left_out(draft, str(folder), files)
    if masks and not draft.is_among_masks(str(folder)):
        taken = f"; restore takes them with --mask-dir {folder}" if draft.masks is None else ""
        draft.notes.append(masks_left_out(str(folder), masks) + taken)
    if output_id in walk.avoided and _holds_originals(output, selection.suffixes):
        raise UsageError(f"{output}: holds photos that are not results; give another folder with -o")
    mask_id = existing_id(selection.mask)
    for relative in files:
        if mask_id is not None and existing_id(Path(folder, relative)) == mask_id:
            draft.notes.append(f"{Path(folder, relative)}: is the mask, and left out of the photos")
        elif relative not in masks:
            _add_job(draft, str(folder), relative, output)
    if walk.others:
        most = walk.others.most_common(_MOST_KINDS)
        kinds = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in most)
        if rest := walk.others.total() - sum(count for _, count in most):
            kinds += f", {rest} of {len(walk.others) - len(most)} more kinds"
        draft.notes.append(f"{folder}: files of no format that is read are left out ({kinds})")
    draft.notes += walk.notes
    draft.problems += walk.problems


def _left_out(draft: _Draft, folder: str, files: Sequence[str]) -> set[str]:
    """Return those of a folder's files that are masks of others there, and no photos.

    One that has a mask itself, in a folder of masks elsewhere, is a photo.
    """
    named = masks_among(files)
    if draft.masks is None or draft.is_among_masks(folder):
        return named
    return {file for file in named if not draft.masks.candidates(file)}


def _holds_originals(output: Path, suffixes: frozenset[str]) -> bool:
    """Say whether a folder among the photos, in which no run of ours wrote, holds photos."""
    return not holds_results(output) and next(Walk(suffixes).files(str(output)), None) is not None


def _add_file(draft: _Draft, path: Path, *, listed: bool = False) -> None:
    """Add a photo that was named itself: whatever its suffix, by its name alone."""
    output = draft.selection.output or _sibling(path.parent)
    base = draft.selection.base
    if base is not None:
        _add_named(draft, str(base), _from_base(path, base), output, listed=listed)
    else:
        _add_named(draft, str(path.parent), path.name, output, listed=listed)


def _add_listed(draft: _Draft, path: Path) -> None:
    """Add a photo from a list: with -o its folders are kept, as rsync does, unless they lead out of it."""
    keeps_folders = draft.selection.output is not None and not path.is_absolute() and ".." not in path.parts
    if draft.selection.base is None and keeps_folders:
        _add_named(draft, "", str(path), draft.selection.output or Path(), listed=True)
    else:
        _add_file(draft, path, listed=True)


def _add_named(draft: _Draft, root: str, relative: str, output: Path, *, listed: bool) -> None:
    """Add a job, unless its result would lie beside its photo.

    A later run would take all that is in such a folder for results.
    """
    job = _add_job(draft, root, relative, output, listed=listed)
    folders = (
        (job.root, os.path.dirname(job.relative)),  # noqa: PTH120
        (job.output_root, os.path.dirname(job.output_relative)),  # noqa: PTH120
    )
    if draft.selection.output_file is not None or folders in draft.apart:
        return
    own, place = (Path(*folder) for folder in folders)
    if (own_id := existing_id(own)) is not None and own_id == existing_id(place):
        raise UsageError(f"{place}: the results would lie among the photos; give another folder with -o")
    draft.apart.add(folders)


def _why_no_photo(path: Path) -> str:
    """Return why a path can't be a photo, before a missing mask hides it; "" where it can.

    Only one from a list can be a folder.
    """
    try:
        status = path.stat()
    except OSError as error:
        return f"can't be read: {error.strerror or error}"
    if stat.S_ISDIR(status.st_mode):
        return "is a folder; name it outside of the list, or list its photos"
    return "the file is empty" if stat.S_ISREG(status.st_mode) and not status.st_size else ""


def _from_base(path: Path, base: Path) -> str:
    """Return a photo's path from the base: as both are named, else as their folders really lie."""
    relative = _inside(path.absolute(), base.absolute())
    if relative is None:
        relative = _inside(Path(os.path.realpath(path.parent), path.name), Path(os.path.realpath(base)))
    if relative is None:
        raise UsageError(f"{printable(path)}: is not inside --base {printable(base)}")
    return relative


def _inside(path: Path, folder: Path) -> str | None:
    """Return the path from the folder, None where it leads out of it."""
    try:
        relative = path.relative_to(folder)
    except ValueError:
        return None
    return None if ".." in relative.parts else str(relative)


def _add_job(draft: _Draft, root: str, relative: str, output: Path, *, listed: bool = False) -> Job:
    selection = draft.selection
    target, target_relative = str(output), relative
    if selection.output_file is not None:
        target, target_relative = str(selection.output_file.parent), selection.output_file.name
    elif selection.suffix is not None:
        target_relative = _with_suffix(relative, selection.suffix)
    job = Job(
        root=root,
        relative=relative,
        output_root=target,
        output_relative=relative if target_relative == relative else target_relative,
        mask_file=None if selection.mask is None else str(selection.mask),
        problem=_why_no_photo(Path(root, relative)) if listed else "",
    )
    if draft.masks is not None and not job.problem:
        job = _with_mask(draft, draft.masks, job, listed=listed)
    draft.jobs.append(job)
    return job


def _with_suffix(relative: str, suffix: str) -> str:
    """Return the name of an output: `a.JPEG` has a suffix of the format that .jpg means, and keeps it."""
    stem, own = split_suffix(relative)
    return relative if SUFFIX_FORMATS.get(own.lower()) == SUFFIX_FORMATS[suffix] else stem + suffix


def _with_mask(draft: _Draft, masks: MaskFolder, job: Job, *, listed: bool) -> Job:
    """Give a job its mask out of the folder of masks, or the problem that there is none."""
    beside = draft.is_among_masks(job.root)
    try:
        mask = masks.match(job.relative, job.root, beside=beside)
    except MaskError as error:
        draft.refusals.append(f"{job.photo}: {error}")
        return replace(job, problem=str(error))
    if mask is not None:
        return replace(job, mask_file=mask)
    if not listed and (why := _why_no_photo(job.photo)):  # of one that is listed this is known
        return replace(job, problem=why)
    problem = masks.why_none(job.relative, beside=beside)
    if listed and draft.selection.base is None:
        problem += "; --base DIR names the folder that its path counts from"
    return replace(job, problem=problem, lacks_mask=True)


def _take_out_collisions(draft: _Draft) -> None:
    """Give the jobs that collide their problem; a photo that was named twice is done once."""
    selection = draft.selection
    in_one_folder = selection.listed and selection.base is None
    advice = "; --base DIR keeps the folders below it" if in_one_folder else ""
    found = find_collisions(draft.jobs, _masks_read(draft), advice=advice)
    draft.refusals.extend(found.refusals)
    if found.repeated:
        more = f" and {len(found.repeated) - 1} more" if len(found.repeated) > 1 else ""
        draft.notes.append(f"{next(iter(found.repeated.values()))}{more}: named twice, and taken once")
    if found.problems or found.repeated:
        draft.jobs = [
            replace(job, problem=found.problems[id(job)], lacks_mask=False)
            if id(job) in found.problems
            else job
            for job in draft.jobs
            if id(job) not in found.repeated
        ]


def _masks_read(draft: _Draft) -> Iterator[str]:
    """Yield the masks that are read; one for all photos once."""
    if draft.selection.mask is not None:
        yield str(draft.selection.mask)
    else:
        yield from (job.mask_file for job in draft.jobs if job.mask_file is not None)


def _sibling(folder: Path) -> Path:
    """Return `<folder>-restored` beside a folder, also where it is named `.` or `..`."""
    named = folder if folder.name not in ("", "..") else real_path(folder)
    if not named.name:
        raise UsageError(f"{folder}: has no folder beside it for the results; name one with -o")
    return named.with_name(named.name + RESULTS_ENDING)
