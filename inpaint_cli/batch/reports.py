"""Outcomes for machines and for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

from inpaint_cli.batch.outcome import STATUSES, Outcome, Status
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


_Told = tuple[Status, str]
"""What the summary tells of a photo: of copies with the reason."""


@dataclass
class Tally:
    """Counts photos by their latest outcomes and keeps what the summary tells, little of each.

    failures: the lines of the first ones. Both by `Outcome.key`: `--watch` may restore a photo again.
    """

    failures: dict[int, str] = field(default_factory=dict)
    _latest: dict[int, _Told] = field(default_factory=dict)
    _statuses: dict[_Told, _Told] = field(default_factory=dict)
    """Each of the few that there are, so that a million photos share them."""

    def add(self, outcome: Outcome) -> None:
        """Count one outcome, in the place of an earlier one of the same photo."""
        status = outcome.status, outcome.reason if outcome.status == "copied" else ""
        self._latest[outcome.key] = self._statuses.setdefault(status, status)
        self.failures.pop(outcome.key, None)
        if outcome.status == "failed" and len(self.failures) < MOST_LISTED:
            self.failures[outcome.key] = failure_line(outcome)

    @property
    def counts(self) -> Counter[Status]:
        """How many photos have which status."""
        return Counter(status for status, _ in self._latest.values())

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
        counts = self.counts
        total = counts.total()
        listed = self._failures_again(counts["failed"], total, whole_list) if total > 1 else []
        counted = [f"{counts[name]} {self._named(name)}" for name in STATUSES if counts[name]]
        if left:
            counted.append(f"{left} not done")
        where = first_named(list(places)) if total > counts["failed"] else ""
        return [
            *listed,
            f"{', '.join(counted) or 'nothing done'} in {seconds:.1f} s" + (f" -> {where}" if where else ""),
        ]

    def _named(self, status: Status) -> str:
        """The status, of copies with the reason: that nothing was done to a photo should not be a riddle."""
        if status != "copied":
            return status
        reasons = Counter(reason for status, reason in self._latest.values() if status == "copied")
        if len(reasons) == 1:
            return f"copied ({next(iter(reasons))})"
        return f"copied ({', '.join(f'{count} {reason}' for reason, count in reasons.items())})"

    def _failures_again(self, failed: int, total: int, whole_list: str) -> list[str]:
        listed = [f"failed: {line}" for line in self.failures.values()]
        if failed > len(listed):
            where = f"; {printable(whole_list)} has them all" if whole_list else ""
            listed.append(f"failed: {failed - len(listed)} more{where}")
        if listed:
            listed.insert(0, f"{failed} of {total} photos failed; here they are again:")
        return listed


def failure_line(outcome: Outcome) -> str:
    """Say which photo failed and why."""
    return f"{printable(outcome.photo)}: {printable(outcome.reason)}"
