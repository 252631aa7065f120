"""Names of files as text that a terminal can be given; imports nothing, for every error passes through it."""


def printable(text: object) -> str:
    """Return text in which control characters of a file's name can't move the cursor or fake a line."""
    return "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else ascii(c)[1:-1] for c in str(text))
