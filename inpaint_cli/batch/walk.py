"""Find the photos in a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inpaint_cli.batch.journal import JOURNAL_NAME
from inpaint_cli.names import split_suffix

FolderId = tuple[int, int]
"""Device and inode: which folder it really is, by whatever name."""


@dataclass
class Walk:
    """Walks one folder; what was left out, and why, is told afterwards.

    suffixes: of the files to find, lower case; avoid: folders that are not entered.
    enters_results: whether folders in which a run of ours wrote are entered too, as those of masks are.
    avoided: those of `avoid` that were met.
    others: how many files of other suffixes there are, lower case.
    notes: left out, which is harmless; problems: a folder and why it can't be read.
    """

    suffixes: frozenset[str]
    avoid: Collection[FolderId] = ()
    enters_results: bool = False
    avoided: set[FolderId] = field(default_factory=set)
    others: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def files(self, root: str) -> Iterator[str]:
        """Yield the files with one of the suffixes as paths from `root`, sorted within each folder.

        Hidden files and folders and macOS's `._` files are left out. Links to folders are followed after
        everything else, each real folder once, so that neither loops nor two links to one folder repeat a
        photo.
        """
        start = len(root) if root.endswith(os.sep) else len(root) + 1
        visited: set[FolderId] = set()
        links: list[str] = []
        for path in self._tree(root, visited, links):
            yield path[start:]
        while links:
            link = links.pop(0)
            if self._identity(link) in visited:
                self.notes.append(f"{link}: links to a folder that is walked already")
                continue
            for path in self._tree(link, visited, links):
                yield path[start:]

    def _tree(self, root: str, visited: set[FolderId], links: list[str]) -> Iterator[str]:
        """Yield the files below one folder; links to folders are only collected."""
        folders = [root]
        while folders:
            folder = folders.pop()
            identity = self._identity(folder)
            if identity in self.avoid and identity is not None:
                self.avoided.add(identity)
                continue
            if identity is None or identity in visited:
                continue
            visited.add(identity)
            if len(visited) > 1 and not self.enters_results and holds_results(folder):
                self.notes.append(
                    f"{folder}: holds results of an earlier run and is left out; photos of your own in it are"
                    " taken where you name them"
                )
                continue
            files, below, linked = self._list(folder)
            yield from files
            folders.extend(reversed(below))
            links.extend(linked)

    def _identity(self, folder: str) -> FolderId | None:
        try:
            return folder_id(folder)
        except OSError as error:
            self.problems.append((folder, f"the folder can't be read ({error.strerror or error})"))
            return None

    def _list(self, folder: str) -> tuple[list[str], list[str], list[str]]:
        """Return the files, the folders and the links to folders in one folder."""
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append((folder, f"the folder can't be listed ({error.strerror or error})"))
            return files, folders, links
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(entry.path)
                continue
            suffix = split_suffix(entry.name)[1].lower()
            if suffix in self.suffixes:
                files.append(entry.path)
            else:
                self.others[suffix] += 1
        return files, folders, links


def holds_results(folder: str | Path) -> bool:
    """Say whether a run of ours wrote into a folder."""
    return os.path.lexists(Path(folder, JOURNAL_NAME))


def results_around(folder: Path) -> Path | None:
    """Return the folder of results that a folder is or lies in, None where there is none.

    One that it lies in counts where its journal may be written to.
    """
    if holds_results(folder):
        return folder
    above = Path(os.path.realpath(folder)).parents
    return next((each for each in above if os.access(each / JOURNAL_NAME, os.W_OK)), None)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: a photo that can't be read, if its suffix is a photo's
        return False


def folder_id(path: str | Path) -> FolderId:
    """Return which folder `path` really is. Raises OSError."""
    status = Path(path).stat()
    return status.st_dev, status.st_ino


def existing_id(path: Path | None) -> FolderId | None:
    """Return which folder `path` really is, None where there is none."""
    if path is None:
        return None
    try:
        return folder_id(path)
    except OSError:
        return None
