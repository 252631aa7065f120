"""What is known of photos without decoding them."""

from pathlib import Path

import pytest
from PIL import Image

from inpaint_cli.batch.photo_header import PhotoHeader, read_header


def test_a_photos_format_and_size_are_read_from_its_header(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    assert read_header(tmp_path / "a.png") == PhotoHeader("PNG", (30, 20))


def test_pillows_own_limit_does_not_hold(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "a.png")
    assert read_header(tmp_path / "a.png").size == (20_000, 10_000)


def test_heic_tells_its_size_where_its_library_is_there(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    pillow_heif.from_pillow(Image.new("RGB", (30, 20))).save(tmp_path / "a.heic")
    assert read_header(tmp_path / "a.heic") == PhotoHeader("HEIF", (30, 20))


def test_a_header_tells_of_a_kind_that_is_refused_and_little_else_is_read(tmp_path: Path) -> None:
    press, archive = tmp_path / "press.jpg", tmp_path / "archive.tif"
    Image.new("CMYK", (30, 20)).save(press)
    Image.new("CMYK", (30, 20)).save(archive)
    words = f"{press}: CMYK or YCCK JPEG is not supported; convert it to RGB first"
    assert read_header(press) == PhotoHeader("JPEG", (30, 20), words)
    words = f"{archive}: TIFF with CMYK is not supported; convert it first"
    assert read_header(archive) == PhotoHeader("TIFF", (30, 20), words)
    with archive.open("ab") as huge:
        huge.truncate(1 << 34)  # 16 GB of nothing
    assert read_header(archive).problem == words


@pytest.mark.parametrize("length", [8, 20, 33, 40, 60])
def test_a_png_that_ends_too_soon_is_no_animation(tmp_path: Path, length: int) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:length])
    assert read_header(tmp_path / "a.png").problem == ""
