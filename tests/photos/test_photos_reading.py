from __future__ import annotations

import errno
import io
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import photo_samples as samples
import pytest
from PIL import Image, ImageOps

from inpaint_cli.errors import DecompressionBombError, PhotoError, UsageError
from inpaint_cli.photos import (
    PHOTO_SUFFIXES,
    decode_photo,
    encode_photo,
    output_format,
    read_photo,
    verify,
    write_atomically,
)
from inpaint_cli.photos.edge import foreign_errors
from inpaint_cli.photos.masks import decode_mask


def test_a_wrong_suffix_is_read_and_written_by_content(tmp_path: Path) -> None:
    path = tmp_path / "really a png.jpg"
    path.write_bytes(samples.saved(samples.rgb(), "PNG"))
    photo = read_photo(path)
    assert (photo.format, photo.name) == ("PNG", str(path))
    mask = samples.hole(photo.pages[0].shape)
    assert encode_photo(photo, [photo.pages[0].pixels // 2], [mask]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"hello, I am a text", "not a photo"), (b"%PDF-1.4", "not a photo")],
)
def test_files_that_are_no_photos(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match=rf"a\.png: .*{reason}"):
        read_photo(path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"gone\.png: can't be read: No such file"):
        read_photo(tmp_path / "gone.png")
    with pytest.raises(PhotoError, match="directory"):
        read_photo(tmp_path)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "a.png: Too many open files; lower --jobs"),
        (OSError(errno.EIO, "Input/output error"), r"a.png: can't be read, the file may be damaged \(.*\)"),
        (MemoryError(), "a.png: not enough memory; use --jobs 1, and .* a machine with more of it"),
    ],
)
def test_what_the_system_lacks_is_no_fault_of_the_file(error: Exception, told: str) -> None:
    with pytest.raises(PhotoError, match=f"^{told}$"), foreign_errors("a.png", "read"):
        raise error


def bomb(format_name: str) -> bytes:
    """A small file that claims 60000x60000 pixels."""
    if format_name == "PNG":
        header = samples.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
        data = samples.png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        return b"\x89PNG\r\n\x1a\n" + header + data + samples.png_chunk(b"IEND", b"")
    data = bytearray(samples.saved(samples.grey(), format_name))
    if format_name == "JPEG":
        at = data.find(b"\xff\xc0")
        struct.pack_into(">HH", data, at + 5, 60000, 60000)
    elif format_name == "BMP":
        struct.pack_into("<ii", data, 18, 60000, 60000)
    elif format_name == "GIF":
        struct.pack_into("<HH", data, 6, 60000, 60000)
    elif format_name == "TIFF":
        first = struct.unpack_from("<I", data, 4)[0]
        for entry in range(first + 2, first + 2 + 12 * data[first], 12):
            if struct.unpack_from("<H", data, entry)[0] in (256, 257):
                struct.pack_into("<HII", data, entry + 2, 4, 1, 60000)
    return bytes(data)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "BMP", "TIFF", "GIF"])
def test_decompression_bombs_are_refused_before_decoding(format_name: str) -> None:
    with pytest.raises(DecompressionBombError, match=r"^a: 60000x60000 is 3600 megapixels, .*--max-pixels"):
        decode_photo(bomb(format_name), name="a")


def test_more_than_pillows_own_limit_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    data = samples.saved(samples.rgb(), "JPEG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert decode_photo(data, name="a").pages[0].shape == (samples.HEIGHT, samples.WIDTH)


TURNED = b'<d xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
XMP_IN_PNG = samples.png_chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + TURNED)
TURNED_BY_XMP_ALONE = {
    "JPEG": samples.saved(samples.rgb(), "JPEG", xmp=TURNED),
    "PNG": samples.with_chunks(samples.saved(samples.rgb(), "PNG"), XMP_IN_PNG),
    "TIFF": samples.saved(samples.rgb(), "TIFF", tiffinfo={700: TURNED}),
    "WEBP": samples.saved(samples.rgb(), "WEBP", xmp=TURNED),
    "AVIF": samples.saved(samples.rgb(), "AVIF", xmp=TURNED),
}


