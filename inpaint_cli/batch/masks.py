"""Which mask belongs to which photo: by relative path and stem."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.walk import FolderId, Walk
from inpaint_cli.errors import MaskError, UsageError
from inpaint_cli.names import MASK_ENDING, is_named_as_mask, joined, spelt_one_way, split_suffix, stem_of


@dataclass
class MaskFolder:
    """The masks in a folder, by what they could belong to.

    For the photo `a/b.jpg` these are looked for, whatever the mask's own suffix: `a/b.jpg_mask.png` or
    `a/b.jpg.png` (which tell `b.jpg` from `b.png`), else `a/b_mask.png` or `a/b.png`. More than one is
    ambiguous and refused.
    """

    folder: str
    _named: dict[str, list[str]] = field(default_factory=dict)
    _owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: str, suffixes: frozenset[str], avoid: Collection[FolderId] = ()) -> MaskFolder:
        """List the masks in a folder and below, also those that `detect` wrote into a folder of its own.

        avoid: folders of results, which are no masks. Raises UsageError where the folder itself can't be
        read; of those below it `problems` tells.
        """
        if not Path(folder).is_dir():
            raise UsageError(f"--mask-dir {folder}: there is no such folder")
        masks = cls(folder)
        walk = Walk(suffixes, avoid, enters_results=True)
        for relative in walk.files(folder):
            masks._named.setdefault(spelt_one_way(stem_of(relative)), []).append(relative)
        masks.problems = walk.problems
        if masks.problems and masks.problems[0][0] == folder:
            raise UsageError(f"{folder}: {masks.problems[0][1]}")
        return masks

    def candidates(self, relative: str, *, beside: bool = False) -> list[str]:
        """Return what `match` chooses from."""
        stem = stem_of(relative)
        exact = self._called(relative + MASK_ENDING) + ([] if beside else self._called(relative))
        return exact or self._called(stem + MASK_ENDING) + ([] if beside else self._called(stem))

    def match(self, relative: str, root: str, *, beside: bool = False) -> str | None:
        """Return the mask's path for a photo, None where there is none.

        Raises MaskError where there are several, or where it is taken for a photo of another name or folder.
        root: the folder that the photo's path counts from. beside: photos lie in the mask folder itself, so
        that only the ending `_mask` tells them apart.
        """
        stem, found = stem_of(relative), self.candidates(relative, beside=beside)
        if not found:
            return None
        owner, *_ = [self._owners.setdefault(each, (root, stem)) for each in found]
        if len(found) > 1:
            raise MaskError(f"ambiguous masks for it in {self.folder}: {' and '.join(sorted(found))}")
        if owner[1] != stem:
            raise MaskError(f"ambiguous mask: {found[0]} would belong to both {owner[1]} and {stem}")
        if owner[0] != root and os.path.realpath(owner[0]) != os.path.realpath(root):
            raise MaskError(
                f"ambiguous mask: {found[0]} would belong to both {joined(*owner)} and {joined(root, stem)};"
                " restore one folder at a time, or the folder around both, with masks in folders like those"
            )
        return joined(self.folder, found[0])

    def why_none(self, relative: str, *, beside: bool = False) -> str:
        """Say where a mask was looked for that `match` hasn't found: the usual names, by the photo's stem."""
        stem = stem_of(relative)
        looked = f"{stem}{MASK_ENDING}.png" if beside else f"{stem}.png, {stem}{MASK_ENDING}.png"
        return f"no mask for it in {self.folder} (looked for {looked} and other suffixes)"

    def orphans(self) -> list[str]:
        """Return the masks that belong to no photo which was asked for so far."""
        every = (relative for group in self._named.values() for relative in group)
        return sorted(relative for relative in every if relative not in self._owners)

    def _called(self, name: str) -> list[str]:
        """Return the masks of a name; of several, those that write its letters with marks as it does."""
        found = self._named.get(spelt_one_way(name), [])
        if len(found) < 2:
            return found
        return [each for each in found if stem_of(each) == name] or found


def masks_left_out(folder: str, masks: Collection[str]) -> str:
    """Say of `masks_among` a folder's files that they are no photos."""
    return f"{folder}: masks beside photos are left out ({len(masks)}, such as {min(masks)})"


def named_as_masks(jobs: list[Job]) -> list[Job]:
    """Name outputs so that `MaskFolder.match` finds them, by stem or by the whole name.

    The latter where a stem could be that of another photo's mask: two photos share it, one is called `b.jpg`
    and another `b.jpg.png`, or it ends in `_mask`. Masks of TIFF photos, which may have several pages, are
    TIFF files, others PNG.
    """
    stems = Counter((job.output_root, spelt_one_way(stem_of(job.relative))) for job in jobs)
    whole = {(job.output_root, spelt_one_way(job.relative)) for job in jobs}

    def named(job: Job) -> Job:
        stem = stem_of(job.relative)
        place = job.output_root, spelt_one_way(stem)
        is_clear = stems[place] == 1 and place not in whole and not is_named_as_mask(job.relative)
        suffix = ".tif" if split_suffix(job.relative)[1].lower() in (".tif", ".tiff") else ".png"
        return replace(job, output_relative=(stem if is_clear else job.relative) + suffix)

    return [named(job) for job in jobs]


def with_masks_there(jobs: list[Job], suffixes: frozenset[str]) -> list[Job]:
    """Note in jobs that write masks which other file in the output folder is that photo's mask already."""
    roots = [root for root in {job.output_root for job in jobs} if Path(root).is_dir()]
    folders = {root: MaskFolder.read(root, suffixes) for root in roots}

    def looked_up(job: Job) -> Job:
        if job.output_root not in folders:
            return job
        there = folders[job.output_root].candidates(job.relative)
        others = [mask for mask in there if mask != job.output_relative]
        return replace(job, rival_file=joined(job.output_root, others[0])) if others else job

    return [looked_up(job) for job in jobs]
