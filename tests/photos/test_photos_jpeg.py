from __future__ import annotations

import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import photo_samples as samples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import decode_photo, encode_photo, verify
from inpaint_cli.photos import jpeg as jpeg_files
from inpaint_cli.photos.jpeg_segments import header_segments


def kept_segments(data: bytes) -> list[bytes]:
    """All but Huffman tables, restart intervals and the scan header."""
    return [s.raw for _, s in header_segments(data, "test") if s.marker not in (0xC4, 0xDD, 0xDA)]


def check(data: bytes) -> bytes:
    """Restore and check everything that is promised of a JPEG."""
    _, file, masks = samples.restored(data)
    found = verify(data, file, masks)
    assert found.kept, found
    assert found.changed_blocks == 0
    assert found.untouched_blocks
    assert kept_segments(file) == kept_segments(data)
    assert len(file) < 1.03 * len(data) + 200
    return file


@pytest.mark.parametrize("quality", [5, 40, 75, 95, 100])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_untouched_blocks_keep_their_coefficients(subsampling: str, progressive: bool, quality: int) -> None:
    data = samples.saved(
        samples.rgb(), "JPEG", quality=quality, progressive=progressive, subsampling=subsampling
    )
    file = check(data)
    with Image.open(BytesIO(file)) as picture:
        assert bool(picture.info.get("progressive")) == progressive


@pytest.mark.parametrize("progressive", [False, True])
def test_grey_stays_grey(progressive: bool) -> None:
    file = check(samples.saved(samples.grey(), "JPEG", quality=80, progressive=progressive))
    assert decode_photo(file, name="grey").pages[0].pixels.shape == (samples.HEIGHT, samples.WIDTH, 1)


def test_rgb_without_ycbcr_is_kept() -> None:
    file = check(samples.saved(samples.rgb(), "JPEG", quality=90, keep_rgb=True))
    with Image.open(BytesIO(file)) as picture:
        assert abs(np.asarray(picture).astype(int) - samples.rgb())[:20].max() < 40


def test_chroma_halved_downwards_only_is_kept() -> None:
    """Pillow can't write 4:4:0; a picture turned by a quarter without loss has it."""
    data = bytearray(samples.saved(samples.rgb(64, 64), "JPEG", subsampling="4:2:2"))
    at = data.find(b"\xff\xc0") + 11
    assert data[at] == 0x21
    data[at] = 0x12
    check(bytes(data))


def test_the_filling_is_there() -> None:
    photo, file, (mask,) = samples.restored(samples.saved(samples.rgb(), "JPEG", quality=95, subsampling=0))
    wanted = samples.fill(photo, [mask])[0].astype(int)
    error = abs(decode_photo(file, name="restored").pages[0].pixels - wanted)[mask]
    assert error.mean() < 4


def test_pixels_beside_the_mask_move_by_quantisation_only() -> None:
    photo, file, (mask,) = samples.restored(samples.saved(samples.rgb(), "JPEG", quality=95, subsampling=0))
    moved = abs(decode_photo(file, name="restored").pages[0].pixels.astype(int) - photo.pages[0].pixels)
    assert moved[~mask].max() <= 12


def test_a_mask_over_all_is_restored_whole() -> None:
    photo = decode_photo(samples.saved(samples.rgb(), "JPEG", quality=95), name="photo")
    everything = np.ones(photo.pages[0].shape, np.bool_)
    file = encode_photo(photo, [np.full_like(photo.pages[0].pixels, 90)], [everything])
    assert abs(decode_photo(file, name="restored").pages[0].pixels.astype(int) - 90).max() <= 2


