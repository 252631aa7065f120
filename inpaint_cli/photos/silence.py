"""Keep C libraries from writing to the user's terminal."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache


@dataclass
class _CStderr:
    """The C library's `stderr` variable, which Python itself never writes through."""

    variable: ctypes.c_void_p
    terminal: int | None
    nowhere: int
    users: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        with self.lock:
            if self.users == 0:
                self.variable.value = self.nowhere
            self.users += 1

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.variable.value = self.terminal


@contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Swallow what C code prints with fprintf(stderr, ...) while inside; from any number of threads.

    The file descriptor stays as it is, so that progress and messages of other threads still appear. Does
    nothing where the C library doesn't export its `stderr`.
    """
    stderr = _c_stderr()
    if stderr is None:
        yield
        return
    stderr.enter()
    try:
        yield
    finally:
        stderr.leave()


@cache
def _c_stderr() -> _CStderr | None:
    symbol = "__stderrp" if sys.platform == "darwin" else "stderr"
    try:
        library = ctypes.CDLL(None)
        variable = ctypes.c_void_p.in_dll(library, symbol)
        library.fopen.restype = ctypes.c_void_p
        nowhere = library.fopen(os.devnull.encode(), b"w")
    except (OSError, TypeError, ValueError, AttributeError):
        return None
    return _CStderr(variable, variable.value, nowhere) if nowhere else None
