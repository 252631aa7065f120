"""Which mask belongs to which photo: by relative path and stem."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.names import joined, split_suffix
from inpaint_cli.batch.walk import Walk
from inpaint_cli.errors import MaskError, UsageError

MASK_ENDING = "_mask"


@dataclass
class MaskFolder:
    """The masks in a folder, by what they could belong to.

    For the photo `a/b.jpg` these are looked for, whatever the mask's own suffix: `a/b.jpg.png` (which tells
    `b.jpg` from `b.png`), else `a/b.png` or `a/b_mask.png`. More than one is ambiguous and refused.
    """

    folder: str
    _named: dict[str, list[str]] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: str, suffixes: frozenset[str]) -> MaskFolder:
        """List the masks in a folder and below."""
        if not Path(folder).is_dir():
            raise UsageError(f"--mask-dir {folder}: there is no such folder")
        masks = cls(folder)
        walk = Walk(suffixes)
        for relative in walk.files(folder):
            masks._named.setdefault(_key(_stem(relative)), []).append(relative)
        masks.problems = walk.problems
        return masks

    def match(self, relative: str, *, beside: bool = False) -> str | None:
        """Return the mask's path for a photo, None where there is none. MaskError where there are several.

        beside: photos lie in the mask folder itself, so that only the ending `_mask` tells them apart.
        """
        stem = _stem(relative)
        exact = self._candidates(relative + MASK_ENDING) + ([] if beside else self._candidates(relative))
        loose = self._candidates(stem + MASK_ENDING) + ([] if beside else self._candidates(stem))
        found = exact or loose
        if not found:
            return None
        owner, *_ = [self._owners.setdefault(each, stem) for each in found]
        if len(found) > 1:
            raise MaskError(f"ambiguous masks for it in {self.folder}: {' and '.join(sorted(found))}")
        if owner != stem:
            raise MaskError(f"ambiguous mask: {found[0]} would belong to both {owner} and {stem}")
        return joined(self.folder, found[0])

    def why_none(self, relative: str, *, beside: bool = False) -> str:
        """Say where a mask was looked for that `match` hasn't found."""
        stem = _stem(relative)
        looked = f"{stem}{MASK_ENDING}.png" if beside else f"{stem}.png, {stem}{MASK_ENDING}.png"
        return f"no mask for it in {self.folder} (looked for {looked} and other suffixes)"

    def orphans(self) -> list[str]:
        """Return the masks that belong to no photo which was asked for so far."""
        every = (relative for group in self._named.values() for relative in group)
        return sorted(relative for relative in every if relative not in self._owners)

    def _candidates(self, name: str) -> list[str]:
        return self._named.get(_key(name), [])


def is_named_as_mask(relative: str) -> bool:
    """Say whether a file among photos has the name of a mask: `b_mask.png`."""
    return _stem(relative).endswith(MASK_ENDING)


def masks_among(files: Sequence[str]) -> set[str]:
    """Return those of a folder's files that are named as the mask of another: `b_mask.png` of `b.jpg`."""
    owners = {file: _key(_stem(file)).removesuffix(MASK_ENDING) for file in files if is_named_as_mask(file)}
    if not owners:
        return set()
    wanted = set(owners.values())
    there = {name for file in files for name in (_key(file), _key(_stem(file))) if name in wanted}
    return {file for file, owner in owners.items() if owner in there}


def named_as_masks(jobs: list[Job]) -> list[Job]:
    """Name outputs so that `MaskFolder.match` finds them: by stem, or by the whole name where two share it.

    Masks of TIFF photos, which may have several pages, are TIFF files, others PNG.
    """
    stems = Counter((job.output_root, _stem(job.relative)) for job in jobs)
    return [
        replace(job, output_relative=_mask_name(job.relative, stems[job.output_root, _stem(job.relative)]))
        for job in jobs
    ]


def _mask_name(relative: str, sharing: int) -> str:
    suffix = ".tif" if split_suffix(relative)[1].lower() in (".tif", ".tiff") else ".png"
    return (_stem(relative) if sharing == 1 else relative) + suffix


def _stem(relative: str) -> str:
    return split_suffix(relative)[0]


def _key(name: str) -> str:
    """Write letters with marks one way: macOS decomposes them in names, others don't."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)
