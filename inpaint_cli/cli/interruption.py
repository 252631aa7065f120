"""Ctrl-C or SIGTERM before a command can end in order: an import can swallow it, or call it ImportError."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType

from inpaint_cli.errors import ExitCode


def end_at_once() -> None:
    """Let Ctrl-C and SIGTERM end the process with one line, unless it was started with them ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def raise_again() -> None:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt: from here on there is something to end in order."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is _end:
        signal.signal(signal.SIGTERM, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    """End in order; a second SIGTERM ends at once."""
    signal.signal(number, _end)
    raise KeyboardInterrupt


def _end(_signal: int, _frame: FrameType | None) -> None:
    with suppress(OSError):  # of a stderr that is closed
        os.write(2, b"inpaint-cli: interrupted\n")
    os._exit(ExitCode.INTERRUPTED)
