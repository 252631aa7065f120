"""The structure of a TIFF: byte order, directories, entries; classic and BigTIFF."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos.tiff_tags import Kind, Tag

_SIZES: dict[int, int] = {
    Kind.BYTE: 1,
    Kind.ASCII: 1,
    Kind.SHORT: 2,
    Kind.LONG: 4,
    Kind.RATIONAL: 8,
    Kind.SIGNED_BYTE: 1,
    Kind.UNDEFINED: 1,
    Kind.SIGNED_SHORT: 2,
    Kind.SIGNED_LONG: 4,
    Kind.SIGNED_RATIONAL: 8,
    Kind.FLOAT: 4,
    Kind.DOUBLE: 8,
    Kind.DIRECTORY: 4,
    Kind.LONG8: 8,
    Kind.SIGNED_LONG8: 8,
    Kind.DIRECTORY8: 8,
}
_INTEGERS: dict[int, str] = {
    Kind.BYTE: "B",
    Kind.SHORT: "H",
    Kind.LONG: "I",
    Kind.DIRECTORY: "I",
    Kind.LONG8: "Q",
    Kind.DIRECTORY8: "Q",
}
_POINTERS = (Tag.COPIES, Tag.EXIF, Tag.GPS, Tag.INTEROPERABILITY)
"""Which entries point to directories outside of the chain."""
_MOST_DIRECTORIES = 10_000
_MOST_VALUES = 20_000_000

Values = tuple[int, int, bytes]
"""An entry's type, count and bytes."""


@dataclass(frozen=True)
class Entry:
    """One directory entry: where it lies, its type and count, and where its values lie."""

    tag: int
    kind: int
    count: int
    at: int
    values_at: int

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return _SIZES.get(self.kind, 1) * self.count


@dataclass(frozen=True)
class Directory:
    """The entries of one picture by tag; where its address lies, and the address of the next directory.

    start and end: where it lies itself.
    """

    entries: dict[int, Entry] = field(default_factory=dict)
    link_at: int = 0
    next: int = 0
    start: int = 0
    end: int = 0

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of its own bytes and of each entry's values in the file."""
        values = [(entry.values_at, entry.values_at + entry.size) for entry in self.entries.values()]
        return [(self.start, self.end), *values]


@dataclass(frozen=True)
class TiffFile:
    """The bytes of a TIFF and how to read numbers from them."""

    data: bytes
    name: str
    order: str
    big: bool

    def integers(self, directory: Directory, tag: int) -> tuple[int, ...]:
        """Return an entry's whole numbers, () where it is absent. Raises PhotoError."""
        entry = directory.entries.get(tag)
        if entry is None:
            return ()
        letter = _INTEGERS.get(entry.kind)
        if letter is None or entry.count > _MOST_VALUES:
            raise self.damaged()
        self._check(entry.values_at, entry.size)
        return struct.unpack_from(f"{self.order}{entry.count}{letter}", self.data, entry.values_at)

    def integer(self, directory: Directory, tag: int, default: int) -> int:
        """Return an entry's first number."""
        return next(iter(self.integers(directory, tag)), default)

    def octets(self, directory: Directory, tag: int) -> bytes | None:
        """Return an entry's bytes as they lie in the file."""
        return self.data[slice(*self.span(directory, tag))] if tag in directory.entries else None

    def span(self, directory: Directory, tag: int) -> tuple[int, int]:
        """Return start and end of an entry's bytes, of one that is absent an empty span."""
        entry = directory.entries.get(tag)
        if entry is None:
            return 0, 0
        self._check(entry.values_at, entry.size)
        return entry.values_at, entry.values_at + entry.size

    def ratio(self, directory: Directory, tag: int) -> float | None:
        """Return an entry's first rational number."""
        octets = self.octets(directory, tag)
        if octets is None or len(octets) < 8 or directory.entries[tag].kind != Kind.RATIONAL:
            return None
        above, below = struct.unpack_from(self.order + "II", octets)
        return above / below if below else None

    def directories(self) -> Iterator[Directory]:
        """Yield the chain of directories. Raises PhotoError where it leaves the file or runs in a circle."""
        link = 8 if self.big else 4
        at = self._number(link, link)
        seen: set[int] = set()
        while at:
            if at in seen or len(seen) > _MOST_DIRECTORIES:
                raise PhotoError(f"{self.name}: the TIFF's directories run in a circle, it is damaged")
            seen.add(at)
            directory = self._directory(at, link)
            yield directory
            head, step = (8, 20) if self.big else (2, 12)
            link = at + head + step * self._number(at, head)
            at = directory.next

    def directory_at(self, at: int) -> Directory:
        """Return a directory outside of the chain, as EXIF has one. Raises PhotoError."""
        return self._directory(at, 0)

    def structure(self) -> Iterator[tuple[int, int]]:
        """Yield start and end of the header, of every directory and its values, also outside of the chain."""
        yield 0, 16 if self.big else 8
        for directory in self.all_directories():
            yield from directory.spans()

    def all_directories(self) -> Iterator[Directory]:
        """Yield every directory that can be read, once, also those outside of the chain."""
        link = 8 if self.big else 4
        waiting, seen = [self._number(link, link)], {0}
        while waiting and len(seen) <= _MOST_DIRECTORIES:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            with suppress(PhotoError):  # EXIF may point anywhere
                directory = self.directory_at(at)
                yield directory
                waiting.append(directory.next)
                waiting[:0] = [inner for tag in _POINTERS for inner in self.integers(directory, tag)]

    def _directory(self, at: int, link: int) -> Directory:
        head, step, inline = (8, 20, 8) if self.big else (2, 12, 4)
        count = self._number(at, head)
        first = at + head
        if count > 65535:
            raise self.damaged()
        self._check(first, count * step + inline)
        entries: dict[int, Entry] = {}
        for place in range(first, first + count * step, step):
            tag, kind = struct.unpack_from(self.order + "HH", self.data, place)
            number = self._number(place + 4, inline)
            value = place + 4 + inline
            size = _SIZES.get(kind, 1) * number
            entries[tag] = Entry(
                tag, kind, number, place, value if size <= inline else self._number(value, inline)
            )
        end = first + count * step
        return Directory(entries, link, self._number(end, inline), start=at, end=end + inline)

    def _number(self, at: int, size: int) -> int:
        self._check(at, size)
        letter = {2: "H", 4: "I", 8: "Q"}[size]
        return int(struct.unpack_from(self.order + letter, self.data, at)[0])

    def _check(self, at: int, size: int) -> None:
        if at + size > len(self.data):
            raise PhotoError(f"{self.name}: the TIFF is truncated, it points behind its end")

    def damaged(self) -> PhotoError:
        """Return the error for a directory that makes no sense."""
        return PhotoError(f"{self.name}: the TIFF is damaged in its directory")


