"""Digests of code that makes pixels: another state of it may give another result.

The version alone does not tell of it: who installs from a checkout upgrades many times within one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from inpaint_cli import __version__
from inpaint_cli.batch.digest import digest_of

_PACKAGE = Path(__file__).parents[1]
_NO_CODE_OF_PIXELS = ("cli", "models")
"""Commands only ask for pixels, and models have digests of their own."""
_STEPS = ("damage", "detect_photo", "overlay", "restore_photo")
"""The modules of this room that decide what pixels become; its others carry photos about."""


@cache
def code_digest() -> bytes:
    """Return a digest of the version and of the files that pixels depend on, weights among the code too.

    Computed once: to be asked for as a run begins, before an upgrade can put other files there.
    """
    return _digest(_own_files())


@cache
def backend_digest(backend: str) -> bytes:
    """Return a digest of a backend's name and the networks' code that it runs: an ONNX file holds its own."""
    networks = _digest(_files(_PACKAGE.parent / "training")) if backend == "torch" else b""
    return digest_of(backend.encode(), networks)


def _digest(files: Iterable[Path]) -> bytes:
    """Return a digest of the version and of files; of the version alone where there are none, as in a zip."""
    version = __version__.encode()
    try:
        contents = [part for file in files for part in (file.name.encode(), file.read_bytes())]
    except OSError:
        contents = []
    return digest_of(version, *contents)


def _own_files() -> Iterator[Path]:
    for file in _files(_PACKAGE):
        room = file.relative_to(_PACKAGE).parts[0]
        if room not in _NO_CODE_OF_PIXELS and (room != "batch" or file.name.partition(".")[0] in _STEPS):
            yield file


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, always in the same order, but for caches and hidden ones."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry)
        elif entry.is_file() and not entry.name.startswith("."):
            yield entry
