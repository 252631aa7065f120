"""Safetensors files by any path: their library opens only paths that are UTF-8."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from safetensors import safe_open


@contextmanager
def opened_tensors(file: Path, framework: str) -> Iterator[Any]:
    """Open a safetensors file as `safe_open` does, one of another name through a link that is UTF-8."""
    with ExitStack() as stack:
        if str(file).encode(errors="ignore") != str(file).encode(errors="surrogatepass"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="inpaint-name-"))
            link = Path(folder, "tensors")
            link.symlink_to(file.absolute())
            file = link
        yield stack.enter_context(safe_open(file, framework=framework))
