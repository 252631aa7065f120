"""What a conversion takes along, seen by readers that are not ours: Pillow and tifffile."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import numpy as np
import photo_samples as samples
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms, IptcImagePlugin, TiffImagePlugin

from inpaint_cli.errors import UnsupportedPhotoError
from inpaint_cli.photos import decode_photo, iptc, output_format, tiff_exif
from inpaint_cli.photos.metadata import upright_xmp

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = PROFILE[:16] + b"GRAY" + PROFILE[20:]
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><d tiff:Orientation='6'/></x:xmpmeta>"
CAPTION = b"\x1c\x02\x78\x00\x0dWedding, 1957"
DESCRIBED = {270: "Wedding", 271: "Camera", 305: "scanner 9", 306: "1957:06:01 10:00:00", 315: "Aunt Rose"}
TAKEN = {36867: "1957:06:01 10:00:00", 33434: 0.008, 37500: b"\x01\x02maker's own\xff"}
PLACE = {1: "N", 2: (48.0, 12.0, 30.0)}


def exif_of_a_camera(endian: str = "<", orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif.endian = endian
    exif.update({**DESCRIBED, 0x0112: orientation, 282: 240.0, 283: 240.0, 296: 2})
    exif._ifds[ExifTags.IFD.Exif] = dict(TAKEN)
    exif._ifds[ExifTags.IFD.GPSInfo] = dict(PLACE)
    return exif


def jpeg(endian: str = "<") -> bytes:
    return samples.saved(
        samples.rgb(), "JPEG", quality=90, icc_profile=PROFILE, xmp=XMP, dpi=(300, 300),
        exif=exif_of_a_camera(endian).tobytes(), extra=iptc.jpeg_segment(CAPTION),
    )  # fmt: skip


def tiff(**options: Any) -> bytes:
    """As a scanner writes it, with everything in place."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in {**DESCRIBED, 274: 6, 700: XMP, 33723: CAPTION, 34665: TAKEN, 34853: PLACE}.items():
        tags[tag] = value
    return samples.saved(samples.rgb(), "TIFF", tiffinfo=tags, icc_profile=PROFILE, dpi=(300, 300), **options)


def converted(data: bytes, target: str) -> bytes:
    return samples.restored(data, format=target)[1]


SOURCES = {
    "JPEG": jpeg("<"),
    "JPEG, big-endian": jpeg(">"),
    "TIFF": tiff(),
    "TIFF, big-endian": converted(jpeg(">"), "tiff"),
    "BigTIFF": tiff(big_tiff=True),
}


def check_described(exif: Image.Exif) -> None:
    assert {tag: exif.get(tag) for tag in DESCRIBED} == DESCRIBED
    assert exif.get(0x0112, 1) == 1
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    assert (taken[36867], float(taken[33434]), bytes(taken[37500])) == tuple(TAKEN.values())
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert (place[1], tuple(map(float, place[2]))) == tuple(PLACE.values())


@pytest.mark.parametrize("target", ["tiff", "jpeg", "png", "webp"])
@pytest.mark.parametrize("source", SOURCES)
def test_exif_profile_xmp_and_resolution_go_along(source: str, target: str) -> None:
    data = SOURCES[source]
    if target == source[:4].lower() or (target == "tiff" and "TIFF" in source):
        data = converted(data, "png")
    with Image.open(BytesIO(converted(data, target))) as picture:
        picture.load()
        check_described(picture.getexif())
        assert picture.info["icc_profile"] == PROFILE
        xmp = picture.info["xmp"].rstrip(b"\x00")
        assert xmp == XMP.replace(b"'6'", b"'1'")
        dpi = picture.info["dpi"] if target != "webp" else [picture.getexif()[tag] for tag in (282, 283)]
        of_exif = target == "webp" and source.startswith("JPEG")  # which says otherwise than JFIF, and stays
        assert [round(float(value)) for value in dpi] == ([240, 240] if of_exif else [300, 300])
        if target in ("tiff", "jpeg") and data in SOURCES.values():
            records = IptcImagePlugin.getiptcinfo(picture)
            assert records == {(2, 120): b"Wedding, 1957"}


