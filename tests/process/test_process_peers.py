"""What users of other tools complain about; the numbers are those of their trackers (see docs/peers.md)."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import PROGRAM, environment


@pytest.fixture
def jpegs(archive):
    """A folder of JPEGs that are larger than their headers."""
    root = archive("a.jpg", "b.jpeg", "c.JPG")
    smooth = np.add.outer(np.arange(300), np.arange(400)) % 256
    for photo in (root / "photos").iterdir():
        Image.fromarray(np.dstack([smooth] * 3).astype(np.uint8)).save(photo, "JPEG", quality=85)
    mask = np.zeros((300, 400), np.uint8)
    mask[100:103, 50:300] = 255
    for path in (root / "masks").iterdir():
        Image.fromarray(mask).save(path)
    return root


def test_iopaint_576_and_617_a_batch_of_jpegs_stays_jpegs_of_their_size(jpegs: Path, restore) -> None:
    ended = restore("photos", "--mask-dir", "masks", "-o", "out", "--verify")
    assert ended.code == 0 and all(line["changed"] == 0 for line in ended.lines)
    for photo in (jpegs / "photos").iterdir():
        result = jpegs / "out" / photo.name  # bringing-old-photos 259: the suffix stays
        assert Image.open(result).format == "JPEG"
        assert result.stat().st_size < 1.1 * photo.stat().st_size + 500


def test_iopaint_483_and_623_the_help_says_what_a_mask_is(inpaint) -> None:
    text = " ".join(inpaint("restore", "--help").stdout.decode().split())
    assert "white (> 127) is damage" in text and "--invert-mask" in text
    assert "a/b.jpg belongs to a/b.png, a/b_mask.png or a/b.jpg.png" in text


def test_iopaint_623_every_way_in_gives_the_same_bytes(archive, inpaint, restore, tiny_model) -> None:
    root = archive("a.jpg")
    restore("photos", "--mask-dir", "masks", "-o", "by-folder")
    restore("photos/a.jpg", "--mask", "masks/a.png", "-o", "by-file.jpg")
    restore("--files-from", "-", "--mask", "masks/a.png", "-o", "by-list", input=b"photos/a.jpg\n")
    photo = (root / "photos/a.jpg").read_bytes()
    piped = inpaint("restore", "-", "--mask", "masks/a.png", "--model", tiny_model, input=photo).stdout
    written = [root / "by-folder/a.jpg", root / "by-file.jpg", root / "by-list/photos/a.jpg"]
    assert [path.read_bytes() == piped for path in written] == [True, True, True]


def test_iopaint_437_the_colour_profile_stays(archive, restore) -> None:
    from PIL import ImageCms

    root = archive("a.png", "b.jpg", "c.tif", "d.webp")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for photo in (root / "photos").iterdir():
        Image.open(photo).save(photo, icc_profile=profile)
    assert restore("photos", "--mask-dir", "masks", "-o", "out").code == 0
    for photo in (root / "photos").iterdir():
        assert Image.open(root / "out" / photo.name).info["icc_profile"] == profile


def test_no_peer_keeps_16_bits_or_alpha_and_we_do(archive, restore) -> None:
    root = archive("deep.png", "deep.tif", "clear.png", "clear.webp")
    deep = np.random.default_rng(0).integers(0, 65536, (50, 70), dtype=np.uint16)
    clear = np.random.default_rng(1).integers(0, 256, (50, 70, 4), dtype=np.uint8)
    for name, pixels in (("deep.png", deep), ("deep.tif", deep), ("clear.png", clear)):
        Image.fromarray(pixels).save(root / "photos" / name)
    Image.fromarray(clear).save(root / "photos/clear.webp", lossless=True, exact=True)
    outside = np.array(Image.open(root / "masks/deep.png")) == 0
    assert restore("photos", "--mask-dir", "masks", "-o", "out").code == 0
    for name, pixels in (("deep.png", deep), ("deep.tif", deep), ("clear.png", clear), ("clear.webp", clear)):
        result = np.array(Image.open(root / "out" / name))
        assert result.dtype == pixels.dtype and result.shape == pixels.shape
        assert (result == pixels)[outside].all() and (result != pixels)[~outside].any()


def test_iopaint_185_masks_are_of_the_photo_as_it_is_seen(archive, restore) -> None:
    root = archive("a.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.open(root / "photos/a.jpg").rotate(90, expand=True)
    stored.save(root / "photos/a.jpg", exif=exif, quality=95)
    assert stored.size == (50, 70)
    ended = restore("photos", "--mask-dir", "masks", "-o", "out", "--verify")
    assert (ended.code, ended.lines[0]["changed"]) == (0, 0)
    result = Image.open(root / "out/a.jpg")
    assert result.size == (50, 70) and result.getexif()[0x0112] == 6


def resident_megabytes(process: int) -> float:
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process as Linux tells it")
def test_iopaint_414_and_upscayl_832_memory_does_not_grow_with_the_photos(archive, start_restore) -> None:
    archive(*(f"{number:03}.{suffix}" for number in range(100) for suffix in ("jpg", "png", "tif")))
    process = start_restore("photos", "--mask", "masks/000.png", "-o", "out", "--jobs", "2")
    resident = []
    for done, _ in enumerate(process.stdout, 1):
        if done in (100, 290):
            resident.append(resident_megabytes(process.pid))
    assert process.wait(timeout=60) == 0
    assert resident[1] < resident[0] + 10


def test_iopaints_batch_and_rembg_two_photos_of_one_stem_both_have_results(archive, restore) -> None:
    root = archive("a.jpg", "a.png", "a.tif")
    ended = restore("photos", "--mask-dir", "masks", "-o", "out")
    assert sorted(path.name for path in (root / "out").glob("a.*")) == ["a.jpg", "a.png", "a.tif"]
    assert ended.code == 0


def test_iopaints_batch_a_missing_mask_fails_and_a_stray_one_shifts_nothing(archive, restore) -> None:
    root = archive("a.png", "b.png", "c.png")
    (root / "masks/a.png").rename(root / "masks/0.png")
    ended = restore("photos", "--mask-dir", "masks")
    assert ended.code == 1 and "1 mask is used for no photo: 0.png" in ended.stderr
    masks = {line["photo"]: line["mask"] for line in ended.lines}
    assert masks == {"photos/a.png": None, "photos/b.png": "masks/b.png", "photos/c.png": "masks/c.png"}


def test_iopaints_batch_one_bad_file_does_not_end_the_run(archive, restore) -> None:
    root = archive("a.png", "b.png", "c.png")
    (root / "photos/b.png").write_bytes(b"no photo")
    ended = restore("photos", "--mask-dir", "masks", "--jobs", "1")
    assert [line["status"] for line in ended.lines] == ["restored", "failed", "restored"] and ended.code == 1


@pytest.mark.skipif(sys.platform != "linux", reason="counts the memory of a process as Linux does")
def test_bringing_old_photos_191_memory_follows_the_damage(tmp_path, tiny_model) -> None:
    """1992x1480 asked for 124 GiB there; here an address space of 4 GiB is enough."""
    import resource

    Image.new("RGB", (1992, 1480), "teal").save(tmp_path / "a.png")
    mask = np.zeros((1480, 1992), np.uint8)
    mask[700:706] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    ended = subprocess.run(
        [*PROGRAM, "restore", "a.png", "--mask", "m.png", "-o", "out.png", "--model", tiny_model],
        cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL,
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert Image.open(tmp_path / "out.png").size == (1992, 1480)


def test_bringing_old_photos_redraws_everything_and_we_nothing_but_the_damage(archive, restore) -> None:
    root = archive("a.png")
    restore("photos", "--mask-dir", "masks", "-o", "out")
    before, after = (np.array(Image.open(root / folder / "a.png")) for folder in ("photos", "out"))
    assert (before != after).any(axis=2).sum() <= 150  # 3 x 50 pixels are white in the mask


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (31, 33), (70, 50), (257, 129)])
def test_bringing_old_photos_213_and_simple_lama_11_the_size_stays(tmp_path, restore, size) -> None:
    Image.new("RGB", size, "teal").save(tmp_path / "a.png")
    mask = Image.new("L", size)
    if size != (1, 1):
        mask.putpixel((0, size[1] // 2), 255)
    mask.save(tmp_path / "m.png")
    ended = restore("a.png", "--mask", "m.png", "-o", "out.png")
    assert ended.code == 0 and Image.open(tmp_path / "out.png").size == size


def test_upscayl_283_and_1188_folders_are_walked_and_macos_files_left_out(archive, restore) -> None:
    root = archive("x/y/z/a.png")
    (root / "photos/x/._a.png").write_bytes(b"\0\5\x16\7")
    ended = restore("photos", "--mask-dir", "masks")
    assert [line["photo"] for line in ended.lines] == ["photos/x/y/z/a.png"] and ended.code == 0


def test_rembg_94_the_photos_folder_is_refused_for_results(archive, restore) -> None:
    archive("a.png")
    ended = restore("photos", "--mask-dir", "masks", "-o", "./photos/../photos/")
    assert ended.code == 2 and "would replace the photos" in ended.stderr


def test_rembg_two_photos_of_one_name_are_refused_before_anything_is_written(archive, restore) -> None:
    root = archive("one/a.png", "two/a.png")
    ended = restore("photos/one/a.png", "photos/two/a.png", "--mask", "masks/one/a.png", "-o", "out")
    assert ended.code == 2 and "would both be written to out/a.png" in ended.stderr
    assert not (root / "out").exists()


def test_ocrmypdf_544_a_long_run_comes_to_an_end(archive, restore) -> None:
    """Of links to one photo, so that there are many without much to do."""
    root = archive("a.png")
    for number in range(500):
        os.link(root / "photos/a.png", root / f"photos/{number:03}.png")
    ended = restore("photos", "--mask", "masks/a.png", "-o", "out")
    assert ended.code == 0 and len(ended.lines) == 501


def test_snapotter_755_a_clean_photo_is_left_alone(archive, restore) -> None:
    root = archive("a.png")
    ended = restore("photos")
    assert (ended.lines[0]["status"], ended.lines[0]["reason"]) == ("copied", "clean")
    assert (root / "photos-restored/a.png").read_bytes() == (root / "photos/a.png").read_bytes()
