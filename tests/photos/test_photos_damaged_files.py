"""Mutated real files: nothing but an InpaintError comes out. `benchmarks.fuzz` tries more."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import fuzz_photos
from benchmarks.fuzz_pictures import photos
from inpaint_cli.photos import decode_photo, encode_photo, png_chunks, png_pixels
from inpaint_cli.photos.edge import foreign_errors
from inpaint_cli.photos.silence import native_stderr_silenced


def test_the_seeds_themselves_are_sound() -> None:
    outcomes = {name: fuzz_photos.target(data) for name, data in photos().items()}
    only_read = {"gif", "avif", "heic"} & photos().keys()
    assert {name for name, outcome in outcomes.items() if not outcome.startswith("restored")} == only_read


def test_mutated_files_give_an_error_of_ours_or_a_photo(capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(400):
        fuzz_photos.target(fuzz_photos.make(number)[1])
    assert capfd.readouterr() == ("", "")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_of_a_few_bytes(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(photos())))
    file = bytearray(photos()[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file) - 1))
        file[at] = data.draw(st.integers(0, 255))
    fuzz_photos.target(bytes(file))


@settings(max_examples=60, deadline=None)
@given(start=st.sampled_from(sorted(photos())), rest=st.binary(max_size=200), keep=st.integers(2, 60))
def test_the_start_of_a_file_with_anything_behind_it(start: str, rest: bytes, keep: int) -> None:
    fuzz_photos.target(photos()[start][:keep] + rest)


def test_c_code_is_silent_inside_and_heard_again_outside(capfd: pytest.CaptureFixture[str]) -> None:
    import ctypes

    library = ctypes.CDLL(None)
    with native_stderr_silenced(), native_stderr_silenced():
        library.perror(b"inside")
    library.perror(b"outside")
    library.fflush(None)
    heard = capfd.readouterr().err
    assert "inside" not in heard
    assert "outside" in heard


@pytest.mark.parametrize("error", [MemoryError(), SyntaxError("broken"), KeyError(7), OSError("two\nlines")])
def test_foreign_exceptions_become_one_line_with_the_name(error: Exception) -> None:
    from inpaint_cli.errors import PhotoError

    with pytest.raises(PhotoError, match=r"^a.png: [^\n]+$") as caught, foreign_errors("a.png", "decoded"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("bug", [TypeError, KeyError, IndexError, AttributeError])
def test_a_bug_of_ours_is_told_as_such_and_not_as_damage(monkeypatch: pytest.MonkeyPatch, bug: type) -> None:
    def stumbling(*_: object) -> NoReturn:
        raise bug("ours")

    data = photos()["png-rgb"]
    photo = decode_photo(data, name="photo")
    page = photo.pages[0]
    monkeypatch.setattr(png_chunks, "with_new_pixels", stumbling)
    with pytest.raises(bug, match="ours"):
        encode_photo(photo, [page.pixels], [np.ones(page.shape, np.bool_)])
    monkeypatch.setattr(png_pixels, "read", stumbling)
    with pytest.raises(bug, match="ours"):
        decode_photo(data, name="photo")
