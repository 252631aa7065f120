from __future__ import annotations

import struct
import tracemalloc
import zlib
from io import BytesIO

import cv2
import numpy as np
import photo_samples as samples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inpaint_cli.errors import PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import decode_photo, encode_photo, png_chunks, png_pixels


def few(colours: int) -> Image.Image:
    return Image.fromarray(samples.rgb()).quantize(colours)


def opencv_png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


FILES = {
    "rgb": samples.saved(samples.rgb(), "PNG"),
    "rgba": samples.saved(samples.rgba(), "PNG"),
    "grey": samples.saved(samples.grey(), "PNG"),
    "grey with alpha": samples.saved(Image.fromarray(samples.rgba()).convert("LA"), "PNG"),
    "grey 16": samples.saved(samples.deep(samples.grey()), "PNG"),
    "rgb 16": opencv_png(samples.deep(samples.rgb())),
    "rgba 16": opencv_png(samples.deep(samples.rgba())),
    "one bit": samples.saved(Image.fromarray(samples.grey()).convert("1"), "PNG"),
    "palette": samples.saved(few(60), "PNG"),
    "palette, transparent": samples.saved(few(60), "PNG", transparency=3),
    "palette, full": samples.saved(few(256), "PNG"),
    "palette of 4 bits": samples.saved(few(12), "PNG", bits=4),
    "one transparent colour": samples.saved(
        samples.rgb(), "PNG", transparency=tuple(int(c) for c in samples.rgb()[40, 7])
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_outside_the_mask_no_value_changes(kind: str) -> None:
    samples.check_exact(FILES[kind])


@pytest.mark.parametrize("kind", FILES)
def test_other_libraries_see_the_same(kind: str) -> None:
    file = samples.check_exact(FILES[kind])
    seen = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    page = decode_photo(file, name="restored").pages[0]
    colours = seen[..., None] if seen.ndim == 2 else seen[..., 2::-1]
    if kind == "grey with alpha":
        colours = colours[..., :1]
    assert (colours == page.pixels).all()


def test_sixteen_bits_keep_their_lower_halves() -> None:
    pixels = samples.deep(samples.rgb())
    page = decode_photo(opencv_png(pixels), name="deep").pages[0]
    assert page.pixels.dtype == np.uint16
    assert (page.pixels == pixels[..., ::-1]).all()


def test_a_palette_stays_while_colours_fit() -> None:
    file = samples.check_exact(FILES["palette"], value=9)
    assert png_chunks.parse(file, "palette").header.colour == png_chunks.PALETTE
    assert len(png_chunks.parse(file, "palette").payload(b"PLTE") or b"") == 61 * 3


def test_a_small_palette_gets_wider_indices() -> None:
    file = samples.check_exact(FILES["palette of 4 bits"], value=9)
    assert png_chunks.parse(file, "palette").header.depth == 4
    header = png_chunks.parse(samples.check_exact(FILES["palette of 4 bits"]), "palette").header
    assert (header.depth, header.colour) == (8, png_chunks.PALETTE)


def test_a_full_palette_becomes_rgb() -> None:
    file = samples.check_exact(FILES["palette, full"])
    assert png_chunks.parse(file, "palette").header.colour == png_chunks.RGB


def test_indices_of_8_bits_are_written_without_taking_them_apart_bit_by_bit() -> None:
    indices = np.zeros((500, 400, 1), np.uint8)
    tracemalloc.start()
    png_pixels.write(indices, depth=8, colour=png_chunks.PALETTE)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * indices.size


def test_one_bit_stays_one_bit_while_values_fit() -> None:
    assert png_chunks.parse(samples.check_exact(FILES["one bit"], value=255), "bits").header.depth == 1
    assert png_chunks.parse(samples.check_exact(FILES["one bit"]), "bits").header.depth == 8


def test_transparent_pixels_under_the_mask_become_opaque_and_others_stay() -> None:
    photo = decode_photo(FILES["rgba"], name="photo")
    mask = np.zeros(photo.pages[0].shape, np.bool_)
    mask[5:11, :30] = True
    page = decode_photo(encode_photo(photo, [photo.pages[0].pixels], [mask]), name="restored").pages[0]
    assert page.alpha is not None
    assert set(page.alpha[5:9, :30].ravel()) == {255}
    assert set(page.alpha[9:11, :30].ravel()) == {200}
    assert set(page.alpha[:9, 30:].ravel()) == {0}


def test_a_new_pixel_of_the_transparent_colour_stays_opaque() -> None:
    photo = decode_photo(FILES["one transparent colour"], name="photo")
    mask = samples.hole(photo.pages[0].shape)
    new = np.broadcast_to(samples.rgb()[40, 7], photo.pages[0].pixels.shape)
    page = decode_photo(encode_photo(photo, [new], [mask]), name="restored").pages[0]
    assert page.alpha is not None
    assert (page.alpha[mask] == 255).all()
    assert page.alpha[40, 7] == 0


def test_chunks_are_kept() -> None:
    data = samples.with_chunks(
        samples.saved(samples.rgb(), "PNG"),
        samples.png_chunk(b"gAMA", struct.pack(">I", 45455)),
        samples.png_chunk(b"iCCP", b"profile\x00\x00" + zlib.compress(b"x" * 200)),
        samples.png_chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        samples.png_chunk(b"tEXt", b"Title\x00Wedding"),
        samples.png_chunk(b"iTXt", b"Author\x00\x00\x00\x00\x00M\xc3\xbcller"),
        samples.png_chunk(b"eXIf", samples.exif(1)),
        samples.png_chunk(b"tIME", b"\x07\xc8\x01\x01\x01\x01\x01"),
        samples.png_chunk(b"vpAg", b"unknown but safe to copy"),
        samples.png_chunk(b"iDOT", b"where Apple's second half of the data starts"),
    )
    file = samples.check_exact(data)
    kept = [kind for kind in samples.png_kinds(data) if kind != b"iDOT"]
    assert samples.png_kinds(file) == kept
    old, new = png_chunks.parse(data, "old"), png_chunks.parse(file, "new")
    assert all(
        new.payload(kind) == old.payload(kind) for kind in kept if kind not in (b"IHDR", b"IDAT", b"IEND")
    )


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_orientation_of_a_png(orientation: int) -> None:
    data = samples.with_chunks(FILES["rgb"], samples.png_chunk(b"eXIf", samples.exif(orientation)))
    page = decode_photo(data, name="photo").pages[0]
    assert (page.shape == (samples.WIDTH, samples.HEIGHT)) == (orientation > 4)
    assert b"eXIf" in samples.png_kinds(samples.check_exact(data))


def adam7(pixels: np.ndarray) -> bytes:
    """An interlaced RGB PNG, which Pillow can't write."""
    lines = b""
    for y, x, down, across in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        part = pixels[y::down, x::across]
        if part.size:
            lines += b"".join(b"\x00" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 1)
    chunks = [samples.png_chunk(b"IHDR", header), samples.png_chunk(b"IDAT", zlib.compress(lines))]
    return png_chunks.SIGNATURE + b"".join(chunks) + samples.png_chunk(b"IEND", b"")


def test_interlaced() -> None:
    data = adam7(samples.rgb())
    assert (decode_photo(data, name="interlaced").pages[0].pixels == samples.rgb()).all()
    samples.check_exact(data)


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    kind=st.sampled_from(
        [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)]
    ),
    seed=st.integers(0, 999),
)
def test_every_depth_and_colour_type_reads_back(
    size: tuple[int, int], kind: tuple[int, int], seed: int
) -> None:
    colour, depth = kind
    channels = png_chunks.CHANNELS[colour]
    values = np.random.default_rng(seed).integers(0, 2**depth, (*size, channels))
    pixels = values.astype(np.uint16 if depth == 16 else np.uint8)
    compressed = png_pixels.write(pixels, depth=depth, colour=colour)
    header = png_chunks.Header(size[1], size[0], depth, colour)
    data = png_chunks.pack(header, [png_chunks.Chunk(b"IDAT", compressed)])
    assert (png_pixels.read(png_chunks.parse(data, "png"), "png") == pixels).all()


