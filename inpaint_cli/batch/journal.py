"""What is done already: one append-only text file in the output folder.

`OUT/.inpaint-cli.journal` holds one line for each result that was ever written there:

    <inputs> <result>

two BLAKE2b-128 digests in hexadecimal. `inputs` is of the photo's bytes, the mask's bytes, the model file's
and the detector's digest, the settings that change pixels and this program's version; `result` is of the
output's bytes. Since restoring is a pure function, a line states a fact (these inputs give that result) that
holds for ever, whoever wrote it and in whichever order. From that follows:

- An output is up to date if its content has the result that the journal gives for today's inputs: nothing
  else is trusted, neither times nor sizes nor names. Renamed and copied photos are recognised.
- An output is ours to replace if its content is one of the results. Any other file (made by hand, or
  retouched after us) is refused unless `--overwrite` is given.
- A line is appended just *before* its output is renamed into place. Killed between the two, the output is
  missing and is made again. Without the line (journal deleted, power cut) the photo is restored again and
  compared with the output: the same bytes count as up to date, others are refused as somebody else's.
- Lines are appended with O_APPEND in one write each, so two runs at once can't mix them; a torn last line is
  skipped, and the next one starts on a line of its own. Two runs on one folder do double work but write the
  same bytes.

A million lines are 66 MB, read in seconds into some 300 MB.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from inpaint_cli.batch.digest import DIGEST_BYTES
from inpaint_cli.errors import PhotoError

JOURNAL_NAME = ".inpaint-cli.journal"
_HEADER = b"# inpaint-cli: digests of <inputs> <result>, one line for each photo that was written here\n"
_HEX = 2 * DIGEST_BYTES
_LINE = 2 * _HEX + 1


@dataclass
class Journal:
    """Facts about what was written; without a file (`Journal()`) it remembers only for this run."""

    _handle: int | None = None
    _results: dict[bytes, bytes] = field(default_factory=dict)
    _superseded: set[bytes] = field(default_factory=set)
    _written: set[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _torn: bool = False

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open or begin the journal of an output folder, which must exist. Raises PhotoError."""
        path = folder / JOURNAL_NAME
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
        torn = content != b"" and not content.endswith(b"\n")
        return cls(handle, *_facts(content), _torn=torn)

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

    def record(self, inputs: bytes, result: bytes) -> None:
        """Append a fact, before its output is put in place."""
        with self._lock:
            if self._results.get(inputs) == result:
                return
            self._append(inputs.hex().encode() + b" " + result.hex().encode() + b"\n")
            _learn(self._results, self._superseded, inputs, result)
            if self._written is not None:
                self._written.add(result)

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


def _facts(content: bytes) -> tuple[dict[bytes, bytes], set[bytes]]:
    """Return the last result of each inputs, and the results that came before those."""
    results: dict[bytes, bytes] = {}
    superseded: set[bytes] = set()
    for line in content.split(b"\n"):
        if len(line) == _LINE and line[_HEX : _HEX + 1] == b" ":
            try:
                inputs, result = (bytes.fromhex(half.decode()) for half in (line[:_HEX], line[_HEX + 1 :]))
            except ValueError:
                continue
            _learn(results, superseded, inputs, result)
    return results, superseded


def _learn(results: dict[bytes, bytes], superseded: set[bytes], inputs: bytes, result: bytes) -> None:
    before = results.get(inputs, result)
    if before != result:
        superseded.add(before)
    results[inputs] = result
