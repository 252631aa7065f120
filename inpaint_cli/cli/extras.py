"""What the commands about training and measuring need beyond a plain installation."""

from __future__ import annotations

import importlib.util

from inpaint_cli.errors import BackendError

NEEDED = ("torch", "safetensors", "matplotlib", "filelock")


def require_training(*more: str) -> None:
    """Raise BackendError where packages of the extra `train` are missing: those of training, and ``more``."""
    missing = [name for name in (*NEEDED, *more) if importlib.util.find_spec(name) is None]
    if missing:
        raise BackendError(
            f"this needs {missing[0]}, which isn't installed: pip install 'inpaint-cli[train]'"
        )
