"""Names of files as text that a terminal can be given; imports no library, every error passes through it."""

from __future__ import annotations

from collections.abc import Sequence

_MOST_NAMED = 5


def printable(text: object) -> str:
    """Return text in which control characters of a file's name can't move the cursor or fake a line."""
    return "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else ascii(c)[1:-1] for c in str(text))


def first_named(names: Sequence[object]) -> str:
    """Return the first names, printable, and how many more there are."""
    rest = len(names) - _MOST_NAMED
    shown = ", ".join(printable(name) for name in names[:_MOST_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown
