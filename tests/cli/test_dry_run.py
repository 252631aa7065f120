"""`--dry-run` foresees what is known without decoding a photo; here without a process for each."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from inpaint_cli.cli.main import run


@pytest.fixture
def dry_run(archive, monkeypatch, capfd):
    """Run `--dry-run --json` on photos/a.png and photos/b.png; returns the exit code, lines and stderr."""
    monkeypatch.chdir(archive("a.png", "b.png"))

    def call(*arguments: str) -> tuple[int, dict[str, dict], str]:
        code = run([*arguments, "--dry-run", "--json"])
        printed = capfd.readouterr()
        lines = map(json.loads, printed.out.splitlines())
        return code, {Path(line["photo"]).name: line for line in lines}, printed.err

    return call


@pytest.mark.parametrize("command", [["restore"], ["detect", "-o", "found"]])
def test_a_photo_with_more_pixels_than_allowed_will_fail(dry_run, command) -> None:
    call = (*command, "photos", "--detector", "classical", "--max-pixels")
    assert dry_run(*call, "3500")[0] == 0
    code, lines, told = dry_run(*call, "3499")
    assert code == 1 and "2 will fail; nothing was written" in told
    assert lines["a.png"]["pixels"] == 3500
    assert lines["a.png"]["problem"].startswith("70x50 is 0.00 megapixels, more than the 0.00 allowed")


def make_empty(photo: Path) -> None:
    photo.touch()


def make_a_text(photo: Path) -> None:
    photo.write_text("no photo")


def make_dangling(photo: Path) -> None:
    photo.symlink_to("nothing-there")


def make_pipe(photo: Path) -> None:
    os.mkfifo(photo)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (make_empty, "the file is empty"),
        (make_a_text, "not a photo of a known kind (JPEG, PNG, TIFF, WEBP, BMP, GIF, AVIF, HEIF)"),
        (make_dangling, "can't be read: No such file or directory"),
        (make_pipe, "can't be read: it is a pipe, a socket or a device"),
    ],
)
def test_a_photo_that_cannot_be_read_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd, make, problem: str
) -> None:
    Path("photos/a.png").unlink()
    make(Path("photos/a.png"))
    code, lines, told = dry_run("restore", "photos", "--mask-dir", "masks")
    assert (code, lines["a.png"]["problem"], lines["b.png"]["problem"]) == (1, problem, None)
    assert "2 photos, 0.0 megapixels, 1 will fail; nothing was written" in told
    assert run(["restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model)]) == 1
    assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err


def test_a_header_that_does_not_tell_the_size_is_no_failure_yet(dry_run) -> None:
    Path("photos/a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    code, lines, told = dry_run("restore", "photos", "--mask-dir", "masks")
    assert (code, lines["a.png"]["problem"], lines["a.png"]["pixels"]) == (0, None, None)
    assert "2 photos, 0.0 megapixels, 1 of unknown size; nothing was written" in told


def test_heic_without_its_library_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    Path("photos/a.png").write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(40))
    code, lines, told = dry_run("restore", "photos", "--mask-dir", "masks")
    problem = "HEIC needs the package pillow-heif (pip install pillow-heif)"
    assert (code, lines["a.png"]["problem"]) == (1, problem) and "1 will fail; nothing was written" in told
    assert run(["restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model)]) == 1
    assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err


@pytest.mark.parametrize("format_name", ["GIF", "AVIF"])
def test_a_format_that_is_only_read_will_fail_in_the_words_of_a_run_unless_another_is_asked_for(
    dry_run, tiny_model, capfd, format_name: str
) -> None:
    Image.new("L", (70, 50)).save("photos/a.png", format_name)
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    code, lines, told = dry_run(*call)
    problem = f"{format_name} can't be written without changing pixels outside the mask; use --format png"
    assert (code, lines["a.png"]["problem"]) == (1, problem) and "1 will fail; nothing was written" in told
    assert run([*call]) == 1
    assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err
    assert dry_run(*call, "--format", "png", "-o", "converted")[0] == 0
    assert dry_run("detect", "photos", "-o", "found", "--detector", "classical")[0] == 0


@pytest.mark.parametrize(
    ("format_name", "mode", "options", "problem"),
    [
        ("JPEG", "CMYK", {}, "CMYK or YCCK JPEG is not supported; convert it to RGB first"),
        ("TIFF", "CMYK", {}, "TIFF with CMYK is not supported; convert it first"),
        ("TIFF", "L", {"compression": "jpeg"}, "TIFF with JPEG is not supported; convert it first"),
    ],
)
def test_a_kind_that_is_refused_and_known_from_the_header_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd, format_name: str, mode: str, options: dict[str, str], problem: str
) -> None:
    Image.new(mode, (70, 50)).save("photos/a.png", format_name, **options)
    for call in (
        ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model)),
        ("detect", "photos", "-o", "found", "--detector", "classical"),
    ):
        code, lines, _ = dry_run(*call)
        assert (code, lines["a.png"]["problem"], lines["a.png"]["pixels"]) == (1, problem, 3500)
        assert lines["b.png"]["problem"] is None
        assert run([*call]) == 1
        assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("format_name", "kind"),
    [("PNG", "animated PNG"), ("WEBP", "animated WebP"), ("GIF", "animated or multi-picture GIF")],
)
def test_an_animation_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd, format_name: str, kind: str
) -> None:
    pictures = [Image.new("L", (70, 50), grey) for grey in (0, 255)]
    pictures[0].save("photos/a.png", format_name, save_all=True, append_images=pictures[1:])
    for call in (
        ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model), "--format", "png"),
        ("detect", "photos", "-o", "found", "--detector", "classical"),
    ):
        code, lines, _ = dry_run(*call)
        problem = f"{kind} is not supported; save one of its pictures as a PNG first"
        assert (code, lines["a.png"]["problem"], lines["b.png"]["problem"]) == (1, problem, None)
        assert run([*call]) == 1
        assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err


def test_layers_will_fail_in_the_words_of_a_run_unless_another_format_leaves_them_behind(
    dry_run, tiny_model, capfd
) -> None:
    layers = b"Adobe Photoshop Document Data Block\x008BIMLayr\x00\x00\x00\x02\x00\x01"
    Image.new("L", (70, 50)).save("photos/a.png", "TIFF", tiffinfo={37724: layers})
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    for wanted in ([], ["--format", "tiff", "-o", "tiffs"]):
        code, lines, _ = dry_run(*call, *wanted)
        problem = lines["a.png"]["problem"]
        assert (code, lines["b.png"]["problem"]) == (1, None)
        assert problem.startswith("TIFF with layers, which Photoshop would show")
        assert run([*call, *wanted]) == 1
        assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err
    assert dry_run(*call, "--format", "png", "-o", "pngs")[0] == 0
    assert dry_run("detect", "photos", "-o", "found", "--detector", "classical")[0] == 0


@pytest.mark.parametrize("make", [make_empty, make_a_text, make_dangling])
def test_a_mask_that_is_no_picture_will_fail_in_the_words_of_a_run(dry_run, tiny_model, capfd, make) -> None:
    Path("masks/a.png").unlink()
    make(Path("masks/a.png"))
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    code, lines, _ = dry_run(*call)
    problem = lines["a.png"]["problem"]
    assert code == 1 and problem.startswith("mask masks/a.png: ")
    assert run([*call]) == 1
    assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ((30, 20), "the mask is 30x20, the photo is 70x50; both must be of one shape"),
        ((140, 100), "the mask is 140x100, the photo is 70x50; if it shows the same view, use --resize-mask"),
    ],
)
def test_a_mask_of_another_size_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd, size: tuple[int, int], problem: str
) -> None:
    Image.new("L", size).save("masks/a.png")
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    code, lines, _ = dry_run(*call)
    assert (code, lines["a.png"]["problem"]) == (1, f"masks/a.png: {problem}")
    assert lines["b.png"]["problem"] is None
    assert run([*call]) == 1
    assert f"failed: photos/a.png: masks/a.png: {problem}" in capfd.readouterr().err
    assert dry_run(*call, "--resize-mask")[0] == run([*call, "--resize-mask"]) == (size == (30, 20))


def test_a_mask_that_exif_may_turn_is_no_failure_yet(dry_run, tiny_model) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (50, 70)).save("masks/a.png", exif=turned)
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    assert dry_run(*call)[0] == run([*call]) == 0


def test_a_mask_with_more_pixels_than_allowed_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd
) -> None:
    Image.new("L", (140, 100)).save("masks/a.png")
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model), "--resize-mask")
    limit = ("--max-pixels", "13999")
    code, lines, _ = dry_run(*call, *limit)
    problem = lines["a.png"]["problem"]
    assert code == 1 and problem.startswith("mask masks/a.png: 140x100 is 0.01 megapixels, more than")
    assert run([*call, *limit]) == 1
    assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err


def make_a_deep_png(photo: Path) -> None:
    Image.new("I;16", (70, 50)).save(photo, "PNG")


def make_a_deep_tiff(photo: Path) -> None:
    tifffile.imwrite(photo, np.zeros((50, 70), np.uint16))


def make_two_pages(photo: Path) -> None:
    tifffile.imwrite(photo, np.zeros((2, 50, 70), np.uint8), photometric="minisblack")


def make_infrared(photo: Path) -> None:
    pixels = np.zeros((50, 70, 4), np.uint8)
    tifffile.imwrite(photo, pixels, photometric="rgb", extrasamples=["unspecified"])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (make_a_deep_png, "16 bits; choose PNG or TIFF"),
        (make_a_deep_tiff, "16 bits; choose PNG or TIFF"),
        (make_two_pages, "2 pages; choose TIFF"),
        (make_infrared, "one more channel, such as an infrared one; choose TIFF"),
    ],
)
def test_what_another_format_can_not_hold_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd, make, told: str
) -> None:
    make(Path("photos/a.png"))
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    code, lines, _ = dry_run(*call, "--format", "jpeg")
    problem = f"JPEG can't hold {told}, by --format or by the suffix of -o FILE"
    assert (code, lines["a.png"]["problem"], lines["b.png"]["problem"]) == (1, problem, None)
    assert run([*call, "--format", "jpeg"]) == 1
    assert f"failed: photos/a.png: {problem}" in capfd.readouterr().err
    assert dry_run(*call, "-o", "kept")[0] == 0


def test_what_becomes_a_jpeg_and_can_not_be_proven_will_fail_in_the_words_of_a_run(
    dry_run, tiny_model, capfd
) -> None:
    Image.new("L", (70, 50)).save("photos/b.png", "JPEG")
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model), "--format", "jpeg")
    assert dry_run(*call)[0] == 0
    code, lines, _ = dry_run(*call, "--verify")
    problem = (
        "--verify can't prove a conversion to JPEG, which changes every value a little;"
        " use --format png, or leave --verify out"
    )
    assert (code, lines["a.png"]["problem"], lines["b.png"]["problem"]) == (1, problem, None)
    assert run([*call, "--verify"]) == 1
    told = capfd.readouterr().err
    assert f"failed: photos/a.png: {problem}" in told and "1 restored, 1 failed" in told


def test_a_missing_mask_is_told_before_what_is_wrong_with_the_photo(dry_run) -> None:
    Path("masks/a.png").unlink()
    _, lines, _ = dry_run("restore", "photos", "--mask-dir", "masks", "--max-pixels", "1")
    assert lines["a.png"]["problem"].startswith("no mask for it")


def test_results_where_a_file_is_in_the_way_are_refused(dry_run) -> None:
    Path("photos-restored").touch()
    code, _, told = dry_run("restore", "photos", "--mask-dir", "masks")
    refused = "photos-restored: can't be made the output folder: File exists; give another folder with -o"
    assert code == 2 and f"refused: {refused}" in told


def test_a_file_that_is_not_replaced_is_foreseen_where_a_result_would_go(dry_run, tiny_model, capfd) -> None:
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    Path("photos-restored").mkdir()
    Path("photos-restored/a.png").write_bytes(b"by hand")
    code, lines, told = dry_run(*call)
    why = "photos-restored/a.png: is there already, and no journal tells whether this program wrote it"
    assert lines["a.png"]["problem"].startswith(f"{why}; --overwrite replaces it")
    assert (code, lines["b.png"]["problem"]) == (1, None)
    assert "1 will fail; nothing was written" in told
    assert list(Path("photos-restored").iterdir()) == [Path("photos-restored/a.png")]
    assert dry_run(*call, "--overwrite")[0] == 0
    assert run([*call]) == 1
    assert "failed: photos/a.png: photos-restored/a.png: is there already" in capfd.readouterr().err


def test_results_of_earlier_runs_are_no_trouble_unless_they_were_retouched(
    dry_run, tiny_model, capfd
) -> None:
    call = ("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model))
    assert run([*call]) == 0
    capfd.readouterr()
    other_settings = (*call, "--mask-mode", "union")
    assert (dry_run(*call)[0], dry_run(*other_settings)[0]) == (0, 0)
    Path("photos-restored/a.png").write_bytes(b"retouched")
    code, lines, _ = dry_run(*other_settings)
    assert (code, lines["b.png"]["problem"]) == (1, None)
    assert "is not (or no longer) what this program wrote" in lines["a.png"]["problem"]


def test_masks_that_are_there_are_no_failure_of_detect(dry_run) -> None:
    assert dry_run("detect", "photos", "-o", "masks", "--detector", "classical")[0] == 0


def test_a_folder_without_photos_is_told_as_the_run_tells_it(dry_run, capfd) -> None:
    Path("notes").mkdir()
    Path("notes/a.txt").touch()
    told = []
    for flags in ([], ["--dry-run"]):
        assert run(["restore", "notes", *flags]) == 3
        told.append(capfd.readouterr().err)
    assert told[0] == told[1]
    assert "left out (1 .txt)" in told[0] and "no photo was found in notes" in told[0]