def test_an_empty_mask_gives_the_original_bytes() -> None:
    data = samples.saved(samples.rgb(), "JPEG", restart_marker_blocks=2) + b"trailer"
    photo = decode_photo(data, name="photo")
    assert encode_photo(photo, [photo.pages[0].pixels], [np.zeros(photo.pages[0].shape, np.bool_)]) == data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_stored_orientation_is_kept_and_pixels_are_as_seen(orientation: int) -> None:
    data = samples.saved(
        samples.rgb(), "JPEG", quality=95, subsampling=0, exif=b"Exif\x00\x00" + samples.exif(orientation)
    )
    photo = decode_photo(data, name="photo")
    with Image.open(BytesIO(data)) as picture:
        from PIL import ImageOps

        assert (np.asarray(ImageOps.exif_transpose(picture)) == photo.pages[0].pixels).all()
    check(data)
    _, file, (mask,) = samples.restored(data, value=200)
    assert abs(decode_photo(file, name="restored").pages[0].pixels[mask].astype(int) - 200).mean() < 8


def test_all_metadata_and_what_follows_the_picture_is_kept() -> None:
    data = samples.saved(
        samples.rgb(),
        "JPEG",
        exif=b"Exif\x00\x00" + samples.exif(1),
        icc_profile=bytes(range(256)) * 300,
        xmp=b"<x:xmpmeta/>",
        comment=b"from grandmother's album",
        dpi=(300, 300),
    )
    iptc = b"\xff\xed" + struct.pack(">H", 18) + b"Photoshop 3.0\x008B"
    data = data[:2] + iptc + data[2:] + b"a motion picture"
    file = check(data)
    assert file.endswith(b"a motion picture")


def test_pictures_behind_the_first_are_still_found() -> None:
    def multipicture(size: int, offset: int) -> bytes:
        entries = struct.pack("<IIIHH", 0x20030000, size, 0, 0, 0) + struct.pack(
            "<IIIHH", 0, 999, offset, 0, 0
        )
        directory = struct.pack("<HHHII", 1, 0xB002, 7, len(entries), 26) + struct.pack("<I", 0)
        payload = b"MPF\x00II*\x00" + struct.pack("<I", 8) + directory + entries
        return b"\xff\xe2" + struct.pack(">H", len(payload) + 2) + payload

    plain = samples.saved(samples.rgb(), "JPEG", quality=90)
    size = len(plain) + len(multipicture(0, 0))
    base = 2 + 4 + 4
    data = plain[:2] + multipicture(size, size - base) + plain[2:] + samples.saved(samples.grey(), "JPEG")
    _, file, masks = samples.restored(data)
    assert verify(data, file, masks).kept
    new_size, new_offset = (
        struct.unpack_from("<4xI", file, base + 26)[0],
        struct.unpack_from("<I", file, base + 50)[0],
    )
    assert new_size != size
    assert file[base + new_offset :] == samples.saved(samples.grey(), "JPEG")
    assert new_size == base + new_offset


def test_an_address_of_a_picture_that_makes_no_sense_stays() -> None:
    entries = struct.pack("<IIIHH", 0x030000, 0, 0, 0, 0) + struct.pack("<IIIHH", 0, 999, 0xFFFFFFFF, 0, 0)
    directory = struct.pack("<HHHII", 1, 0xB002, 7, len(entries), 26) + bytes(4)
    payload = b"MPF\x00II*\x00" + struct.pack("<I", 8) + directory + entries
    plain = samples.saved(np.zeros((64, 64, 3), np.uint8), "JPEG", optimize=True)
    data = plain[:2] + b"\xff\xe2" + struct.pack(">H", len(payload) + 2) + payload + plain[2:]
    photo = decode_photo(data, name="photo")
    mask = samples.hole((64, 64))
    file = encode_photo(photo, [samples.rgb(64, 64)], [mask])
    assert len(file) > len(data)
    assert verify(data, file, [mask]).kept
    assert payload in file


