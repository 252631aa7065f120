"""One photo as a file: read, write, JPEG coefficients, metadata, masks as files. Knows nothing of networks.

What holds for every format: outside the mask nothing changes. All formats but JPEG decode to exactly the same
values there; a JPEG keeps the DCT coefficients of every block that the mask doesn't touch; `verify` proves
it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inpaint_cli.photos.formats import (
    FORMAT_SUFFIXES,
    SUFFIX_FORMATS,
    find_format,
)
from inpaint_cli.suffixes import PHOTO_SUFFIXES

if TYPE_CHECKING:
    from inpaint_cli.photos.atomic import write_atomically
    from inpaint_cli.photos.masks import decode_mask, encode_mask, read_mask, read_mask_pages
    from inpaint_cli.photos.photo import Page, Photo
    from inpaint_cli.photos.read import decode_photo, read_photo
    from inpaint_cli.photos.verification import verify
    from inpaint_cli.photos.write import encode_photo, output_format

_HOME = {
    "Page": "photo",
    "Photo": "photo",
    "decode_mask": "masks",
    "decode_photo": "read",
    "encode_mask": "masks",
    "encode_photo": "write",
    "output_format": "write",
    "read_mask": "masks",
    "read_mask_pages": "masks",
    "read_photo": "read",
    "verify": "verification",
    "write_atomically": "atomic",
}

__all__ = [
    "FORMAT_SUFFIXES",
    "PHOTO_SUFFIXES",
    "SUFFIX_FORMATS",
    "Page",
    "Photo",
    "decode_mask",
    "decode_photo",
    "encode_mask",
    "encode_photo",
    "find_format",
    "output_format",
    "read_mask",
    "read_mask_pages",
    "read_photo",
    "verify",
    "write_atomically",
]


def __getattr__(name: str) -> Any:
    """Import codecs only when one is asked for, so that `--help` stays fast (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
