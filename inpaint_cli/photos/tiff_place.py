"""Where new strips and tiles go in a file whose other bytes must stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_ADDRESSES = 1 << 32


class Room:
    """Free stretches of a file, and what had to go behind its end for lack of them."""

    def __init__(self, changed: bytearray, free: Sequence[tuple[int, int]]) -> None:
        """Take the file's bytes, which `put` changes, and the (start, end) that may be overwritten."""
        self.changed = changed
        self.appended = 0
        self._free = [list(stretch) for stretch in merged(free)]

    def put(self, coded: bytes) -> int:
        """Place `coded` in the first stretch that has room for it, else behind the end; return where."""
        for stretch in self._free:
            start, end = stretch
            if len(coded) <= end - start:
                self.changed[start : start + len(coded)] = coded
                stretch[0] += len(coded)
                return start
        self.changed += b"\x00" * (len(self.changed) % 2)
        start = len(self.changed)
        self.changed += coded
        self.appended += len(coded)
        return start


def merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stretches that touch each other."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def fits_addresses(changed: bytearray, *, big: bool) -> bool:
    """Whether every byte still has an address: 4 GiB in a classic TIFF."""
    return big or len(changed) < _ADDRESSES
