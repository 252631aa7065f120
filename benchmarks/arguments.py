"""The command line of a benchmark."""

from __future__ import annotations

import argparse
from pathlib import Path


def parser_of(file: str, description: str | None, epilog: str | None = None) -> argparse.ArgumentParser:
    """A parser for `python -m benchmarks.NAME`, whose help is the module's docstring as it stands."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{Path(file).stem}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