def test_an_animation_is_refused_by_name() -> None:
    frames = [Image.fromarray(samples.rgb()), Image.fromarray(255 - samples.rgb())]
    data = samples.saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedPhotoError, match=r"^a.png: animated PNG is not supported; save one of"):
        decode_photo(data, name="a.png")


@pytest.mark.parametrize("kind", ["rgb", "rgb 16", "palette"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_truncated(kind: str, share: float) -> None:
    data = FILES[kind]
    with pytest.raises(PhotoError, match=r"^a.png: [^\n]+$"):
        decode_photo(data[: 8 + int(share * len(data))], name="a.png")


def test_pixel_data_that_ends_early() -> None:
    header = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    chunks = [samples.png_chunk(b"IHDR", header), samples.png_chunk(b"IDAT", zlib.compress(bytes(500)))]
    data = png_chunks.SIGNATURE + b"".join(chunks) + samples.png_chunk(b"IEND", b"")
    with pytest.raises(PhotoError, match=r"^a.png: "):
        decode_photo(data, name="a.png")
    wide = data.replace(chunks[0], samples.png_chunk(b"IHDR", header[:8] + b"\x10" + header[9:]))
    with pytest.raises(PhotoError, match=r"^a.png: "):
        decode_photo(wide, name="a.png")


def test_saved_by_pillow_reads_the_same() -> None:
    file = samples.check_exact(FILES["palette, transparent"])
    with Image.open(BytesIO(file)) as picture:
        seen = np.asarray(picture.convert("RGBA"))
    page = decode_photo(file, name="restored").pages[0]
    assert page.alpha is not None
    assert (seen == np.dstack([page.pixels, page.alpha])).all()
