"""Where outcomes go: the screen, JSON lines on stdout, a report file."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.reports import HEAD_BYTES, Tally, is_lines, is_page, write_line
from inpaint_cli.batch.run import LOOK_EVERY, Stop
from inpaint_cli.cli.screen import Screen
from inpaint_cli.cli.streams import STDIO
from inpaint_cli.errors import ExitCode, UsageError
from inpaint_cli.paths import real_path
from inpaint_cli.photos import PHOTO_SUFFIXES
from inpaint_cli.replacing import is_locked, lock_file


@dataclass
class Reporting:
    """Tells each outcome to everybody who asked, as it comes.

    streams: those that take lines and can still be written; report: the file among them, if one was named.
    """

    screen: Screen
    stop: Stop
    streams: list[TextIO] = field(default_factory=list)
    report: TextIO | None = None
    tally: Tally = field(default_factory=Tally)
    unwritten: bool = False

    def tell(self, outcome: Outcome) -> None:
        """Report one outcome; where the reader of stdout has left, finish the photos in hand and stop."""
        self.tally.add(outcome)
        self.screen.show(outcome)
        for stream in tuple(self.streams):
            try:
                write_line(stream, outcome)
            except BrokenPipeError:
                self.streams.remove(stream)
                self.stop.interrupt()
            except OSError as error:
                self.streams.remove(stream)
                self.lose(f"the report can't be written any more: {error.strerror or error}")

    def lose(self, reason: str) -> None:
        """Tell that a report can't be written; the photos go on."""
        self.unwritten = True
        self.screen.failure(reason)

    def summary(self, seconds: float, places: Iterable[object], left: int) -> list[str]:
        """Return the lines that end the run, see `Tally.lines`; a report is named if all could be written."""
        whole_list = "--report FILE"
        if self.report is not None:
            whole_list = self.report.name if self.report in self.streams else ""
        return self.tally.lines(seconds, places, left, whole_list)

    @property
    def exit_code(self) -> ExitCode:
        """What the run ends with."""
        if self.stop.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.SOME_FAILED if self.unwritten else self.tally.exit_code


@contextmanager
def open_reporting(
    screen: Screen, stop: Stop, *, json: bool = False, report: Path | None = None
) -> Iterator[Reporting]:
    """Begin the report file anew, see `check_reports`. Raises UsageError where it can't be written."""
    streams = [sys.stdout] if json else []
    if report is None:
        yield Reporting(screen, stop, streams)
        return
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        handle = _begun(report, stop)
    except OSError as error:
        raise UsageError(f"--report {report}: can't be written: {error.strerror or error}") from error
    try:
        yield Reporting(screen, stop, [*streams, handle], handle)
    finally:
        # Each line was flushed as it came: what still can't be written has been told.
        with suppress(OSError):
            handle.close()


def _begun(report: Path, stop: Stop) -> TextIO:
    """Begin a report anew; of a pipe, wait for its reader until stopping is wanted.

    A file is locked until it is closed: its lines are of one run. Raises OSError, UsageError.
    """
    while report.is_fifo():
        try:
            handle = os.open(report, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # there is no reader yet
                raise
            if stop.wait(LOOK_EVERY):
                return Path(os.devnull).open("w", encoding="utf-8")
        else:
            os.set_blocking(handle, True)
            return os.fdopen(handle, "w", encoding="utf-8")
    file = report.open("a", encoding="utf-8")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        try:
            lock_file(file.fileno())
        except BlockingIOError as error:
            file.close()
            raise _being_written(report) from error
        file.truncate(0)
    return file


def _being_written(report: Path) -> UsageError:
    return UsageError(f"--report {report}: another run is writing it; name another file")


def check_reports(report: Path | None, html: Path | None) -> None:
    """Refuse reports that have no place, are one file, or would be written over what is no report of ours.

    Also one that another run is writing: `open_reporting` asks again, but only once the model is opened.

    Nothing is opened for writing, so that a run which is refused later leaves an earlier report as it was.
    Raises UsageError.
    """
    if report == STDIO:
        raise UsageError("--report -: the lines go to stdout with --json; name a file, or use --json")
    if html == STDIO:
        raise UsageError("--html -: a page is not written to stdout; name a file")
    if report and (report.is_dir() or not can_have_folder(report)):
        raise UsageError(f"--report {report}: can't be written; name a file, in a folder that can be made")
    if report and html and real_path(report) == real_path(html):
        raise UsageError(f"--report and --html both name {report}; give each a file of its own")
    for flag, file, is_ours in (("--report", report, is_lines), ("--html", html, is_page)):
        if file is None:
            continue
        if file.suffix.lower() in PHOTO_SUFFIXES:
            raise UsageError(f"{flag} {file}: would be written over a photo")
        head = read_head(flag, file)
        if head and not is_ours(head):
            raise UsageError(f"{flag} {file}: is no report of ours; name another file, or remove it")
    if report and report.is_file() and is_locked(report):
        raise _being_written(report)


def can_have_folder(file: Path) -> bool:
    """Say whether a file's folder is there, or can be made as far as that shows: it is below a folder."""
    return next(parent for parent in file.absolute().parents if os.path.lexists(parent)).is_dir()


def read_head(flag: str, file: Path) -> bytes:
    """Return how a file begins, b"" where there is none or it is no regular file. Raises UsageError."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return b""
        with file.open("rb") as handle:
            return handle.read(HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise UsageError(f"{flag} {file}: can't be read: {error.strerror or error}") from error
