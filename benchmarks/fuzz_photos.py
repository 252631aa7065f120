"""Fuzzing of photos: read, fill a hole, write, verify, convert. See `benchmarks.fuzz`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.fuzz_mutations import mutated, with_right_checksums
from benchmarks.fuzz_pictures import photos
from inpaint_cli.errors import InpaintError
from inpaint_cli.photos import Photo, decode_photo, encode_photo, verify
from inpaint_cli.photos.formats import FORMAT_SUFFIXES

MAX_PIXELS = 200_000


def make(number: int) -> tuple[str, bytes]:
    """Return the name of the seed and the mutated file of a number."""
    name, data, generator = mutated(number, photos())
    if name.startswith("png") and generator.random() < 0.8:
        data = with_right_checksums(data)
    return name, bytes(data)


def target(data: bytes) -> str:
    """Restore `data`; return what came of it, raise for a bug of ours."""
    try:
        photo = decode_photo(data, name="fuzz", max_pixels=MAX_PIXELS)
    except InpaintError as error:
        check_message(error)
        return type(error).__name__
    masks = [small_hole(page.shape) for page in photo.pages]
    pages = [
        np.where(mask[..., None], page.pixels // 2, page.pixels)
        for page, mask in zip(photo.pages, masks, strict=True)
    ]
    try:
        restored = encode_photo(photo, pages, masks)
    except InpaintError as error:
        check_message(error)
        return f"read, {type(error).__name__}, {_convert(photo, pages, masks)}"
    found = verify(data, restored, masks, max_pixels=MAX_PIXELS)
    if not found.kept:
        raise AssertionError(f"changed outside the mask: {found}")
    return f"restored, {_convert(photo, pages, masks)}"


def _convert(photo: Photo, pages: Sequence[Any], masks: Sequence[Any]) -> str:
    """Write the photo in a format that its size chooses, read that back; raise for a bug of ours."""
    format_name = sorted(FORMAT_SUFFIXES)[len(photo.source) % len(FORMAT_SUFFIXES)]
    try:
        data = encode_photo(photo, pages, masks, format=format_name.lower())
    except InpaintError as error:
        check_message(error)
        return "not converted"
    if format_name == "JPEG":
        decode_photo(data, name="converted")
        return "converted"
    found = verify(photo.source, data, masks, max_pixels=MAX_PIXELS)
    if not found.kept:
        raise AssertionError(f"changed outside the mask by a conversion: {found}")
    return "converted"


def check_message(error: InpaintError) -> None:
    """Raise AssertionError for a message that is not one line which names the file."""
    message = str(error)
    if "\n" in message or "fuzz" not in message:
        raise AssertionError(f"not one line that names the file: {message!r}")


def small_hole(shape: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return a mask of a few pixels."""
    mask = np.zeros(shape, np.bool_)
    mask[shape[0] // 3 : shape[0] // 3 + 5, shape[1] // 2 : shape[1] // 2 + 4] = True
    return mask
