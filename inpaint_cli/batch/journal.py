"""What is done already: one append-only text file in the output folder.

`OUT/.inpaint-cli.journal` holds one line for each result that was ever written there:

    <inputs> <result> <photo>

two BLAKE2b-128 digests in hexadecimal, and a path in the way of URLs. `inputs` is of the photo's bytes, the
mask's bytes, the model file's and the detector's digest, the settings that change pixels and this program's
code; `result` is of the output's bytes. Since restoring is a pure function, a line states a fact (these
inputs give that result) that holds for ever, whoever wrote it and in whichever order. From that follows:

- An output is up to date if its content has the result that the journal gives for today's inputs: nothing
  else is trusted, neither times nor sizes nor names. Renamed and copied photos are recognised.
- An output is ours to replace if its content is one of the results. Any other file (made by hand, or
  retouched after us) is refused unless `--overwrite` is given; so is what was only made of other photos that
  are still there, which is all that the path of the photo is for.
- A line is appended just *before* its output is renamed into place. Killed between the two, the output is
  missing and is made again. Without the line (journal deleted, power cut) the photo is restored again and
  compared with the output: the same bytes count as up to date, others are refused as somebody else's.
- Lines are appended with O_APPEND in one write each, so two runs at once can't mix them. A line that is torn
  within its digests is skipped, one torn within its path names a photo that is not there, and the next one
  starts on a line of its own. Two runs on one folder do double work but write the same bytes; with other
  settings, what one of them has appended is read by the other where it meets a file that it does not know.
- The file is open only while a line is appended: a run may write into thousands of folders.

A million lines are 100 MB, read in seconds; they take 160 MB, and 200 more once a result is to be replaced.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from inpaint_cli.batch.digest import DIGEST_BYTES
from inpaint_cli.errors import PhotoError
from inpaint_cli.paths import refuse_endless

JOURNAL_NAME = ".inpaint-cli.journal"
_HEADER = b"# inpaint-cli: digests of <inputs> <result>, and <photo>, one line for each result written here\n"
_HEX = 2 * DIGEST_BYTES
_LINE = 2 * _HEX + 1

_Photos = bytes | set[bytes]
"""One photo, or several: hardly any result has more than one, and a million sets take memory."""


@dataclass
class Journal:
    """Facts about what was written; without a file (`Journal()`) it remembers only for this run."""

    _path: Path | None = None
    _file: os.stat_result | None = None
    _results: dict[bytes, bytes] = field(default_factory=dict)
    _superseded: set[bytes] = field(default_factory=set)
    _written: set[bytes] | None = None
    _photos: dict[bytes, _Photos] | None = None
    _known_to: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read or begin the journal of an output folder, which must exist. Raises PhotoError."""
        path = folder / JOURNAL_NAME
        with _opened(path) as handle:
            content = path.read_bytes()
            return cls(path, os.fstat(handle), *_facts(content), _known_to=_whole_lines(content))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the journal of an output folder, which remembers nothing where there is none; begin none.

        Raises PhotoError.
        """
        path = folder / JOURNAL_NAME
        if not os.path.lexists(path):
            return cls()
        try:
            refuse_endless(path)
            content = path.read_bytes()
            return cls(path, None, *_facts(content), _known_to=_whole_lines(content))
        except OSError as error:
            raise _unusable(path, error) from error

    @property
    def is_kept(self) -> bool:
        """Is it a file that earlier runs wrote into as well?"""
        return self._path is not None

    def result_of(self, inputs: bytes) -> bytes | None:
        """Return the digest of what these inputs give, None where that is not known yet."""
        with self._lock:
            return self._results.get(inputs)

    def wrote(self, result: bytes) -> bool:
        """Say whether content with this digest was written by a run on this folder, also one beside this."""
        with self._lock:
            if self._written is None:
                self._written = self._superseded.union(self._results.values())
            if result not in self._written:
                self._catch_up()
            return result in self._written

    def photos_of(self, result: bytes) -> list[Path]:
        """Return the photos that content with this digest was made of, sorted; none where none is known."""
        with self._lock:
            return [Path(os.fsdecode(unquote_to_bytes(photo))) for photo in sorted(self._made_of(result))]

    def record(self, inputs: bytes, result: bytes, photo: Path | None = None) -> None:
        """Append a fact, before its output is put in place; photo: absolute, what the result is made of.

        Raises PhotoError where it can't be written.
        """
        spelt = b"" if photo is None else quote_from_bytes(os.fsencode(photo)).encode()
        with self._lock:
            is_known = self._results.get(inputs) == result and (not spelt or spelt in self._made_of(result))
            if self._path is not None:
                self._append(self._path, inputs, result, spelt, is_known=is_known)
            if is_known:
                return
            self._learn(inputs, result, spelt)

    def _learn(self, inputs: bytes, result: bytes, photo: bytes) -> None:
        _learn(self._results, self._superseded, inputs, result)
        if self._written is not None:
            self._written.add(result)
        if self._photos is not None and photo:
            _learn_photo(self._photos, result, photo)

    def _catch_up(self) -> None:
        """Learn the whole lines that were appended since the file was read, by other runs or by this one."""
        if self._path is None:
            return
        with suppress(OSError), self._path.open("rb") as file:
            file.seek(self._known_to)
            appended = file.read()
            whole = _whole_lines(appended)
            for fact in _lines(appended[:whole]):
                self._learn(*fact)
            self._known_to += whole

    def _made_of(self, result: bytes) -> Collection[bytes]:
        """Return the photos of a result, spelt as in the journal, which is read for them once."""
        if self._photos is None:
            self._photos = {} if self._path is None else _photos(self._path)
        photos = self._photos.get(result, ())
        return (photos,) if isinstance(photos, bytes) else photos

    def _append(self, path: Path, inputs: bytes, result: bytes, photo: bytes, *, is_known: bool) -> None:
        """Append a line; of a fact that is known only where the file is no longer the one that had it."""
        with _opened(path) as handle:
            if is_known and not self._is_lost(handle):
                return
            words = [inputs.hex().encode(), result.hex().encode(), *([photo] if photo else [])]
            line = b" ".join(words) + b"\n"
            whole = line if _ends_a_line(handle) else b"\n" + line
            if os.write(handle, whole) != len(whole):
                raise PhotoError("the journal can't be written whole, the disk may be full")
            self._file = os.fstat(handle)

    def _is_lost(self, handle: int) -> bool:
        """Was the file that this run knows moved or removed, with its folder perhaps?"""
        now = os.fstat(handle)
        # A new file may well have the number of the one that was removed.
        return self._file is None or not os.path.samestat(self._file, now) or now.st_size < self._file.st_size


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open or begin a journal, to read it and to append to it, for a moment. Raises PhotoError."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with suppress(FileNotFoundError):
            refuse_endless(path)
        handle = os.open(path, flags, 0o666)
        try:
            if not os.fstat(handle).st_size:
                os.write(handle, _HEADER)
            yield handle
        finally:
            os.close(handle)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> PhotoError:
    return PhotoError(f"{path}: the journal can't be used ({error.strerror or error})")


def _ends_a_line(handle: int) -> bool:
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1) == b"\n"


def _whole_lines(content: bytes) -> int:
    """Return how many bytes the lines take that are ended: the last one may still be written."""
    return content.rfind(b"\n") + 1


def _facts(content: bytes) -> tuple[dict[bytes, bytes], set[bytes]]:
    """Return the last result of each inputs, and the results that came before those."""
    results: dict[bytes, bytes] = {}
    superseded: set[bytes] = set()
    for inputs, result, _ in _lines(content):
        _learn(results, superseded, inputs, result)
    return results, superseded


def _photos(path: Path) -> dict[bytes, _Photos]:
    """Return the photos that each result was made of, as the journal spells their paths."""
    photos: dict[bytes, _Photos] = {}
    with suppress(OSError):
        for _, result, photo in _lines(path.read_bytes()):
            if photo:
                _learn_photo(photos, result, photo)
    return photos


def _lines(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield inputs, result and photo (b"" where none is told) of each line that is one."""
    for ended in BytesIO(content):  # as `split` does, but without a list of a million
        line = ended.rstrip(b"\n")
        if len(line) >= _LINE and line[_HEX : _HEX + 1] == b" " and line[_LINE : _LINE + 1] in (b"", b" "):
            try:
                inputs, result = (
                    bytes.fromhex(line[:_HEX].decode()),
                    bytes.fromhex(line[_HEX + 1 : _LINE].decode()),
                )
            except ValueError:
                continue
            yield inputs, result, line[_LINE + 1 :]


def _learn(results: dict[bytes, bytes], superseded: set[bytes], inputs: bytes, result: bytes) -> None:
    before = results.get(inputs, result)
    if before != result:
        superseded.add(before)
    results[inputs] = result


def _learn_photo(photos: dict[bytes, _Photos], result: bytes, photo: bytes) -> None:
    before = photos.setdefault(result, photo)
    if isinstance(before, set):
        before.add(photo)
    elif before != photo:
        photos[result] = {before, photo}