def test_restart_markers_are_read() -> None:
    check_data = samples.saved(samples.rgb(), "JPEG", restart_marker_blocks=1)
    _, file, masks = samples.restored(check_data)
    assert verify(check_data, file, masks).kept


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1), (8, 8), (16, 17), (7, 100)])
def test_odd_sizes(height: int, width: int) -> None:
    data = samples.saved(samples.rgb(height, width), "JPEG", subsampling=2)
    photo = decode_photo(data, name="photo")
    mask = np.zeros((height, width), np.bool_)
    mask[0, 0] = True
    file = encode_photo(photo, [np.full_like(photo.pages[0].pixels, 77)], [mask])
    assert verify(data, file, [mask]).kept


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    subsampling=st.integers(0, 2),
    progressive=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_any_mask_leaves_untouched_blocks(
    height: int, width: int, subsampling: int, progressive: bool, seed: int
) -> None:
    data = samples.saved(samples.rgb(height, width), "JPEG", subsampling=subsampling, progressive=progressive)
    photo = decode_photo(data, name="photo")
    mask = np.random.default_rng(seed).random((height, width)) < 0.01
    file = encode_photo(photo, [255 - photo.pages[0].pixels], [mask])
    assert verify(data, file, [mask]).kept


def test_verify_sees_a_changed_block() -> None:
    data = samples.saved(samples.rgb(), "JPEG", quality=90)
    _, file, (mask,) = samples.restored(data)
    elsewhere = np.zeros_like(mask)
    elsewhere[0, 0] = True
    found = verify(data, file, [elsewhere])
    assert not found.kept
    assert found.changed_blocks


def test_verify_sees_other_tables() -> None:
    mask = samples.hole((samples.HEIGHT, samples.WIDTH))
    found = verify(
        samples.saved(samples.rgb(), "JPEG", quality=90),
        samples.saved(samples.rgb(), "JPEG", quality=80),
        [mask],
    )
    assert found.problem == "quantisation tables changed"


def test_several_threads_may_restore_at_once() -> None:
    files = [samples.saved(samples.rgb(40 + i, 60), "JPEG", progressive=i % 2 == 0) for i in range(12)]
    alone = [samples.restored(file)[1] for file in files]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda file: samples.restored(file)[1], files)) == alone


def frame_marker(data: bytes, marker: int) -> bytes:
    at = data.find(b"\xff\xc0")
    return data[: at + 1] + bytes([marker]) + data[at + 2 :]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.saved(Image.new("CMYK", (20, 20)), "JPEG"), "CMYK"),
        (frame_marker(samples.saved(samples.rgb(), "JPEG"), 0xC9), "arithmetic"),
        (frame_marker(samples.saved(samples.rgb(), "JPEG"), 0xC3), "lossless"),
    ],
)
def test_kinds_that_are_refused_by_name(data: bytes, kind: str) -> None:
    with pytest.raises(UnsupportedPhotoError, match=f"photo.jpg: .*{kind}"):
        decode_photo(data, name="photo.jpg")


def test_twelve_bits_are_refused_by_name() -> None:
    data = bytearray(samples.saved(samples.rgb(), "JPEG"))
    data[data.find(b"\xff\xc0") + 4] = 12
    with pytest.raises(UnsupportedPhotoError, match="12 bits"):
        decode_photo(bytes(data), name="photo.jpg")


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_one_clear_line(share: float) -> None:
    data = samples.saved(samples.rgb(), "JPEG")
    with pytest.raises(PhotoError, match=r"^photo.jpg: [^\n]+$"):
        decode_photo(data[: int(len(data) * share) + 3], name="photo.jpg")


def test_damaged_huffman_tables_do_not_crash_the_process() -> None:
    data = bytearray(samples.saved(samples.rgb(), "JPEG"))
    at = data.find(b"\xff\xc4")
    data[at + 5 : at + 21] = b"\xff" * 16
    with pytest.raises(PhotoError):
        file = jpeg_files.parse(bytes(data), "photo")
        jpeg_files.read_coefficients(file, len(data), "photo")