@pytest.mark.parametrize("endian", ["<", ">"])
def test_a_webp_says_the_resolution_where_exif_said_none_and_moves_no_value(endian: str) -> None:
    exif = exif_of_a_camera(endian, orientation=1)
    for tag in (282, 283, 296):
        del exif[tag]
    exif = exif.tobytes()[6:]
    data = samples.saved(samples.rgb(), "JPEG", exif=b"Exif\0\0" + exif, dpi=(300, 200))
    with Image.open(BytesIO(converted(data, "webp"))) as picture:
        new = picture.info["exif"].removeprefix(b"Exif\0\0")
        check_described(picture.getexif())
        assert [float(picture.getexif()[tag]) for tag in (282, 283, 296)] == [300, 200, 2]
    assert new[8 : len(exif)] == exif[8:]


@pytest.mark.parametrize(
    "exif", [b"II*\x00", b"II*\x00" + bytes(12), b"II*\x00" + b"\xff" * 12, b"nonsense in its place"]
)
def test_exif_that_can_not_be_read_stays_as_it_is(exif: bytes) -> None:
    assert tiff_exif.with_resolution(exif, (300, 300)) == exif


@pytest.mark.parametrize("source", SOURCES)
def test_a_new_tiff_is_sound_to_another_reader(source: str) -> None:
    data = SOURCES[source] if source.startswith("JPEG") else converted(SOURCES[source], "png")
    file = samples.check_exact(data, format="tiff")
    with tifffile.TiffFile(BytesIO(file)) as seen:
        page = seen.pages[0]
        assert (page.asarray() == decode_photo(file, name="x").pages[0].pixels).all()
        assert page.tags[34665].value["DateTimeOriginal"] == TAKEN[36867]
        assert page.tags[34853].value["GPSLatitudeRef"] == "N"
        assert [tag.code for tag in page.tags] == sorted(tag.code for tag in page.tags)


def test_the_addresses_inside_a_makers_notes_stay_right_in_a_tiff() -> None:
    exif = exif_of_a_camera(orientation=1).tobytes()[6:]
    data = samples.saved(samples.rgb(), "PNG", exif=b"Exif\0\0" + exif)
    file = converted(data, "tiff")
    assert file[8 : len(exif)] == exif[8:]


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("endian", ["<", ">"])
def test_pixels_are_written_in_the_byte_order_of_their_exif(depth: int, endian: str) -> None:
    pixels = samples.rgb() if depth == 8 else samples.deep(samples.rgb())
    out = BytesIO()
    tifffile.imwrite(out, pixels, photometric="rgb")
    png = samples.with_chunks(
        converted(out.getvalue(), "png"),
        samples.png_chunk(b"eXIf", exif_of_a_camera(endian, orientation=1).tobytes()[6:]),
    )
    file = samples.check_exact(png, format="tiff")
    mask = samples.hole(pixels.shape[:2])
    assert file[:2] == (b"II" if endian == "<" else b"MM")
    assert (tifffile.imread(BytesIO(file))[~mask] == pixels[~mask]).all()


def test_grey_keeps_a_profile_for_grey_and_leaves_one_for_rgb() -> None:
    for profile, kept in ((GREY_PROFILE, GREY_PROFILE), (PROFILE, None)):
        data = samples.saved(samples.grey(), "TIFF", icc_profile=profile)
        for target in ("png", "jpeg"):
            with Image.open(BytesIO(converted(data, target))) as picture:
                assert picture.info.get("icc_profile") == kept


def test_every_page_keeps_its_tags_when_a_tiff_stays_a_tiff() -> None:
    out = BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for number in range(2):
            writer.write(
                samples.rgb(), photometric="rgb", description=f"page {number}", resolution=(600, 600)
            )
    with tifffile.TiffFile(BytesIO(samples.check_exact(out.getvalue()))) as seen:
        assert [page.description for page in seen.pages] == ["page 0", "page 1"]


