"""The file that a job writes: what is there already, and where it may go."""

from __future__ import annotations

import errno
import filecmp
import os
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePath
from typing import Self

from inpaint_cli.batch.digest import digest_of, file_digest
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import write_atomically

IS_A_FILE = os.strerror(errno.EEXIST)
"""Why a folder can't be made where a file is, as the system has it."""
_REPLACES = "--overwrite replaces it"


class OutputFile:
    """One output, below an output folder."""

    def __init__(
        self,
        root: Path,
        relative: PurePath,
        journal: Journal,
        *,
        photo: Path | None = None,
        place: tuple[bytes, ...] = (),
    ) -> None:
        """Name the output; the file that is there is looked at when it is first asked for.

        photo: what it is made of: the result of another photo is not replaced.
        place: names this output, where several may well have the same content (masks without damage), so that
        one that was copied over another does not count as written by us.
        """
        self._root = root
        self._relative = relative
        self._journal = journal
        self._photo = None if photo is None else Path(os.path.abspath(photo))  # noqa: PTH100
        self._place = place

    @classmethod
    def of_photo(cls, job: Job, journals: Mapping[str, Journal]) -> Self:
        """Name the restored photo of a job; journals: of each output folder that has one."""
        journal = journals.get(job.output_root) or Journal()
        return cls(Path(job.output_root), Path(job.output_relative), journal, photo=job.photo)

    @cached_property
    def _present(self) -> bytes | None:
        return self._look()

    def is_up_to_date(self, inputs: bytes) -> bool:
        """Say whether the file that is there is what these inputs give; `inputs` is their digest.

        Raises PhotoError where it can't be read, as all questions do.
        """
        return self._present is not None and self._present == self._journal.result_of(inputs)

    @property
    def is_there(self) -> bool:
        """Say whether there is such a file."""
        return self._present is not None

    def is_of_others(self) -> bool:
        """Say whether a file is there that no run wrote, or that was changed since."""
        return self._present is not None and not self._journal.wrote(self._present)

    def why_kept(self) -> str:
        """Say what keeps the file that is there from being replaced by another result, "" where nothing does.

        Without `--overwrite`, that is.
        """
        return self._why_kept(self._present)

    def put(self, result: bytes, inputs: bytes, *, overwrite: bool, mode: int | None = None) -> bool:
        """Write the result; False where it is there already. Raises PhotoError for somebody else's file.

        That is also one that was saved there since this program first looked.
        mode: of a new file, see `replacing`.
        """
        digest = digest_of(result, *self._place)
        if not overwrite:
            present = self._look()
            if present == digest:
                self._journal.record(inputs, digest, self._photo)
                return False
            if why := self._why_kept(present):
                raise PhotoError(f"{self._root / self._relative}: {why}")
        folder = make_folder(self._root, self._relative.parent)
        self._journal.record(inputs, digest, self._photo)
        write_atomically(folder / self._relative.name, result, mode=mode)
        return True

    def withdraw(self) -> bool:
        """Remove the file that is there, if it was made of this photo and was not changed meanwhile.

        Returns whether none is there afterwards. Raises PhotoError where that fails.
        """
        if self._present is None:
            return True
        if not self._is_of_photo(self._present) or self._look() != self._present:
            return False
        path = self._root / self._relative
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise PhotoError(f"{path}: can't be removed: {error.strerror or error}") from error
        return True

    def _is_of_photo(self, present: bytes) -> bool:
        """Say whether the file that was there is what a run made of this photo."""
        photo = self._photo
        if photo is None or self.is_of_others():
            return False
        return any(_are_one(other, photo) for other in self._journal.photos_of(present))

    def _look(self) -> bytes | None:
        """Return the digest of the file that is there now, None where there is none. Raises PhotoError."""
        return file_digest(self._root / self._relative, *self._place)

    def _why_kept(self, present: bytes | None) -> str:
        """Say what keeps the file that is there now from being replaced, "" where nothing does."""
        if present is None:
            return ""
        if not self._journal.wrote(present):
            if present != self._present:
                return f"was changed meanwhile; {_REPLACES}"
            if self._journal.is_kept:
                return f"is there already, and is not (or no longer) what this program wrote; {_REPLACES}"
            return f"is there already, and no journal tells whether this program wrote it; {_REPLACES}"
        photo = self._photo
        if photo is None:
            return ""
        made_of = self._journal.photos_of(present)
        if made_of and all(_are_two(other, photo) for other in made_of):
            return (
                f"is there already, made of {made_of[0]}; write into another folder (--overwrite replaces it)"
            )
        return ""


def _are_two(one: Path, other: Path) -> bool:
    """Say whether these are two photos: not where one is a copy of the other.

    Nor where one is gone: it was renamed, or is no longer wanted.
    """
    try:
        if one == other or one.samefile(other):
            return False
    except OSError:
        return False
    return not _are_alike(one, other)


def _are_alike(one: Path, other: Path) -> bool:
    """Say whether two files have the same content, as those of a project and its copy."""
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _are_one(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False


def result_mode(photo: Path) -> int:
    """Return who may read and write what is made of a photo: who may the photo. Raises PhotoError.

    Its owner may always read it, who on the photo may have had that right as one of a group only: the next
    run looks at it.
    """
    try:
        return photo.stat().st_mode | stat.S_IRUSR
    except OSError as error:
        raise PhotoError(f"{photo}: can't be read: {error.strerror or error}") from error


def cannot_be_made(root: Path, why: str, flag: str = "-o") -> str:
    """Say that `root` can't be a folder of results; flag: the one that names another."""
    return f"{root}: can't be made the output folder: {why}; give another folder with {flag}"


def make_folder(root: Path, relative: PurePath) -> Path:
    """Make the folders of `relative` below `root` and return the last one.

    A link on the way would lead out of the output folder and is refused, as is a file. Raises PhotoError.
    """
    if relative.is_absolute() or ".." in relative.parts:
        raise PhotoError(f"{relative}: would lead out of the output folder {root}")
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = root
        for part in relative.parts:
            folder = folder / part
            if folder.is_symlink():
                raise PhotoError(f"{folder}: is a link, results are not written through it")
            folder.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise PhotoError(f"{error.filename}: is a file where a folder of the results must be") from error
    except OSError as error:
        raise PhotoError(f"{error.filename}: the folder can't be made: {error.strerror}") from error
    return folder
