"""Where a run computes."""

from __future__ import annotations

import torch

from inpaint_cli.errors import BackendError


def find_device(name: str) -> torch.device:
    """Return ``auto`` (CUDA where it is there), ``cpu`` or ``cuda``.

    Raises BackendError where there is no CUDA.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise BackendError("--device cuda: torch sees no CUDA device here; use --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
