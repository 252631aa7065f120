from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import numpy as np
import photo_samples as samples
import pytest
import tifffile
from PIL import Image

from inpaint_cli.errors import DecompressionBombError, PhotoError, UnsupportedPhotoError
from inpaint_cli.photos import decode_photo, encode_photo, output_format, verify

RGB, GREY = samples.rgb(), samples.grey()
DEEP, DEEP_GREY = samples.deep(RGB), samples.deep(GREY)
LAYERS = np.stack([GREY] * 4)


def written(pixels: Any, **options: Any) -> bytes:
    """By tifffile, an independent writer."""
    out = BytesIO()
    tifffile.imwrite(out, pixels, **options)
    return out.getvalue()


def planes(pixels: Any) -> Any:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def few(colours: int) -> Image.Image:
    return Image.fromarray(RGB).quantize(colours)


FILES = {
    "rgb": written(RGB),
    "rgb 16": written(DEEP),
    "grey": written(GREY),
    "grey 16": written(DEEP_GREY),
    "big endian": written(DEEP, byteorder=">"),
    "BigTIFF": written(DEEP, bigtiff=True),
    "BigTIFF, strips": written(DEEP, bigtiff=True, rowsperstrip=5, compression="zlib"),
    "strips": written(RGB, rowsperstrip=7),
    "tiles": written(RGB, tile=(16, 32)),
    "tiles, deflate": written(DEEP, tile=(16, 32), compression="zlib", predictor=True),
    "planes": written(planes(DEEP), photometric="rgb", planarconfig="separate", rowsperstrip=9),
    "planes, tiles": written(planes(RGB), photometric="rgb", planarconfig="separate", tile=(16, 16)),
    "deflate": written(RGB, compression="zlib", rowsperstrip=16),
    "deflate, predicted": written(DEEP, compression="zlib", predictor=True, rowsperstrip=16),
    "big endian, predicted": written(DEEP, compression="zlib", predictor=True, byteorder=">"),
    "alpha": written(samples.rgba(), photometric="rgb", extrasamples=["unassalpha"]),
    "infrared": written(np.dstack([DEEP, DEEP_GREY]), photometric="rgb", extrasamples=["unspecified"]),
    "selection, alpha": written(
        np.dstack([RGB, GREY, samples.rgba()[..., 3]]),
        photometric="rgb",
        extrasamples=["unspecified", "unassalpha"],
    ),
    "planes, grey and an unknown meaning": written(
        planes(np.dstack([GREY, 255 - GREY])), photometric="minisblack", planarconfig="separate"
    ),
    "white is zero": written(GREY, photometric="miniswhite"),
    "LZW": samples.saved(RGB, "TIFF", compression="tiff_lzw"),
    "LZW, predicted": samples.saved(RGB, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}),
    "LZW 16": samples.saved(DEEP_GREY, "TIFF", compression="tiff_lzw"),
    "PackBits": samples.saved(RGB, "TIFF", compression="packbits"),
    "old deflate": samples.saved(RGB, "TIFF", compression="tiff_deflate"),
    "pages": written(np.stack([RGB, 255 - RGB, RGB // 3]), photometric="rgb"),
    "palette": samples.saved(few(60), "TIFF"),
    "palette, LZW": samples.saved(few(250), "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize("kind", FILES)
def test_outside_the_mask_no_value_changes(kind: str) -> None:
    samples.check_exact(FILES[kind])


def test_a_channel_of_an_unknown_meaning_is_no_transparency_and_stays_under_the_mask() -> None:
    selection = np.zeros_like(GREY)
    selection[20:40] = 255
    source = written(np.dstack([RGB, selection]), photometric="rgb", extrasamples=["unspecified"])
    assert decode_photo(source, name="scan").pages[0].alpha is None
    assert (tifffile.imread(BytesIO(samples.check_exact(source)))[..., 3] == selection).all()


@pytest.mark.parametrize("kind", [kind for kind in FILES if "LZW" not in kind])
def test_another_reader_sees_the_same(kind: str) -> None:
    file = samples.check_exact(FILES[kind])
    seen = tifffile.imread(BytesIO(file))
    page = decode_photo(file, name="restored").pages[0]
    if kind.startswith("palette"):
        return
    if kind == "white is zero":
        seen = 255 - seen
    if kind == "pages":
        seen = seen[0]
    if kind.startswith("planes"):
        seen = seen.transpose(1, 2, 0)
    assert (seen.reshape(*page.shape, -1)[..., : page.pixels.shape[2]] == page.pixels).all()


@pytest.mark.parametrize("kind", ["LZW", "LZW, predicted", "PackBits", "palette", "palette, LZW"])
def test_pillow_sees_the_same(kind: str) -> None:
    file = samples.check_exact(FILES[kind])
    with Image.open(BytesIO(file)) as picture:
        assert (np.asarray(picture.convert("RGB")) == decode_photo(file, name="x").pages[0].pixels).all()


def test_every_byte_but_the_touched_strips_stays() -> None:
    data = written(DEEP, rowsperstrip=4, resolution=(300, 300), description="Wedding", software="scanner 9")
    file = samples.check_exact(data)
    assert len(file) == len(data)
    changed = np.flatnonzero(np.frombuffer(file, np.uint8) != np.frombuffer(data, np.uint8))
    with tifffile.TiffFile(BytesIO(data)) as tiff:
        page = tiff.pages[0]
        rows = samples.hole((samples.HEIGHT, samples.WIDTH)).any(axis=1)
        touched = [i for i in range(len(page.dataoffsets)) if rows[4 * i : 4 * i + 4].any()]
        spans = [(page.dataoffsets[i], page.dataoffsets[i] + page.databytecounts[i]) for i in touched]
    assert all(any(start <= at < end for start, end in spans) for at in changed)


@pytest.mark.parametrize("kind", [kind for kind in FILES if "palette" not in kind])
def test_all_tags_stay(kind: str) -> None:
    layout = {258, 262, 273, 277, 278, 279, 324, 325}
    file = samples.check_exact(FILES[kind])
    with tifffile.TiffFile(BytesIO(FILES[kind])) as old, tifffile.TiffFile(BytesIO(file)) as new:
        for before, after in zip(old.pages, new.pages, strict=True):
            kept = {tag.code: tag.value for tag in before.tags if tag.code not in layout}
            assert kept == {tag.code: tag.value for tag in after.tags if tag.code not in layout}


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_the_file_does_not_double_when_one_large_strip_outgrows_its_place(compression: str) -> None:
    flat = np.full((300, 400, 3), 90, np.uint8)
    flat[::5] = samples.rgb(300, 400)[::5]
    data = samples.saved(flat, "TIFF", compression=compression, tiffinfo={278: 300})
    photo = decode_photo(data, name="photo")
    mask = np.zeros((300, 400), np.bool_)
    mask[100:140, 100:140] = True
    new = np.random.default_rng(0).integers(0, 256, photo.pages[0].pixels.shape, dtype=np.uint8)
    file = encode_photo(photo, [new], [mask])
    assert verify(data, file, [mask]).kept
    with Image.open(BytesIO(file)) as picture:
        assert (np.asarray(picture)[mask] == new[mask]).all()
    assert len(file) < 1.25 * len(data)


def test_a_page_that_no_mask_touches_stays() -> None:
    data = FILES["pages"]
    photo = decode_photo(data, name="pages")
    masks = [np.zeros(page.shape, np.bool_) for page in photo.pages]
    masks[1][10:20, 10:20] = True
    file = encode_photo(photo, [page.pixels // 2 for page in photo.pages], masks)
    assert verify(data, file, masks).kept
    again = decode_photo(file, name="restored").pages
    assert (again[0].pixels == photo.pages[0].pixels).all()
    assert (again[1].pixels[masks[1]] == photo.pages[1].pixels[masks[1]] // 2).all()


def test_a_reduced_copy_is_not_a_page() -> None:
    out = BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(RGB, photometric="rgb")
        writer.write(RGB[::4, ::4], photometric="rgb", subfiletype=1)
    assert len(decode_photo(out.getvalue(), name="photo").pages) == 1
    samples.check_exact(out.getvalue())


def test_pages_that_share_their_data_do_not_change_each_other() -> None:
    data = bytearray(FILES["pages"])
    with tifffile.TiffFile(BytesIO(bytes(data))) as tiff:
        first, second = tiff.pages[0].tags[273], tiff.pages[1].tags[273]
        offset = tiff.pages[0].dataoffsets[0]
    assert first.count == second.count == 1
    struct.pack_into("<I", data, second.valueoffset, offset)
    photo = decode_photo(bytes(data), name="shared")
    masks = [np.zeros(page.shape, np.bool_) for page in photo.pages]
    masks[0][10:20, 10:20] = True
    file = encode_photo(photo, [page.pixels // 2 for page in photo.pages], masks)
    assert verify(bytes(data), file, masks).kept


def claiming(data: bytes, end: int) -> bytes:
    """The same file, whose only strip claims to reach to `end`."""
    with tifffile.TiffFile(BytesIO(data)) as tiff:
        (strip,), claimed = tiff.pages[0].dataoffsets, tiff.pages[0].tags["StripByteCounts"]
    changed = bytearray(data)
    struct.pack_into("<I", changed, claimed.valueoffset, end - strip)
    return bytes(changed)


def with_noise(data: bytes) -> tuple[bytes, Any]:
    """Restore with noise, for which a compressed strip needs more room: the new file, the wanted pixels."""
    photo = decode_photo(data, name="photo")
    mask = np.zeros(RGB.shape[:2], np.bool_)
    mask[10:16] = True
    noise = np.random.default_rng(0).integers(0, 256, RGB.shape, dtype=np.uint8)
    file = encode_photo(photo, [noise], [mask])
    assert verify(data, file, [mask]).kept
    return file, np.where(mask[..., None], noise, RGB)


@pytest.mark.parametrize(
    "last", ["PlanarConfiguration", "BitsPerSample"], ids=["its entries", "their values"]
)
def test_a_directory_that_its_strip_claims_to_reach_over_stays(last: str) -> None:
    data = samples.saved(RGB, "TIFF", compression="tiff_deflate")
    with tifffile.TiffFile(BytesIO(data)) as tiff:
        end = tiff.pages[0].tags[last].valueoffset + 4
    file, wanted = with_noise(claiming(data, end))
    with Image.open(BytesIO(file)) as picture:
        assert (np.asarray(picture) == wanted).all()


def test_a_directory_outside_of_the_chain_that_a_strip_claims_to_reach_over_stays() -> None:
    out = BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(RGB, photometric="rgb", compression="zlib", subifds=1)
        writer.write(GREY[::4, ::4], subfiletype=1)
    data = out.getvalue()
    file, wanted = with_noise(claiming(data, len(data)))
    with tifffile.TiffFile(BytesIO(file)) as tiff:
        assert (tiff.pages[0].asarray() == wanted).all()
        assert (tiff.pages[0].pages[0].asarray() == GREY[::4, ::4]).all()


THUMBNAILS = {
    "strips": (273, {}),
    "strips without sizes": (273, {}),
    "tiles": (324, {"tile": (16, 16)}),
    "a JPEG": (513, {"extratags": [(513, "I", 1, 0, True), (514, "I", 1, 256, True)]}),
}


@pytest.mark.parametrize("subifds", [0, 1])
@pytest.mark.parametrize("kind", THUMBNAILS)
def test_the_pixels_of_a_thumbnail_that_a_strip_claims_to_reach_over_stay(kind: str, subifds: int) -> None:
    out, address = BytesIO(), THUMBNAILS[kind][0]
    with tifffile.TiffWriter(out) as writer:
        writer.write(RGB, photometric="rgb", compression="zlib", subifds=subifds)
        writer.write(GREY[:16, :16], subfiletype=1, **THUMBNAILS[kind][1])
    data, thumbnail = bytearray(out.getvalue()), bytes(range(256))
    with tifffile.TiffFile(BytesIO(out.getvalue())) as tiff:
        page = tiff.pages[0]
        other = page.pages[0] if subifds else tiff.pages[1]
        (start,), (length,) = page.dataoffsets, page.databytecounts
        strip = data[start : start + length]
        struct.pack_into("<I", data, page.tags[273].valueoffset, len(data))
        struct.pack_into("<I", data, page.tags[279].valueoffset, length + len(thumbnail))
        struct.pack_into("<I", data, other.tags[address].valueoffset, len(data) + length)
        if kind == "strips without sizes":
            struct.pack_into("<H", data, other.tags[279].offset, 65_000)
    data += strip
    file, wanted = with_noise(bytes(data + thumbnail))
    assert file[len(data) : len(data) + len(thumbnail)] == thumbnail
    with tifffile.TiffFile(BytesIO(file)) as tiff:
        assert (tiff.pages[0].asarray() == wanted).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    data = written(RGB, extratags=[(274, "H", 1, orientation, True)])
    with Image.open(BytesIO(data)) as picture:
        from PIL import ImageOps

        assert (
            np.asarray(ImageOps.exif_transpose(picture)) == decode_photo(data, name="x").pages[0].pixels
        ).all()
    file = samples.check_exact(data)
    assert decode_photo(file, name="restored").orientations == (orientation,)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (written(GREY.astype(np.float32)), "with floating-point numbers is"),
        (written(GREY.astype(np.int16)), "with signed numbers is"),
        (written(GREY.astype(np.uint32)), "with 32 bits a sample is"),
        (written(GREY.astype(np.complex64)), "with complex numbers is"),
        (samples.saved(Image.fromarray(GREY).convert("1"), "TIFF"), "with 1 bit a sample is"),
        (samples.saved(Image.new("CMYK", (20, 20)), "TIFF"), "CMYK"),
        (
            written(LAYERS, photometric="minisblack", volumetric=True, tile=(2, 16, 16)),
            "with several layers in depth is",
        ),
        (samples.saved(RGB, "TIFF", compression="jpeg"), "JPEG|YCbCr"),
        (
            samples.saved(Image.fromarray(GREY).convert("1"), "TIFF", compression="group4"),
            "with 1 bit a sample is",
        ),
    ],
)
def test_kinds_that_are_refused_by_name(data: bytes, kind: str) -> None:
    with pytest.raises(
        UnsupportedPhotoError, match=f"^scan.tif: TIFF .*({kind}).* not supported; convert it first$"
    ):
        decode_photo(data, name="scan.tif")


def with_photoshops_data(block: bytes) -> bytes:
    data = b"Adobe Photoshop Document Data Block\x00" + block
    return written(RGB, extratags=[(37724, 7, len(data), data, True)])


@pytest.mark.parametrize("block", [b"8BIMLayr\x00\x00\x00\x02\x00\x01", b"MIB861rL\x02\x00\x00\x00\x01\x00"])
@pytest.mark.parametrize("wanted", [None, "tiff"])
def test_layers_are_refused_since_photoshop_would_show_their_damage(block: bytes, wanted: str | None) -> None:
    photo = decode_photo(with_photoshops_data(block), name="scan.tif")
    with pytest.raises(UnsupportedPhotoError, match=r"^scan.tif: TIFF with layers.*flatten it first"):
        output_format(photo, wanted)
    assert output_format(photo, "png") == "PNG"


def test_photoshops_data_without_layers_is_kept() -> None:
    samples.check_exact(with_photoshops_data(b"8BIMPatt\x00\x00\x00\x00"))


@pytest.mark.parametrize("kind", ["rgb", "LZW", "deflate", "tiles", "pages", "BigTIFF"])
@pytest.mark.parametrize("share", [0.02, 0.4, 0.99])
def test_truncated(kind: str, share: float) -> None:
    data = FILES[kind]
    with pytest.raises(PhotoError, match=r"^scan.tif: [^\n]+$"):
        decode_photo(data[: int(share * len(data)) + 4], name="scan.tif")


def test_directories_in_a_circle() -> None:
    data = bytearray(written(GREY))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    with pytest.raises(PhotoError, match="circle"):
        decode_photo(bytes(data), name="scan.tif")


def test_the_pixels_of_all_pages_count() -> None:
    with pytest.raises(DecompressionBombError):
        decode_photo(FILES["pages"], name="scan.tif", max_pixels=2 * RGB.shape[0] * RGB.shape[1])


def test_a_palette_that_lacks_a_colour_becomes_rgb_and_keeps_its_other_tags() -> None:
    data = samples.saved(few(60), "TIFF", dpi=(300, 300), tiffinfo={270: "Wedding"})
    with Image.open(BytesIO(samples.check_exact(data))) as picture:
        assert picture.mode == "RGB"
        assert picture.tag_v2[270] == "Wedding"
        assert picture.info["dpi"] == (300, 300)


def test_a_palette_page_whose_planes_lie_apart_becomes_rgb_whose_samples_lie_together() -> None:
    data = samples.saved(few(60), "TIFF", tiffinfo={284: 2})
    with Image.open(BytesIO(data)) as picture:
        assert picture.tag_v2[284] == 2
    file = samples.check_exact(data)
    with tifffile.TiffFile(BytesIO(file)) as tiff:
        assert tiff.pages[0].tags[284].value == 1
        assert (tiff.pages[0].asarray() == decode_photo(file, name="new").pages[0].pixels).all()


def test_each_of_several_palette_pages_may_become_rgb() -> None:
    out = BytesIO()
    pages = [few(60), few(40), few(20)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    photo = decode_photo(out.getvalue(), name="photo")
    masks = [samples.hole(page.shape) for page in photo.pages]
    new = [
        np.where(mask[..., None], 255 - page.pixels, page.pixels)
        for page, mask in zip(photo.pages, masks, strict=True)
    ]
    file = encode_photo(photo, new, masks)
    assert verify(out.getvalue(), file, masks).kept
    again = decode_photo(file, name="photo")
    assert all((page.pixels == pixels).all() for page, pixels in zip(again.pages, new, strict=True))


def test_a_palette_that_has_the_colours_stays() -> None:
    data = FILES["palette"]
    photo = decode_photo(data, name="photo")
    mask = samples.hole(photo.pages[0].shape)
    new = np.broadcast_to(photo.pages[0].pixels[0, 0], photo.pages[0].pixels.shape)
    file = encode_photo(photo, [new], [mask])
    assert len(file) == len(data)
    assert verify(data, file, [mask]).kept
