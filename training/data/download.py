"""Fetch the official CIFAR-10 archive once, with its checksum verified, into the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import IO

from inpaint_cli.errors import TrainingDataError
from inpaint_cli.replacing import replacing, sweep

ARCHIVE = "cifar-10-binary.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
CHUNK = 1 << 20
TIMEOUT_SECONDS = 60

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all or 0 where the server does not say)."""


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/inpaint-cli``, by default ``~/.cache/inpaint-cli``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "inpaint-cli"


def fetch_cifar10(
    folder: Path | None = None,
    *,
    url: str = URL,
    md5: str = MD5,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Return the archive in ``folder`` (default: the cache), downloading it first where it is not there yet.

    What is downloaded is checked against ``md5`` before it gets its name, so a file of that name is whole.
    Raises TrainingDataError where it can't be downloaded whole, or can't be written.
    """
    folder = folder or cache_folder()
    target = folder / ARCHIVE
    if target.is_file():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep([folder])
        with replacing(target) as handle:
            found = _download(url, handle, progress)
            if found != md5:
                raise TrainingDataError(
                    f"{url} came with md5 {found}, not {md5}: try again, or give the data with --data"
                )
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise TrainingDataError(
            f"{url} can't be downloaded to {folder} ({reason}):"
            f" fetch {ARCHIVE} by hand and give it with --data"
        ) from error
    return target


def _download(url: str, handle: IO[bytes], progress: Progress) -> str:
    """Write what ``url`` serves; returns its md5."""
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        while chunk := answer.read(CHUNK):
            handle.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress(done, total)
    if total and done < total:
        raise TrainingDataError(f"{url} broke off after {done:,} of {total:,} bytes: try again")
    return digest.hexdigest()
