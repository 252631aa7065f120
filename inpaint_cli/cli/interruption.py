"""Ctrl-C before a command can end in order: an import can swallow it, or tell it as an ImportError."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType

from inpaint_cli.errors import ExitCode


def end_at_once() -> None:
    """Let Ctrl-C end the process with one line, unless it was started with Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_again() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again: from here on there is something to end in order."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_signal: int, _frame: FrameType | None) -> None:
    with suppress(OSError):  # of a stderr that is closed
        os.write(2, b"inpaint-cli: interrupted\n")
    os._exit(ExitCode.INTERRUPTED)
