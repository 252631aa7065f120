"""Pixels and mask to pixels: tiles, pyramid, blending. Knows nothing of files."""

from inpaint_cli.backends import DEFAULT_MODEL
from inpaint_cli.restoration.restorer import Restorer

__all__ = ["DEFAULT_MODEL", "Restorer"]
