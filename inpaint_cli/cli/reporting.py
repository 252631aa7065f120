"""Where outcomes go: the screen, JSON lines on stdout, a report file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.reports import Tally, write_line
from inpaint_cli.batch.run import Stop
from inpaint_cli.cli.screen import Screen
from inpaint_cli.errors import ExitCode, UsageError
from inpaint_cli.photos import PHOTO_SUFFIXES


@dataclass
class Reporting:
    """Tells each outcome to everybody who asked, as it comes."""

    screen: Screen
    stop: Stop
    streams: list[TextIO] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    unwritten: str = ""

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
                self.unwritten = f"the report can't be written any more: {error.strerror or error}"
                self.screen.failure(self.unwritten)

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
    """Open the report file, before any work is done. Raises UsageError where it can't be written."""
    streams = [sys.stdout] if json else []
    if report is None:
        yield Reporting(screen, stop, streams)
        return
    refuse_photo("--report", report)
    try:
        handle = report.open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--report {report}: can't be written: {error.strerror or error}") from error
    try:
        yield Reporting(screen, stop, [*streams, handle])
    finally:
        # Each line was flushed as it came: what still can't be written has been told.
        with suppress(OSError):
            handle.close()


def refuse_photo(flag: str, file: Path) -> None:
    """Raise UsageError where a report would be written over a photo."""
    if file.suffix.lower() in PHOTO_SUFFIXES:
        raise UsageError(f"{flag} {file}: would be written over a photo")
