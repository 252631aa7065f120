"""What is done already: one append-only text file in the output folder.

`OUT/.inpaint-cli.journal` holds one line for each result that was ever written there:

    <inputs> <result> <photo>

two BLAKE2b-128 digests in hexadecimal, and a path in the way of URLs. `inputs` is of the photo's bytes, the
mask's bytes, the model file's and the detector's digest, the settings that change pixels and this program's
version; `result` is of the output's bytes. Since restoring is a pure function, a line states a fact (these
inputs give that result) that holds for ever, whoever wrote it and in whichever order. From that follows:

- An output is up to date if its content has the result that the journal gives for today's inputs: nothing
  else is trusted, neither times nor sizes nor names. Renamed and copied photos are recognised.
- An output is ours to replace if its content is one of the results. Any other file (made by hand, or
  retouched after us) is refused unless `--overwrite` is given; so is the result of another photo that is
  still there, which is all that the path of the photo is for.
- A line is appended just *before* its output is renamed into place. Killed between the two, the output is
  missing and is made again. Without the line (journal deleted, power cut) the photo is restored again and
  compared with the output: the same bytes count as up to date, others are refused as somebody else's.
- Lines are appended with O_APPEND in one write each, so two runs at once can't mix them; a torn last line is
  skipped, and the next one starts on a line of its own. Two runs on one folder do double work but write the
  same bytes.

A million lines are 100 MB, read in seconds; they take 160 MB, and 200 more once a result is to be replaced.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from inpaint_cli.batch.digest import DIGEST_BYTES
from inpaint_cli.errors import PhotoError

JOURNAL_NAME = ".inpaint-cli.journal"
_HEADER = b"# inpaint-cli: digests of <inputs> <result>, and <photo>, one line for each result written here\n"
_HEX = 2 * DIGEST_BYTES
_LINE = 2 * _HEX + 1


@dataclass
class Journal:
    """Facts about what was written; without a file (`Journal()`) it remembers only for this run."""

    _path: Path | None = None
    _handle: int | None = None
    _results: dict[bytes, bytes] = field(default_factory=dict)
    _superseded: set[bytes] = field(default_factory=set)
    _written: set[bytes] | None = None
    _photos: dict[bytes, bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _torn: bool = False

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open or begin the journal of an output folder, which must exist. Raises PhotoError."""
        path = folder / JOURNAL_NAME
        handle, content = _opened(path)
        return cls(path, handle, *_facts(content), _torn=_is_torn(content))

    @property
    def is_kept(self) -> bool:
        """Is it a file that earlier runs wrote into as well?"""
        return self._handle is not None

    def result_of(self, inputs: bytes) -> bytes | None:
        """Return the digest of what these inputs give, None where that is not known yet."""
        with self._lock:
            return self._results.get(inputs)

    def wrote(self, result: bytes) -> bool:
        """Say whether content with this digest was written by a run on this folder."""
        with self._lock:
            if self._written is None:
                self._written = self._superseded.union(self._results.values())
            return result in self._written

    def photo_of(self, result: bytes) -> Path | None:
        """Return the photo that content with this digest was last made of, None where that is not known."""
        with self._lock:
            if self._photos is None:
                self._photos = {} if self._path is None else _photos(self._path)
            photo = self._photos.get(result)
            return None if photo is None else Path(os.fsdecode(unquote_to_bytes(photo)))

    def record(self, inputs: bytes, result: bytes, photo: Path | None = None) -> None:
        """Append a fact, before its output is put in place; photo: absolute, what the result is made of."""
        with self._lock:
            if self._is_lost():
                self._begin_again()
            elif self._results.get(inputs) == result:
                return
            words = [inputs.hex(), result.hex()]
            if photo is not None:
                words.append(quote_from_bytes(os.fsencode(photo)))
            self._append(" ".join(words).encode() + b"\n")
            _learn(self._results, self._superseded, inputs, result)
            if self._written is not None:
                self._written.add(result)
            if self._photos is not None and photo is not None:
                self._photos[result] = words[-1].encode()

    def close(self) -> None:
        """Release the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _append(self, line: bytes) -> None:
        if self._handle is None:
            return
        whole = b"\n" + line if self._torn else line
        try:
            self._torn = os.write(self._handle, whole) != len(whole)
        except OSError as error:
            raise PhotoError(f"the journal can't be written: {error.strerror or error}") from error
        if self._torn:
            raise PhotoError("the journal can't be written whole, the disk may be full")

    def _is_lost(self) -> bool:
        """Was the file moved or removed, with its folder perhaps, since it was opened?"""
        if self._path is None or self._handle is None:
            return False
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._handle))
        except OSError:
            return True

    def _begin_again(self) -> None:
        """Begin a new file: what is written from here on is known by it."""
        if self._path is not None:
            handle, content = _opened(self._path)
            self.close()
            self._handle, self._torn = handle, _is_torn(content)


def _opened(path: Path) -> tuple[int, bytes]:
    """Open or begin a journal: a handle to append to it, and what it holds. Raises PhotoError."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with ExitStack() as on_failure:
        try:
            handle = os.open(path, flags, 0o666)
            on_failure.callback(os.close, handle)
            content = path.read_bytes()
            if not content:
                os.write(handle, _HEADER)
        except OSError as error:
            raise PhotoError(f"{path}: the journal can't be used ({error.strerror or error})") from error
        on_failure.pop_all()
    return handle, content


def _is_torn(content: bytes) -> bool:
    return content != b"" and not content.endswith(b"\n")


def _facts(content: bytes) -> tuple[dict[bytes, bytes], set[bytes]]:
    """Return the last result of each inputs, and the results that came before those."""
    results: dict[bytes, bytes] = {}
    superseded: set[bytes] = set()
    for inputs, result, _ in _lines(content):
        _learn(results, superseded, inputs, result)
    return results, superseded


def _photos(path: Path) -> dict[bytes, bytes]:
    """Return the photo that each result was last made of, as the journal spells its path."""
    try:
        return {result: photo for _, result, photo in _lines(path.read_bytes()) if photo}
    except OSError:
        return {}


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
