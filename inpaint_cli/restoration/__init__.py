"""Pixels and mask to pixels: tiles, pyramid, blending. Knows nothing of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inpaint_cli.restoration.quality import DEFAULT_MODEL, DEFAULT_QUALITY, QUALITIES

if TYPE_CHECKING:
    from inpaint_cli.restoration.restorer import Restorer

__all__ = ["DEFAULT_MODEL", "DEFAULT_QUALITY", "QUALITIES", "Restorer"]


def __getattr__(name: str) -> Any:
    """Import the engine only when it is asked for: `--help` names the qualities and imports no numpy."""
    if name == "Restorer":
        from inpaint_cli.restoration.restorer import Restorer

        return Restorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