def test_a_resolution_reaches_a_webp_through_exif() -> None:
    with Image.open(
        BytesIO(converted(samples.saved(samples.rgb(), "PNG", dpi=(300, 300)), "webp"))
    ) as picture:
        assert round(float(picture.getexif()[282])) == 300


def test_a_resolution_that_only_exif_has_is_found() -> None:
    data = samples.saved(samples.rgb(), "WEBP", exif=exif_of_a_camera().tobytes())
    for target in ("png", "jpeg", "tiff", "bmp"):
        with Image.open(BytesIO(converted(data, target))) as picture:
            assert [round(float(value)) for value in picture.info["dpi"]] == [240, 240]


def with_a_resolution_of_0(format_name: str, **options: Any) -> bytes:
    data = samples.saved(samples.rgb(), format_name, dpi=(300, 300), **options)
    if format_name == "JPEG":
        return data[:14] + bytes(4) + data[18:]
    dots = [samples.png_chunk(b"pHYs", struct.pack(">IIB", value, value, 1)) for value in (11811, 0)]
    return data.replace(*dots)


def test_a_resolution_of_0_is_none() -> None:
    for source in ("JPEG", "PNG"):
        with tifffile.TiffFile(BytesIO(converted(with_a_resolution_of_0(source), "tiff"))) as seen:
            assert 282 not in seen.pages[0].tags
    assert b"pHYs" not in samples.png_kinds(converted(with_a_resolution_of_0("JPEG"), "png"))


@pytest.mark.parametrize("source", ["JPEG", "PNG"])
def test_a_resolution_of_0_hides_none_in_exif(source: str) -> None:
    data = with_a_resolution_of_0(source, exif=exif_of_a_camera().tobytes())
    for target in {"png", "jpeg", "tiff", "bmp"} - {source.lower()}:
        with Image.open(BytesIO(converted(data, target))) as picture:
            assert [round(float(value)) for value in picture.info["dpi"]] == [240, 240]


@pytest.mark.parametrize(("kind", "option"), [("EXIF", "exif"), ("XMP", "xmp")])
def test_more_metadata_than_a_jpeg_can_hold_is_refused(kind: str, option: str) -> None:
    value: Any = b"<x>" + b" " * 70_000 + b"</x>"
    if option == "exif":
        value = Image.Exif()
        value[270] = "long " * 14_000
    data = samples.saved(samples.rgb(), "WEBP", **{option: value})
    with pytest.raises(UnsupportedPhotoError, match=rf"^photo: JPEG can't hold 70,0\d\d bytes of {kind}"):
        output_format(decode_photo(data, name="photo"), "jpeg")
    converted(data, "png")


@pytest.mark.parametrize(
    "exif",
    [b"", b"II*\x00", b"II*\x00\xff\xff\xff\xff", b"nonsense in place of exif", b"MM\x00*" + b"\xff" * 99],
)
def test_exif_that_cannot_be_read_leaves_a_sound_tiff(exif: bytes) -> None:
    start, entries = tiff_exif.directory_of(exif)
    assert (start, entries) == (b"II*\x00\x00\x00\x00\x00", {})
    png = samples.with_chunks(samples.saved(samples.rgb(), "PNG"), samples.png_chunk(b"eXIf", exif))
    samples.check_exact(png, format="tiff")


def test_directories_that_point_to_themselves_come_to_an_end() -> None:
    data = bytearray(tiff())
    order = "<" if data[:2] == b"II" else ">"
    with tifffile.TiffFile(BytesIO(bytes(data))) as seen:
        page = seen.pages[0]
        for pointer in (34665, 34853):
            struct.pack_into(order + "I", data, page.tags[pointer].valueoffset, page.offset)
    with Image.open(BytesIO(converted(bytes(data), "png"))) as picture:
        assert picture.getexif()[270] == "Wedding"