def in_scans_apart(sampling: int) -> bytes:
    """A JPEG of three components, one scan each, all with the same sampling factors."""
    pictures = [samples.saved(samples.rgb()[..., c], "JPEG", quality=80) for c in range(3)]
    _, frame = next(part for part in header_segments(pictures[0], "grey") if part[1].marker == 0xC0)
    scans = []
    for number, picture in enumerate(pictures, 1):
        start, scan = list(header_segments(picture, "grey"))[-1]
        payload = bytes([1, number]) + scan.payload[2:]
        scans.append(b"\xff\xda\x00\x08" + payload + picture[start + len(scan.raw) : -2])
    components = b"".join(bytes([number, sampling, 0]) for number in (1, 2, 3))
    new_frame = b"\xff\xc0\x00\x11" + frame.payload[:5] + b"\x03" + components
    header = pictures[0][: pictures[0].index(b"\xff\xda")].replace(frame.raw, new_frame)
    return header + b"".join(scans) + b"\xff\xd9"


def test_scans_apart_are_read() -> None:
    data = in_scans_apart(0x11)
    _, file, masks = samples.restored(data)
    assert verify(data, file, masks).kept


@pytest.mark.parametrize(("sampling", "named"), [(0x22, "2x2, 2x2, 2x2"), (0x44, "4x4, 4x4, 4x4")])
def test_more_blocks_than_one_scan_can_hold_are_refused_by_name(sampling: int, named: str) -> None:
    data = in_scans_apart(sampling)
    with Image.open(BytesIO(data)) as picture:
        picture.load()  # others read it
    with pytest.raises(UnsupportedPhotoError, match=f"^photo: JPEG with a sampling of {named} is not supp"):
        decode_photo(data, name="photo")


def test_a_grey_picture_of_any_sampling_is_kept() -> None:
    data = bytearray(samples.saved(samples.grey(), "JPEG"))
    data[data.index(b"\xff\xc0") + 11] = 0x44
    check(bytes(data))


@pytest.mark.skipif(sys.platform != "linux", reason="a limit for files in memory as well")
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("side", [110, 300], ids=["the new one", "the one that libjpeg reads"])
def test_no_room_for_a_file_is_not_told_as_damage(side: int, progressive: bool, tmp_path: Path) -> None:
    """The photo is not damaged where the disk, a quota or a limit leaves no room for its new file."""
    photo = tmp_path / "a.jpg"
    pixels = samples.rgb(side, side)
    photo.write_bytes(samples.saved(pixels, "JPEG", quality=90, progressive=progressive))
    assert (photo.stat().st_size > 10_240) == (side == 300)
    code = """
import resource, sys
from pathlib import Path
import numpy as np
from inpaint_cli.photos import encode_photo, read_photo
photo = read_photo(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (10_240, 10_240))
noise = np.random.default_rng(0).integers(0, 256, photo.pages[0].pixels.shape, dtype=np.uint8)
try:
    encode_photo(photo, [noise], [np.ones(noise.shape[:2], np.bool_)])
except Exception as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code, str(photo)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout == f"{photo}: can't be written: File too large\n"


@pytest.mark.skipif(sys.platform != "linux", reason="a limit for a program's memory")
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("step", ["read", "write"])
def test_too_little_memory_for_libjpeg_is_not_told_as_damage(step: str, progressive: bool) -> None:
    """Coefficients of 6000x6000 pixels take 72 MB; libjpeg needs as much again."""
    code = """
import resource, sys
from pathlib import Path
from io import BytesIO
import numpy as np
from PIL import Image
from inpaint_cli.photos import libjpeg
step, progressive = sys.argv[1], sys.argv[2] == "True"
file = BytesIO()
Image.new("L", (6000, 6000)).save(file, "JPEG", progressive=progressive)
planes = [] if step == "read" else libjpeg.read_coefficients(file.getvalue(), [(750, 750)])
libjpeg._library("turbo210"), libjpeg._library("mozjpeg403")
left = 100_000_000 if step == "read" else 28_000_000
most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + left
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    if step == "read":
        libjpeg.read_coefficients(file.getvalue(), [(750, 750)])
    else:
        libjpeg.write_coefficients(
            file.getvalue(), planes, size=(6000, 6000), colour_space=1, progressive=progressive
        )
except MemoryError as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code, step, str(progressive)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout == f"libjpeg can't {step} its coefficients\n"
