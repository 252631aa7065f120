"""Restore folders of damaged photographs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inpaint_cli.restoration import Restorer

# From 1.29 on, onnxruntime keeps a record of each run in the home folder and sends it to Microsoft, unless it
# is told not to before it is loaded. Photos are private, and so is when they are restored.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
__all__ = ["Restorer", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the engine only when it is asked for, so that `--help` stays fast (PEP 562)."""
    if name == "Restorer":
        from inpaint_cli.restoration import Restorer

        return Restorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
