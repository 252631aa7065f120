"""The standard streams: one that was closed is replaced, one that is lost is told and harms nothing else."""

from __future__ import annotations

import os
import sys


def replace_closed() -> None:
    """Open streams that the caller closed, before any file of ours gets their number.

    Nothing comes from such a stdin, stderr leads nowhere, and writing to stdout fails, so that results which
    were asked for are not lost silently.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def to_stderr(line: str) -> None:
    """Write a line to stderr; where nobody can be told any more, the photos still matter."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        _lead_nowhere(sys.stderr.fileno())


def flush_stdout() -> str:
    """Return why what was printed can't be written, "" where it was or where its reader has left."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _lead_nowhere(sys.stdout.fileno())
        return "" if isinstance(error, BrokenPipeError) else error.strerror or str(error)
    return ""


def _lead_nowhere(number: int) -> None:
    """Let Python's own last flush go nowhere instead of changing the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
