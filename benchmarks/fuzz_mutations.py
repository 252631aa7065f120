"""Damage a file the way disks, networks and strangers do; the same number always gives the same damage."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import numpy as np

Mutation = Callable[[bytearray, np.random.Generator], bytearray]


def mutated(number: int, seeds: Mapping[str, bytes]) -> tuple[str, bytearray, np.random.Generator]:
    """Return the seed's name and its mutated bytes for a number, and the generator for further choices."""
    generator = np.random.default_rng(number)
    names = sorted(seeds)
    name = names[number % len(names)]
    data = bytearray(seeds[name])
    for _ in range(int(generator.choice([1, 1, 1, 2, 2, 3, 5]))):
        choice = int(generator.integers(len(MUTATIONS) + 1))
        if choice == len(MUTATIONS):
            data = _spliced(data, seeds[names[int(generator.integers(len(names)))]], generator)
        else:
            data = MUTATIONS[choice](data, generator)
        data = data or bytearray(b"\xff")
    return name, data, generator


def _place(data: bytearray, generator: np.random.Generator) -> int:
    """Prefer the start of the file, where the structure is."""
    end = len(data) if generator.random() < 0.5 else min(len(data), 400)
    return int(generator.integers(max(end, 1)))


def _flip_bit(data: bytearray, generator: np.random.Generator) -> bytearray:
    data[_place(data, generator)] ^= 1 << int(generator.integers(8))
    return data


def _set_octet(data: bytearray, generator: np.random.Generator) -> bytearray:
    data[_place(data, generator)] = int(
        generator.choice([0, 1, 2, 127, 128, 254, 255, int(generator.integers(256))])
    )
    return data


def _set_word(data: bytearray, generator: np.random.Generator) -> bytearray:
    at = _place(data, generator)
    word = int(generator.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000, int(generator.integers(1 << 32))]))
    data[at : at + 4] = word.to_bytes(4, "little" if generator.random() < 0.5 else "big")
    return data


def _truncate(data: bytearray, generator: np.random.Generator) -> bytearray:
    return data[: int(generator.integers(len(data) + 1))] if generator.random() < 0.3 else data


def _remove(data: bytearray, generator: np.random.Generator) -> bytearray:
    at = _place(data, generator)
    del data[at : at + int(generator.integers(1, 40))]
    return data


def _repeat(data: bytearray, generator: np.random.Generator) -> bytearray:
    at, target = _place(data, generator), _place(data, generator)
    data[target:target] = data[at : at + int(generator.integers(1, 200))]
    return data


def _insert_noise(data: bytearray, generator: np.random.Generator) -> bytearray:
    at = _place(data, generator)
    data[at:at] = generator.bytes(int(generator.integers(1, 30)))
    return data


def _spliced(data: bytearray, other: bytes, generator: np.random.Generator) -> bytearray:
    """Go on with the rest of another file."""
    return data[: _place(data, generator)] + other[int(generator.integers(len(other))) :]


MUTATIONS: tuple[Mutation, ...] = (
    *(_flip_bit,) * 5,
    *(_set_octet,) * 4,
    _set_word,
    _set_word,
    _truncate,
    _remove,
    _repeat,
    _insert_noise,
)


def with_right_checksums(png: bytearray) -> bytearray:
    """Repair PNG checksums, so that mutations reach what lies behind them."""
    at = 8
    while at + 12 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(png):
            break
        png[end : end + 4] = zlib.crc32(png[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return png
