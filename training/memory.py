"""Memory that does not suffice, told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from inpaint_cli.errors import UsageError

STEP = "a training step doesn't fit into the memory; lower --batch-size"
DATA = "the data doesn't fit into the memory; give less with --data"


@contextmanager
def shortage_told(said: str = STEP) -> Iterator[None]:
    """Raise UsageError, which says so, for torch's, numpy's and Python's errors of too little memory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_shortage(error):
            raise
        raise UsageError(said) from error


def is_shortage(error: Exception) -> bool:
    """Whether memory was asked for that is not there.

    On the CPU torch raises a plain RuntimeError, which only its text tells from others.
    """
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "DefaultCPUAllocator" in str(error)
