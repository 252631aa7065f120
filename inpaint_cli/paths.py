"""Where a path leads: to which file really, and whether reading that ever ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def real_path(path: Path) -> Path:
    """Return where a path really leads, itself where links go in a circle: `Path.resolve` raises there."""
    return Path(os.path.realpath(path))


def refuse_endless(path: Path) -> None:
    """Raise OSError where reading a path may never end, because it is neither a file nor a folder."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device")
