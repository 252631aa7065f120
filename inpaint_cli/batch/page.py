"""The picture report: one HTML file that needs nothing else, neither files nor network.

Rows and pictures go, a line each, into two unnamed temporary files as outcomes arrive, so that memory hardly
grows with the number of photos; at the end the latest of each photo are joined into the page, which is put in
place whole. In the page each photo's pictures are a block of their own that is read only when they come into
view.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote_from_bytes

from inpaint_cli.batch.damage import Bools
from inpaint_cli.batch.outcome import Outcome, Status
from inpaint_cli.batch.page_document import Summary, displayed, document
from inpaint_cli.batch.page_sources import pictures_of
from inpaint_cli.batch.page_thumbnails import Pictures
from inpaint_cli.errors import PhotoError, UsageError
from inpaint_cli.limits import DEFAULT_MAX_PIXELS
from inpaint_cli.replacing import refuse_what_is_no_file, replacing

MOST_PICTURE_BYTES = 120_000_000
"""Some 2,000 to 4,000 photos, which a browser reads with ease; the photos after that are shown without."""


class PageWriter:
    """Collects outcomes from several threads and writes the page at the end.

        with PageWriter(path) as page:
            page.add(outcome)          # in the worker: it reads photo and result again to picture them
            page.finish(seconds=12.3)

    Left without `finish`, nothing is written. Raises UsageError at once where the page can't be written.

    invert_mask, mask_mode, max_pixels: as the run reads masks and photos. most_picture_bytes: photos after
    that get no pictures.
    """

    def __init__(
        self,
        path: Path,
        *,
        invert_mask: bool = False,
        mask_mode: str = "only",
        max_pixels: int = DEFAULT_MAX_PIXELS,
        most_picture_bytes: int = MOST_PICTURE_BYTES,
    ) -> None:
        if path.is_dir():
            raise UsageError(f"--html {path}: is a folder; name the file, such as {path / 'report.html'}")
        self._path = path
        self._base = os.fsencode(path.absolute().parent)
        self._pictures_of = partial(
            pictures_of, invert_mask=invert_mask, mask_mode=mask_mode, max_pixels=max_pixels
        )
        self._room = most_picture_bytes
        self._summary = Summary()
        self._latest: dict[int, int] = {}
        self._statuses: list[Status] = []
        self._first_without = sys.maxsize
        self._broken: OSError | None = None
        self._unpictured: list[str] = []
        self._lock = threading.Lock()
        self._files = ExitStack()
        try:
            refuse_what_is_no_file(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._rows, self._pictures = (self._files.enter_context(_spool(path.parent)) for _ in range(2))
        except OSError as error:
            raise UsageError(f"--html {path}: can't be written there: {error.strerror or error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def add(self, outcome: Outcome, masks: Sequence[Bools] | None = None) -> None:
        """Take one outcome; safe from several threads, and never fails.

        masks: (h, w) of each page as seen, True = damaged, for masks that are not in a file; without them the
        page shows transparency, or where before and after differ.
        """
        pictures = self._pictured(outcome, masks) if self._room > 0 else None
        with self._lock:
            try:
                self._put(outcome, pictures if self._room > 0 else None)
            except OSError as error:
                self._broken = self._broken or error  # told by finish: the photos matter more than the page

    def finish(self, *, seconds: float, notes: Sequence[str] = (), written: datetime | None = None) -> None:
        """Write the page. Raises PhotoError.

        seconds: what the whole run took. notes: sentences to show at the top, such as that it was
        interrupted. written: the date that it shows, None for now.
        """
        every_note = [*notes, *self._own_notes()]
        head, middle, tail = document(self._summary, seconds, every_note, written or datetime.now())
        try:
            if self._broken is not None:
                raise self._broken
            with replacing(self._path) as file:
                file.write(head)
                file.writelines(self._kept_rows())
                file.write(middle)
                file.writelines(self._kept_pictures())
                file.write(tail)
        except OSError as error:
            raise PhotoError(f"{self._path}: can't be written: {error.strerror or error}") from error

    def _pictured(self, outcome: Outcome, masks: Sequence[Bools] | None) -> Pictures | None:
        try:
            return self._pictures_of(outcome, masks)
        except Exception as error:  # a bug of ours, or no memory, must not stop the photos
            self._unpictured.append(f"{displayed(outcome.photo)}: {type(error).__name__}: {error}")
            return None

    def _own_notes(self) -> Iterator[str]:
        if self._unpictured:
            more = f" and {len(self._unpictured) - 1:,} more" if len(self._unpictured) > 1 else ""
            yield f"Could not be pictured: {self._unpictured[0]}{more}"
        pictured = sum(number < self._first_without for number in self._latest.values())
        if pictured < self._summary.total:
            yield f"Pictures of the first {pictured:,} photos only: a page of all would be too large."

    def _put(self, outcome: Outcome, pictures: Pictures | None) -> None:
        """Append a row, and its pictures with its number; earlier ones of the same photo count no more."""
        number = len(self._statuses)
        before = self._latest.get(outcome.key)
        self._summary.add(outcome, None if before is None else self._statuses[before])
        self._latest[outcome.key] = number
        self._statuses.append(outcome.status)
        self._rows.write(_json(_row(outcome, self._base, pictured=pictures is not None)) + b"\n")
        if pictures is not None:
            line = b"%d %b\n" % (number, _json(pictures.to_dict()))
            self._pictures.write(line)
            self._room -= len(line)
        elif self._room <= 0:
            self._first_without = min(number, self._first_without)

    def _kept_rows(self) -> Iterator[bytes]:
        kept = set(self._latest.values())
        self._rows.seek(0)
        rows = (row for number, row in enumerate(self._rows) if number in kept)
        for place, row in enumerate(rows):
            yield (b"," if place else b"") + row

    def _kept_pictures(self) -> Iterator[bytes]:
        """Yield each block with the place of its row among those that are kept."""
        places = {number: place for place, number in enumerate(sorted(self._latest.values()))}
        self._pictures.seek(0)
        for line in self._pictures:
            number, block = line.split(maxsplit=1)
            place = places.get(int(number))
            if place is not None:
                name = b"pictures-%d" % place
                yield b'<script type="application/json" id="%b">%b</script>\n' % (name, block.rstrip())


def _row(outcome: Outcome, base: bytes, *, pictured: bool) -> dict[str, Any]:
    return {
        "photo": displayed(outcome.photo),
        "status": outcome.status,
        "reason": displayed(outcome.reason),
        "coverage": None if outcome.coverage is None else round(outcome.coverage, 6),
        "maskSource": outcome.mask_source,
        "mask": None if outcome.mask is None else displayed(outcome.mask),
        "model": None if outcome.model is None else displayed(outcome.model),
        "seconds": round(outcome.seconds + outcome.seconds_read + outcome.seconds_write, 3),
        "changed": outcome.changed,
        "photoLink": _link(outcome.photo, base),
        "outputLink": None
        if outcome.output is None or outcome.status == "failed"
        else _link(outcome.output, base),
        "pictured": pictured,
    }


def _link(path: Path, base: bytes) -> str:
    """Return the path from the page's folder as a URL; a name can't turn it into anything but a path."""
    try:
        relative = os.path.relpath(os.fsencode(path.absolute()), base)
    except ValueError:  # another drive of Windows
        return path.absolute().as_uri()
    return "./" + quote_from_bytes(relative.replace(os.fsencode(os.sep), b"/"))


def _json(value: object) -> bytes:
    r"""Return ASCII that can't end the script element which holds it: < is written \u003c."""
    return json.dumps(value, separators=(",", ":")).replace("<", r"\u003c").encode("ascii")


def _spool(folder: Path) -> IO[bytes]:
    """Open a file without a name: nothing is left of it, even by a kill; not in /tmp, which may be memory."""
    return tempfile.TemporaryFile(dir=folder)
