"""IPTC records (captions, keywords, credits) in the wrapping that Photoshop gave them, which JPEG uses."""

from __future__ import annotations

from collections.abc import Iterable

_SIGNATURE = b"Photoshop 3.0\x00"
_RESOURCE = b"8BIM\x04\x04"
_NO_NAME = b"\x00\x00"
LARGEST = 65_000
"""Bytes of records that fit into one JPEG segment."""


def of_jpeg(payloads: Iterable[bytes]) -> bytes | None:
    """Return the records in the APP13 segments of a JPEG; a long block is spread over several."""
    ours = [payload[len(_SIGNATURE) :] for payload in payloads if payload.startswith(_SIGNATURE)]
    return of_resources(b"".join(ours))


def of_resources(block: bytes) -> bytes | None:
    """Return the records in a block of Photoshop's resources, None where there are none."""
    at = 0
    while block[at : at + 4] == b"8BIM":
        name_end = at + 6 + _even(1 + (block[at + 6] if at + 6 < len(block) else 0))
        size = int.from_bytes(block[name_end : name_end + 4], "big")
        if block[at : at + 6] == _RESOURCE:
            return block[name_end + 4 : name_end + 4 + size] or None
        at = name_end + 4 + _even(size)
    return None


def jpeg_segment(records: bytes) -> bytes:
    """Return a whole APP13 segment that holds the records."""
    resource = _RESOURCE + _NO_NAME + len(records).to_bytes(4, "big") + records + b"\x00" * (len(records) % 2)
    payload = _SIGNATURE + resource
    return b"\xff\xed" + (2 + len(payload)).to_bytes(2, "big") + payload


def _even(size: int) -> int:
    return size + size % 2
