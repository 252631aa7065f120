"""What people see while photos are restored: all of it on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.reports import failure_line
from inpaint_cli.cli.streams import to_stderr
from inpaint_cli.printable import printable


@dataclass
class Screen:
    """Lines and, on a terminal, a progress bar; `quiet` leaves only failures and errors."""

    quiet: bool = False
    verbose: bool = False
    _print: Callable[[str], None] = to_stderr
    _advance: Callable[[], None] = field(default=lambda: None)

    def failure(self, line: str) -> None:
        """Say what went wrong."""
        self._print(line)

    def line(self, line: str) -> None:
        """Say something that matters less."""
        if not self.quiet:
            self._print(line)

    def show(self, outcome: Outcome) -> None:
        """Tell of one photo, as much as was asked for, and move the bar."""
        if outcome.status == "failed":
            self._print(f"failed: {failure_line(outcome)}")
            if self.verbose and outcome.trace:
                self._print(outcome.trace.rstrip())
        elif self.verbose:
            why = f" ({outcome.reason})" if outcome.reason else ""
            self._print(f"{outcome.status}: {printable(outcome.photo)}{why}")
        self._advance()

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """Draw a bar of `total` photos while the block runs, where somebody looks."""
        if self.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from inpaint_cli.cli.consoles import plain_console

        console = plain_console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("photos", total=total)
            before = self._print, self._advance
            self._print = lambda line: console.print(line, soft_wrap=True)
            self._advance = lambda: bar.advance(task)
            try:
                yield
            finally:
                self._print, self._advance = before
