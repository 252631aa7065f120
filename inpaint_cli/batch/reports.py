"""Outcomes for machines and for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

from inpaint_cli.batch.outcome import STATUSES, Outcome
from inpaint_cli.errors import ExitCode
from inpaint_cli.printable import first_named, printable

MOST_LISTED = 100
"""Failures that the summary names; the rest is counted (and in the report)."""

HEAD_BYTES = 1 << 18
"""So much of a file tells whether it is a report of ours: more than its longest line, with three paths."""

_BEGINNING = b'{"photo": '
"""What each of our lines begins with."""


def write_line(stream: TextIO, outcome: Outcome) -> None:
    """Write one JSON line at once, so that a reader and a killed run have it."""
    stream.write(outcome.to_json() + "\n")
    stream.flush()


def is_lines(head: bytes) -> bool:
    """Say whether a file that begins so holds JSON lines of ours; the disk may have cut the only one."""
    first, ended, _ = head.partition(b"\n")
    if not ended and head.startswith(_BEGINNING):
        return True
    try:
        line = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, dict) and line.keys() >= {"photo", "output", "status", "reason"}


def is_page(head: bytes) -> bool:
    """Say whether a file that begins so is a picture report of ours."""
    return b'<meta name="generator" content="inpaint-cli ' in head


@dataclass
class Tally:
    """Counts outcomes and keeps what the summary tells; photos that went well take no memory.

    failures: the lines of the first ones, by `_key`; why_copied: how many photos for each reason.
    """

    counts: Counter[str] = field(default_factory=Counter)
    why_copied: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    _failed: set[int] = field(default_factory=set)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome; where that photo failed before, as happens under `--watch`, in its place."""
        key = _key(outcome)
        if key in self._failed:
            self._failed.remove(key)
            self.failures.pop(key, None)
            self.counts["failed"] -= 1
        self.counts[outcome.status] += 1
        if outcome.status == "copied":
            self.why_copied[outcome.reason] += 1
        if outcome.status == "failed":
            self._failed.add(key)
            if len(self.failures) < MOST_LISTED:
                self.failures[key] = failure_line(outcome)

    @property
    def exit_code(self) -> ExitCode:
        """What the run ends with."""
        return ExitCode.SOME_FAILED if self.counts["failed"] else ExitCode.OK

    def lines(
        self, seconds: float, places: Iterable[object] = (), left: int = 0, whole_list: str = ""
    ) -> list[str]:
        """Return the summary: failures again, then one line of counts; left: photos that were not begun.

        A single photo's failure still stands above it, and places where nothing went are not named.
        whole_list: what names every failure where there are more than the summary does; "" where nothing.
        """
        failed = self.counts["failed"]
        listed = self._failures_again(whole_list) if self.counts.total() > 1 else []
        counted = [f"{self.counts[name]} {self._named(name)}" for name in STATUSES if self.counts[name]]
        if left:
            counted.append(f"{left} not done")
        gone_well = self.counts.total() > failed
        where = first_named(list(places)) if gone_well else ""
        return [
            *listed,
            f"{', '.join(counted) or 'nothing done'} in {seconds:.1f} s" + (f" -> {where}" if where else ""),
        ]

    def _named(self, status: str) -> str:
        """The status, of copies with the reason: that nothing was done to a photo should not be a riddle."""
        if status != "copied":
            return status
        if len(self.why_copied) == 1:
            return f"copied ({next(iter(self.why_copied))})"
        return f"copied ({', '.join(f'{count} {reason}' for reason, count in self.why_copied.items())})"

    def _failures_again(self, whole_list: str) -> list[str]:
        failed = self.counts["failed"]
        listed = [f"failed: {line}" for line in self.failures.values()]
        if failed > len(listed):
            where = f"; {printable(whole_list)} has them all" if whole_list else ""
            listed.append(f"failed: {failed - len(listed)} more{where}")
        if listed:
            listed.insert(0, f"{failed} of {self.counts.total()} photos failed; here they are again:")
        return listed


def _key(outcome: Outcome) -> int:
    """Stand for a photo and its output: one photo may be asked for twice, with two outputs."""
    return hash((outcome.photo, outcome.output))


def failure_line(outcome: Outcome) -> str:
    """Say which photo failed and why."""
    return f"{printable(outcome.photo)}: {printable(outcome.reason)}"
