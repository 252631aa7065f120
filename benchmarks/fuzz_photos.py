"""Throw damaged files of every format at `inpaint_cli.photos`; nothing but an InpaintError may come out.

    python benchmarks/fuzz_photos.py --inputs 20000 --failures /tmp/failures

Each input is a small real file, mutated by its number, so that a run repeats exactly. Inputs are tried in
child
processes: a crash of a C library or a hang of more than 20 seconds is found like any exception. Exit code 1
when anything was found; the inputs lie in the failures folder then.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import signal
import subprocess
import sys
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inpaint_cli.errors import InpaintError, MaskError
from inpaint_cli.photos import decode_mask, decode_photo, encode_photo, verify

MAX_PIXELS = 200_000
SECONDS_PER_INPUT = 20
_HEIGHT, _WIDTH = 37, 45


@cache
def seeds() -> dict[str, bytes]:
    """Return small sound files of every format and of the kinds that are coded differently."""
    generator = np.random.default_rng(7)
    walk = np.cumsum(generator.normal(0, 9, (_HEIGHT, _WIDTH, 3)), axis=1) + 128
    rgb = np.clip(walk, 0, 255).astype(np.uint8)
    grey, alpha = rgb[..., 0], (rgb[..., 1] > 120).astype(np.uint8) * 255
    rgba = np.dstack([rgb, alpha])
    few = Image.fromarray(rgb).quantize(12)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "jpeg-444": _saved(
            rgb, "JPEG", subsampling=0, quality=90, exif=exif, comment=b"hello", dpi=(300, 300)
        ),
        "jpeg-420": _saved(rgb, "JPEG", subsampling=2, quality=60, icc_profile=b"\0" * 40),
        "jpeg-progressive": _saved(rgb, "JPEG", subsampling=1, progressive=True),
        "jpeg-grey": _saved(grey, "JPEG", restart_marker_blocks=3),
        "png-rgb": _saved(rgb, "PNG", dpi=(72, 72), exif=exif),
        "png-rgba": _saved(rgba, "PNG"),
        "png-palette": _saved(few, "PNG", bits=4, transparency=3),
        "png-grey16": _saved(grey.astype(np.uint16) * 257, "PNG"),
        "png-one-bit": _saved(Image.fromarray(grey).convert("1"), "PNG"),
        "webp-lossy": _saved(rgba, "WEBP", quality=50, exif=exif),
        "webp-lossless": _saved(rgb, "WEBP", lossless=True),
        "bmp-24": _saved(rgb, "BMP"),
        "bmp-palette": _saved(few, "BMP"),
        "gif": _saved(few, "GIF"),
        "tiff-plain": _saved(rgb, "TIFF", dpi=(300, 300)),
        "tiff-lzw": _saved(grey, "TIFF", compression="tiff_lzw"),
        "tiff-packbits": _saved(few, "TIFF", compression="packbits"),
        "avif": _saved(rgb, "AVIF", quality=50, speed=10),
    }
    photo = decode_photo(files["png-rgb"], name="seed")
    nothing = [np.zeros(photo.pages[0].shape, np.bool_)]
    files["tiff-deflate"] = encode_photo(photo, [photo.pages[0].pixels], nothing, format="tiff")
    wide = decode_photo(files["png-grey16"], name="seed")
    nothing = [np.zeros(wide.pages[0].shape, np.bool_)]
    files["tiff-16"] = encode_photo(wide, [wide.pages[0].pixels], nothing, format="tiff")
    return files


def _saved(picture: Any, format_name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(out, format_name, **options)
    return out.getvalue()


def mutated(number: int) -> tuple[str, bytes]:
    """Return the name of the seed and the mutated file of a number."""
    generator = np.random.default_rng(number)
    names = sorted(seeds())
    name = names[number % len(names)]
    data = bytearray(seeds()[name])
    for _ in range(int(generator.choice([1, 1, 1, 2, 2, 3, 5]))):
        mutation = MUTATIONS[int(generator.integers(len(MUTATIONS)))]
        data = mutation(data, generator) or bytearray(b"\xff")
    if name.startswith("png") and generator.random() < 0.8:
        data = with_right_checksums(data)
    return name, bytes(data)


Mutation = Callable[[bytearray, np.random.Generator], bytearray]


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


def _splice(data: bytearray, generator: np.random.Generator) -> bytearray:
    other = seeds()[sorted(seeds())[int(generator.integers(len(seeds())))]]
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
    _splice,
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


def target(data: bytes) -> str:
    """Decode, encode with a small hole and verify `data`; return what came of it, raise for a bug of ours."""
    with suppress(MaskError):
        decode_mask(data, name="fuzz", max_pixels=MAX_PIXELS)
    try:
        photo = decode_photo(data, name="fuzz", max_pixels=MAX_PIXELS)
    except InpaintError as error:
        _check_message(error)
        return type(error).__name__
    masks = [_small_hole(page.shape) for page in photo.pages]
    pages = [
        np.where(mask[..., None], page.pixels // 2, page.pixels)
        for page, mask in zip(photo.pages, masks, strict=True)
    ]
    try:
        restored = encode_photo(photo, pages, masks)
    except InpaintError as error:
        _check_message(error)
        return f"read, then {type(error).__name__}"
    found = verify(data, restored, masks, max_pixels=MAX_PIXELS)
    if not found.kept:
        raise AssertionError(f"changed outside the mask: {found}")
    return "restored"


def _check_message(error: InpaintError) -> None:
    message = str(error)
    if "\n" in message or "fuzz" not in message:
        raise AssertionError(f"not one line that names the file: {message!r}")


def _small_hole(shape: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    mask = np.zeros(shape, np.bool_)
    mask[shape[0] // 3 : shape[0] // 3 + 5, shape[1] // 2 : shape[1] // 2 + 4] = True
    return mask


def _child(first: int, last: int, failures: Path) -> int:
    """Try a range of inputs in this process; print what became of them."""
    faulthandler.enable()
    found, outcomes = 0, Counter[str]()
    current = failures / f"running-{first}.bin"
    for number in range(first, last):
        name, data = mutated(number)
        current.write_bytes(data)
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(SECONDS_PER_INPUT)
        try:
            outcomes[target(data)] += 1
        except Exception:
            found += 1
            (failures / f"{number}-{name}.bin").write_bytes(data)
            print(f"FOUND {number} {name}\n{traceback.format_exc()}", file=sys.stderr)
        finally:
            signal.alarm(0)
    current.unlink()
    print("\n".join(f"{count} {outcome}" for outcome, count in outcomes.items()))
    return 1 if found else 0


def _too_long(signum: int, frame: object) -> None:
    raise TimeoutError(f"more than {SECONDS_PER_INPUT} seconds")


def main() -> int:
    """Try many inputs in children and sum up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--child", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.failures.mkdir(parents=True, exist_ok=True)
    if options.child:
        return _child(options.child[0], options.child[1], options.failures)
    start, bad, outcomes = time.monotonic(), 0, Counter[str]()
    last = options.first + options.inputs
    for first in range(options.first, last, options.batch):
        until = min(first + options.batch, last)
        command = [
            sys.executable,
            __file__,
            "--failures",
            str(options.failures),
            "--child",
            str(first),
            str(until),
        ]
        limit = SECONDS_PER_INPUT * 10 + until - first
        child = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        for line in child.stdout.splitlines():
            times, _, outcome = line.partition(" ")
            outcomes[outcome] += int(times)
        if child.returncode or child.stderr:
            bad += 1
            print(
                f"inputs {first}..{until - 1}: exit {child.returncode}\n{child.stderr[-4000:]}",
                file=sys.stderr,
            )
    for outcome, count in outcomes.most_common():
        print(f"{count:8} {outcome}")
    seconds = time.monotonic() - start
    print(f"{sum(outcomes.values())} of {options.inputs} inputs in {seconds:.0f} s, {bad} bad batches")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