@pytest.mark.parametrize("format_name", TURNED_BY_XMP_ALONE)
def test_an_orientation_in_xmp_alone_is_not_followed(format_name: str) -> None:
    data = TURNED_BY_XMP_ALONE[format_name]
    with Image.open(io.BytesIO(data)) as picture:
        assert ImageOps.exif_transpose(picture).size == (samples.HEIGHT, samples.WIDTH)  # Pillow does
    assert decode_photo(data, name="photo").pages[0].shape == (samples.HEIGHT, samples.WIDTH)


def test_an_orientation_in_xmp_alone_is_not_followed_in_masks_of_a_kind_that_no_photo_may_have() -> None:
    data = samples.saved(Image.new("CMYK", (4, 2)), "TIFF", tiffinfo={700: TURNED})
    assert decode_mask(data, name="mask")[0].shape == (2, 4)


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in PHOTO_SUFFIXES)
    assert {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"} <= PHOTO_SUFFIXES


def test_a_photo_can_travel_to_another_process() -> None:
    photo = decode_photo(samples.saved(samples.rgba(), "PNG"), name="a")
    again = pickle.loads(pickle.dumps(photo))
    assert (again.pages[0].pixels == photo.pages[0].pixels).all()
    assert again.source == photo.source


def test_pixels_of_another_shape_or_type_are_a_bug_of_the_caller() -> None:
    photo = decode_photo(samples.saved(samples.rgb(), "PNG"), name="a")
    mask = samples.hole(photo.pages[0].shape)
    with pytest.raises(ValueError, match="new pixels"):
        encode_photo(photo, [photo.pages[0].pixels[1:]], [mask])
    with pytest.raises(ValueError, match="new pixels"):
        encode_photo(photo, [photo.pages[0].pixels.astype(np.uint16)], [mask])
    with pytest.raises(ValueError, match="mask"):
        encode_photo(photo, [photo.pages[0].pixels], [mask[1:]])
    with pytest.raises(ValueError, match="pages"):
        encode_photo(photo, [], [])


def test_an_unknown_output_format_lists_the_known_ones() -> None:
    photo = decode_photo(samples.saved(samples.rgb(), "PNG"), name="a")
    with pytest.raises(UsageError, match="--format xyz is unknown; choose from png"):
        output_format(photo, "xyz")


def test_verify_counts_changed_values() -> None:
    pixels = samples.rgb()
    mask = samples.hole(pixels.shape[:2])
    other = pixels.copy()
    other[0, 0] ^= 1
    other[mask] = 0
    found = verify(samples.saved(pixels, "PNG"), samples.saved(other, "PNG"), [mask])
    assert (found.changed_values, found.changed_blocks, found.kept) == (3, None, False)


def test_verify_reads_files_too(tmp_path: Path) -> None:
    data, (mask,) = samples.saved(samples.rgb(), "PNG"), [np.zeros((samples.HEIGHT, samples.WIDTH), np.bool_)]
    (tmp_path / "a.png").write_bytes(data)
    assert verify(tmp_path / "a.png", data, [mask]).kept
    found = verify(tmp_path / "a.png", samples.saved(samples.rgb()[1:], "PNG"), [mask])
    assert found.problem == "75x53 became 75x52"
    assert not found.kept


def test_writing_replaces_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 != 0o600


def test_a_failed_write_leaves_the_old_file_and_no_leftovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def disk_full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(PhotoError, match=r"a\.png: can't be written: No space left on device"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="can't be written"):
        write_atomically(tmp_path / "nowhere" / "a.png", b"new")


def test_every_public_name_is_there_and_names_alone_import_no_codec() -> None:
    import subprocess
    import sys

    from inpaint_cli import photos

    assert all(getattr(photos, name) is not None for name in photos.__all__)
    code = "import sys, inpaint_cli.photos; print({'numpy', 'PIL', 'cv2'} & set(sys.modules))"
    folder = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"