def test_values_that_overlap_do_not_take_memory_without_end() -> None:
    block, count = b"x" * 100_000, 2000
    entries = b"".join(struct.pack("<HHII", 50_000 + n, 7, len(block), 8) for n in range(count))
    head = struct.pack("<2sHI", b"II", 42, 8 + len(block))
    file = tiff_exif.tiff_file.parse(head + block + struct.pack("<H", count) + entries + bytes(4), "bomb")
    exif = tiff_exif.exif_of(file, next(file.directories()))
    assert exif is not None and len(exif) < 2 * len(file.data)


@pytest.mark.parametrize(
    "text", [b'tiff:Orientation="6"', b"tiff:Orientation = '8'", b"<tiff:Orientation>3<"]
)
def test_the_orientation_in_xmp_is_set_too(text: bytes) -> None:
    upright = upright_xmp(text)
    assert upright is not None and b"1" in upright and len(upright) == len(text)
    assert upright_xmp(b'tiff:Orientation="12"') == b'tiff:Orientation="12"'


@pytest.mark.parametrize(
    ("prefix", "text"),
    [("t", b"<d %b t:Orientation='6'/>"), ("t.2", b"<d %b><t.2:Orientation>6</t.2:Orientation></d>")],
)
def test_the_orientation_in_xmp_is_found_by_its_namespace(prefix: str, text: bytes) -> None:
    text %= b'xmlns:%b="http://ns.adobe.com/tiff/1.0/"' % prefix.encode()
    assert upright_xmp(text) == text.replace(b"6", b"1")
    other = text.replace(b"tiff/1.0", b"other/1.0")
    assert upright_xmp(other) == other
    longer = text.replace(b":Orientation", b"x:Orientation")
    assert upright_xmp(longer) == longer


@pytest.mark.parametrize(
    "text",
    [
        b"<d %b><e><Orientation>6</Orientation></e></d>",
        b"<Orientation %b>6</Orientation>",
        b"<Orientation a='b' %b> 6 </Orientation>",
    ],
)
def test_the_orientation_in_xmp_is_found_in_the_default_namespace(text: bytes) -> None:
    tiff_text = text % b"xmlns='http://ns.adobe.com/tiff/1.0/'"
    assert upright_xmp(tiff_text) == tiff_text.replace(b"6", b"1")
    other = text % b"xmlns='http://ns.adobe.com/other/1.0/'"
    assert upright_xmp(other) == other


@pytest.mark.parametrize(
    "text",
    [
        b"<d Orientation='6' xmlns='http://ns.adobe.com/tiff/1.0/'/>",
        b"<d tiff:Orientation = '1' rdf:about=''>6 of them</d>",
        b"<tiff:Orientation>60</tiff:Orientation>",
    ],
    ids=["an attribute of no namespace", "a text", "no orientation"],
)
def test_what_only_looks_like_an_orientation_in_xmp_stays(text: bytes) -> None:
    assert upright_xmp(text) == text


def test_the_orientation_in_xmp_may_bind_its_own_prefix() -> None:
    text = b"<t:Orientation xmlns:t='http://ns.adobe.com/tiff/1.0/'>8</t:Orientation>"
    assert upright_xmp(text) == text.replace(b"8", b"1")


def test_a_caption_is_found_among_photoshops_other_resources() -> None:
    other = b"8BIM\x03\xed\x03abc\x00\x00\x00\x03xyz\x00"
    segment = iptc.jpeg_segment(CAPTION)
    assert iptc.of_jpeg([segment[4:]]) == CAPTION
    assert iptc.of_resources(other + segment[18:]) == CAPTION
    assert iptc.of_resources(other) is None
    assert iptc.of_resources(b"8BIM") is None
    assert np.all([iptc.of_resources(segment[18 : 18 + cut]) != CAPTION for cut in range(10)])
