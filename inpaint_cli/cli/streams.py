"""The standard streams: one that was closed is replaced, one that is lost is told and harms nothing else."""

from __future__ import annotations

import codecs
import io
import os
import sys
from pathlib import Path

STDIO = Path("-")
"""What stands for stdin or stdout among the paths of a command line."""

_ANY_NAME = "inpaint-cli"
"""Our handler of what an encoding lacks, by its name among those of `codecs`."""


def path_or_stdio(typed: str) -> Path:
    """Return a path as it was typed; a file that is called - and typed as ./- by its full path.

    For `Path` drops the dot, and only a bare - stands for a stream.
    """
    path = Path(typed)
    return path.absolute() if path == STDIO and typed != str(STDIO) else path


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


def buffer_stdout() -> None:
    """Let stdout write all that it is given: without a buffer (PYTHONUNBUFFERED) the system may take a part.

    What is printed is still written at the end of each line.
    """
    bare = sys.stdout
    if isinstance(bare, io.TextIOWrapper) and isinstance(bare.buffer, io.RawIOBase):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(bare.buffer), bare.encoding, bare.errors, line_buffering=True
        )


def write_any_name() -> None:
    """Let stdout and stderr take every name of a file, whatever their encoding."""
    codecs.register_error(_ANY_NAME, _any_name)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ANY_NAME)


def _any_name(error: UnicodeError) -> tuple[str | bytes, int]:
    """Give the bytes of a name that is not UTF-8 to a stream of UTF-8, else backslashes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    beyond = error.object[error.start : error.end]
    if error.encoding == "utf-8":
        as_bytes = (_byte_of(c) or c.encode("ascii", "backslashreplace") for c in beyond)
        return b"".join(as_bytes), error.end
    return codecs.backslashreplace_errors(error)


def _byte_of(escaped: str) -> bytes:
    """Return the byte that a lone surrogate stands for in a name (PEP 383), b"" for other characters."""
    return escaped.encode("utf-8", "surrogateescape") if "\udc80" <= escaped <= "\udcff" else b""


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
