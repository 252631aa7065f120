"""Compilation that does not work on a machine, told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inpaint_cli.errors import BackendError

COMPILERS = ("torch._dynamo", "torch._inductor")
"""Where torch's errors of compilation are defined; importing them takes seconds."""


@contextmanager
def compilation_told() -> Iterator[None]:
    """Raise BackendError for torch's failure to compile, as without a C++ compiler or Triton."""
    try:
        yield
    except RuntimeError as error:
        if not type(error).__module__.startswith(COMPILERS):
            raise
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise BackendError(f"torch can't compile here ({why}); train with --no-compile") from error
