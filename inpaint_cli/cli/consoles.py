"""rich's consoles as the commands use them."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from rich.console import Console

WIDE = 160
"""Columns from which a table is shown whole; it is that wide where it is not shown on a terminal."""


def plain_console(**options: Any) -> Console:
    """Open a console, with rich's `options`, that shows text as it is: names may hold `[brackets]`."""
    return Console(markup=False, highlight=False, **options)


def results_console() -> Console:
    """Open one on stdout, wide enough for tables where that is a file or a pipe."""
    return plain_console(width=None if sys.stdout.isatty() else max(WIDE, shutil.get_terminal_size().columns))
