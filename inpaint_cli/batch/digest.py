"""Short digests of bytes and files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from inpaint_cli.errors import PhotoError
from inpaint_cli.photos.read import read_bytes

DIGEST_BYTES = 16


def digest_of(*parts: bytes) -> bytes:
    """Return a digest of the parts; their lengths count, so that ("ab", "c") differs from ("a", "bc")."""
    whole = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()


def file_digest(path: Path, *more: bytes) -> bytes | None:
    """Return the digest of a file's content and `more`, None where there is no file. Raises PhotoError."""
    try:
        if not path.exists():
            return None
    except OSError as error:
        raise PhotoError(f"{path}: can't be read: {error.strerror or error}") from error
    return digest_of(read_bytes(path), *more)