def parse(data: bytes, name: str) -> TiffFile:
    """Read the first bytes of a TIFF. Raises PhotoError."""
    if len(data) < 16:
        raise PhotoError(f"{name}: the TIFF is truncated")
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    if version == 43 and struct.unpack_from(order + "HH", data, 4) != (8, 0):
        raise UnsupportedPhotoError(
            f"{name}: a BigTIFF of an unknown kind is not supported; convert it first"
        )
    return TiffFile(data, name, order, version == 43)


def set_integers(changed: bytearray, file: TiffFile, entry: Entry, values: tuple[int, ...]) -> None:
    """Write an entry's numbers into `changed`; where they need a wider type or place, behind its end."""
    letter = _INTEGERS[entry.kind]
    wide = struct.calcsize(file.order + letter)
    if max(values) < 1 << (8 * wide) and len(values) == entry.count:
        struct.pack_into(f"{file.order}{len(values)}{letter}", changed, entry.values_at, *values)
        return
    kind, letter = (Kind.LONG8, "Q") if file.big else (Kind.LONG, "I")
    inline = 8 if file.big else 4
    packed = struct.pack(f"{file.order}{len(values)}{letter}", *values)
    struct.pack_into(file.order + "H", changed, entry.at + 2, kind)
    struct.pack_into(file.order + ("Q" if file.big else "I"), changed, entry.at + 4, len(values))
    if len(packed) <= inline:
        changed[entry.at + 4 + inline : entry.at + 4 + inline + len(packed)] = packed
        return
    changed += b"\x00" * (len(changed) % 2)
    struct.pack_into(file.order + ("Q" if file.big else "I"), changed, entry.at + 4 + inline, len(changed))
    changed += packed


def replace_directory(
    changed: bytearray,
    file: TiffFile,
    old: Directory,
    new: Mapping[int, Values],
    *,
    dropped: Collection[int] = (),
) -> None:
    """Write a directory anew behind the end of `changed` and point to it there.

    new: tags that get these values, whether they were there or not; dropped: tags to leave out.
    """
    wide, address = (20, "Q") if file.big else (12, "I")
    inline = wide - 4 - struct.calcsize(address)
    entries = {tag: bytes(changed[entry.at : entry.at + wide]) for tag, entry in old.entries.items()}
    for tag in dropped:
        entries.pop(tag, None)
    for tag, (kind, count, packed) in new.items():
        if len(packed) > inline:
            changed += b"\x00" * (len(changed) % 2)
            changed += packed
            packed = struct.pack(file.order + address, len(changed) - len(packed))
        head = struct.pack(file.order + "HH" + address, tag, kind, count)
        entries[tag] = head + packed.ljust(inline, b"\x00")
    changed += b"\x00" * (len(changed) % 2)
    struct.pack_into(file.order + address, changed, old.link_at, len(changed))
    changed += struct.pack(file.order + ("Q" if file.big else "H"), len(entries))
    changed += b"".join(entries[tag] for tag in sorted(entries))
    changed += struct.pack(file.order + address, old.next)
