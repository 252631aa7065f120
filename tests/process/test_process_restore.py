"""`restore` as a user meets it: the real program on small photos."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHIPPED = Path(__file__).parents[2] / "models"


def pixels(path: Path) -> np.ndarray:
    return np.array(Image.open(path)).astype(int)


def mask_of(path: Path) -> np.ndarray:
    return np.array(Image.open(path)) > 127


def test_a_tree_with_masks_keeps_every_value_outside_them(archive, restore) -> None:
    root = archive("a.png", "sub/b.png", "sub/deep/c.tif")
    ended = restore("photos", "--mask-dir", "masks", "-o", "out", "--verify")
    assert ended.code == 0
    assert sorted(line["status"] for line in ended.lines) == ["restored"] * 3
    assert all(line["changed"] == 0 and line["mask_source"] == "file" for line in ended.lines)
    for name in ("a.png", "sub/b.png", "sub/deep/c.tif"):
        before, after = pixels(root / "photos" / name), pixels(root / "out" / name)
        hole = mask_of((root / "masks" / name).with_suffix(".png"))
        assert (before[~hole] == after[~hole]).all() and (before[hole] != after[hole]).any()


def test_the_report_has_what_the_design_promises(archive, restore, tiny_model) -> None:
    archive("a.png")
    (line,) = restore("photos", "--mask-dir", "masks", "--report", "run.jsonl").lines
    assert line["photo"] == "photos/a.png" and line["output"] == "photos-restored/a.png"
    assert (line["model"], line["backend"], line["device"]) == (str(tiny_model), "onnx", "cpu")
    assert 0 < line["coverage"] < 0.1
    assert all(isinstance(line[key], float) for key in ("seconds", "seconds_read", "seconds_write"))


def test_every_photo_names_what_restores_in_this_run_also_where_it_was_not_needed(
    archive, restore, tiny_model
) -> None:
    root = archive("a.png", "clean.png", "failed.png")
    Image.new("L", (70, 50)).save(root / "masks/clean.png")
    (root / "masks/failed.png").unlink()
    lines = restore("photos", "--mask-dir", "masks").lines
    assert {line["status"] for line in lines} == {"restored", "copied", "failed"}
    named = {(line["model"], line["quality"], line["backend"], line["device"]) for line in lines}
    assert named == {(str(tiny_model), "standard", "onnx", "cpu")}


def test_report_file_and_stdout_say_the_same(archive, restore) -> None:
    root = archive("a.png", "b.png")
    ended = restore("photos", "--mask-dir", "masks", "--report", "run.jsonl")
    assert (root / "run.jsonl").read_bytes() == ended.stdout


def test_stdout_is_empty_without_json(archive, inpaint, tiny_model) -> None:
    archive("a.png", "b.png")
    ended = inpaint("restore", "photos", "--mask-dir", "masks", "--model", tiny_model, "-v")
    assert (ended.code, ended.stdout) == (0, b"")
    assert "2 restored" in ended.stderr and "\x1b" not in ended.stderr


def test_any_number_of_jobs_gives_the_same_bytes(archive, restore) -> None:
    root = archive(*(f"{number}.jpg" for number in range(6)))
    for jobs in (1, 4):
        assert restore("photos", "--mask-dir", "masks", "-o", f"out{jobs}", "--jobs", jobs).code == 0
    for photo in (root / "photos").iterdir():
        assert (root / "out1" / photo.name).read_bytes() == (root / "out4" / photo.name).read_bytes()


def test_one_mask_for_every_photo(archive, restore) -> None:
    archive("a.png", "b.jpg")
    ended = restore("photos", "--mask", "masks/a.png")
    assert [line["status"] for line in ended.lines] == ["restored", "restored"]


def test_a_single_photo_to_a_single_file(archive, restore) -> None:
    root = archive("a.png")
    ended = restore("photos/a.png", "--mask", "masks/a.png", "-o", "new/done.png")
    assert ended.code == 0 and (root / "new/done.png").exists()
    assert list((root / "new").iterdir()) == [root / "new/done.png"]


def test_the_suffix_of_a_single_file_decides_its_format(archive, restore) -> None:
    root = archive("a.png")
    assert restore("photos/a.png", "--mask", "masks/a.png", "-o", "done.tif").code == 0
    assert Image.open(root / "done.tif").format == "TIFF"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (["-o", "done.jpg", "--format", "png"], "the suffix says JPEG, --format PNG; change one of them"),
        (["-o", "done.gif"], "choose a suffix from .png, .jpg, "),
        (["-o", "results.2024"], "or make a folder of this name first"),
    ],
)
def test_a_suffix_that_cannot_be_meant_is_refused(archive, restore, output: list[str], told: str) -> None:
    root = archive("a.png")
    ended = restore("photos/a.png", "--mask", "masks/a.png", *output)
    assert (ended.code, ended.stdout, ended.stderr.count("\n")) == (2, b"", 1)
    assert told in ended.stderr and not (root / output[1]).exists()


def test_a_folder_may_have_a_suffix(archive, restore) -> None:
    root = archive("a.png")
    (root / "results.2024").mkdir()
    assert restore("photos/a.png", "--mask", "masks/a.png", "-o", "results.2024").code == 0
    assert restore("photos", "--mask-dir", "masks", "-o", "new.2025").code == 0
    assert (root / "results.2024/a.png").exists() and (root / "new.2025/a.png").exists()


def test_a_format_that_cannot_hold_the_photo_names_both_ways_to_choose_another(tmp_path, restore) -> None:
    Image.new("RGBA", (40, 30), (9, 9, 9, 99)).save(tmp_path / "alpha.png")
    Image.new("L", (40, 30)).save(tmp_path / "mask.png")
    (line,) = restore("alpha.png", "--mask", "mask.png", "-o", "alpha.jpg").lines
    assert line["reason"] == (
        "JPEG can't hold transparency; choose PNG, TIFF or WebP, by --format or by the suffix of -o FILE"
    )


def test_a_single_photo_of_a_folder_goes_beside_that_folder(archive, restore) -> None:
    root = archive("a.png", "b.png")
    restore("photos/a.png", "--mask", "masks/a.png")
    names = [path.name for path in (root / "photos-restored").iterdir() if path.suffix]
    assert "a.png" in names and "b.png" not in names


def test_another_format_on_request(archive, restore) -> None:
    root = archive("a.png", "sub/b.jpg")
    assert restore("photos", "--mask-dir", "masks", "-o", "out", "--format", "tiff").code == 0
    assert Image.open(root / "out/a.tif").format == "TIFF"
    assert Image.open(root / "out/sub/b.tif").format == "TIFF"


def test_transparent_holes_are_restored_without_masks(tmp_path, restore) -> None:
    photo = np.full((50, 60, 4), 255, np.uint8)
    photo[10:20, 10:20, 3] = 0
    Image.fromarray(photo).save(tmp_path / "a.png")
    ended = restore("a.png", "--detector", "classical", "-o", "out")
    assert ended.lines[0]["mask_source"] == "alpha" and ended.lines[0]["status"] == "restored"
    assert (np.array(Image.open(tmp_path / "out/a.png"))[..., 3] == 255).all()


def test_a_marker_colour_is_damage(tmp_path, restore) -> None:
    photo = np.full((50, 60, 3), 90, np.uint8)
    photo[10:20, 10:20] = (255, 0, 255)
    Image.fromarray(photo).save(tmp_path / "a.png")
    (line,) = restore("a.png", "--mask-color", "#ff00ff", "-o", "out").lines
    assert (line["mask_source"], line["coverage"]) == ("marker", round(100 / 3000, 6))


@pytest.mark.parametrize(("mode", "damaged"), [("only", 200), ("union", 300), ("subtract", 100)])
def test_given_masks_alone_or_with_what_is_found_or_protected_from_it(
    tmp_path, restore, mode: str, damaged: int
) -> None:
    photo, mask = np.full((50, 60, 3), 90, np.uint8), np.zeros((50, 60), np.uint8)
    photo[10:20, 10:30] = (255, 0, 255)  # 200 pixels are found
    mask[10:20, 20:40] = 255  # 200 are given, of which 100 are found too
    Image.fromarray(photo).save(tmp_path / "a.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    found = () if mode == "only" else ("--mask-color", "#ff00ff")
    (line,) = restore("a.png", "--mask", "mask.png", "--mask-mode", mode, *found, "-o", "out").lines
    assert line["coverage"] == round(damaged / 3000, 6)


def test_a_markers_tolerance_takes_colours_near_it_and_transparency_comes_first(tmp_path, restore) -> None:
    photo = np.full((50, 60, 4), 90, np.uint8)
    photo[..., 3] = 255
    photo[10:20, 10:20, :3] = (255, 40, 255)
    Image.fromarray(photo).save(tmp_path / "a.png")
    photo[30:40, 10:15, 3] = 0
    Image.fromarray(photo).save(tmp_path / "b.png")
    arguments = ("--mask-color", "#ff00ff", "--mask-tolerance", "40", "-o", "out")
    ended = restore("a.png", "b.png", *arguments)
    assert {line["photo"]: (line["mask_source"], line["coverage"]) for line in ended.lines} == {
        "a.png": ("marker", round(100 / 3000, 6)),
        "b.png": ("alpha", round(50 / 3000, 6)),
    }


def test_detected_masks_can_be_given_back(archive, inpaint, restore) -> None:
    root = archive("a.png", "a.jpg", "t/c.tif")
    shutil.rmtree(root / "masks")
    found = inpaint(
        "detect", "photos", "-o", "masks", "--overlay", "look", "--detector", "classical", "--json"
    )
    assert found.code == 0
    assert {line["status"] for line in found.lines} <= {"found", "clean"}
    assert {path.relative_to(root / "look").as_posix() for path in (root / "look").rglob("*.jpg")} == {
        "a.png_overlay.jpg",
        "a.jpg_overlay.jpg",
        "t/c_overlay.jpg",
    }
    again = inpaint("detect", "photos", "-o", "masks", "--detector", "classical", "--json")
    assert {line["status"] for line in again.lines} == {"skipped"}
    assert restore("photos", "--mask-dir", "masks").code == 0


def test_dry_run_lists_everything_and_writes_nothing(archive, inpaint) -> None:
    root = archive("a.png", "sub/b.jpg")
    (root / "masks/sub/b.png").rename(root / "masks/sub/stray.png")
    before = sorted(root.rglob("*"))
    ended = inpaint("restore", "photos", "--mask-dir", "masks", "--dry-run")
    first, second = ended.stdout.decode().splitlines()
    assert first == "photos/a.png -> masks/a.png -> photos-restored/a.png"
    assert second.startswith("photos/sub/b.jpg -> will fail: no mask for it")
    assert "mask used for no photo: sub/stray.png" in ended.stderr
    assert "2 photos, 0.0 megapixels, 1 will fail; nothing was written" in ended.stderr
    assert ended.code == 1
    assert sorted(root.rglob("*")) == before


def test_dry_run_lists_collisions(archive, inpaint) -> None:
    archive("a.png", "a.jpg")
    ended = inpaint("restore", "photos", "--mask-dir", "masks", "--format", "png", "--dry-run", "--json")
    assert ended.code == 2 and "refused: photos/a.jpg and photos/a.png would both" in ended.stderr
    assert {line["pixels"] for line in ended.lines} == {3500}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["restore", "--model", "nope"], 4),
        (["restore", "--model", "detector"], 4),
        (["restore", "--backend", "torch", "--device", "openvino"], 4),
        (["restore", "--report", "diary"], 2),
        (["detect", "-o", "found", "--backend", "torch", "--device", "openvino"], 4),
        (["detect", "-o", "found", "--report", "diary"], 2),
        (["detect", "-o", "found", "--detector", "classical", "--device", "cuda"], 0),
    ],
)
def test_dry_run_ends_as_the_run_would_where_that_is_refused_at_once(
    archive, inpaint, arguments, code
) -> None:
    root = archive("a.png")
    (root / "diary").write_text("dear diary")
    before = sorted(root.rglob("*"))
    command, *rest = arguments
    assert inpaint(command, "photos", *rest, "--dry-run").code == code
    assert sorted(root.rglob("*")) == before


def test_a_picture_report_on_request(archive, restore) -> None:
    root = archive("a.png", "b.png")
    assert restore("photos", "--mask-dir", "masks", "--html", "report.html").code == 0
    page = (root / "report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>") and "a.png" in page


class TestReportsThatAreThereAlready:
    def test_a_run_that_is_refused_leaves_them_as_they_were(self, archive, inpaint, restore) -> None:
        root = archive("a.png")
        (root / "in-the-way").touch()
        restore("photos", "--mask-dir", "masks", "--report", "run.jsonl")
        before = (root / "run.jsonl").read_bytes()
        for arguments, code in (
            (["--model", "nope"], 4),
            (["--mask-dir", "nowhere"], 2),
            (["-o", "in-the-way"], 2),
            (["--html", "photos"], 2),
        ):
            assert inpaint("restore", "photos", "--report", "run.jsonl", *arguments).code == code
            assert (root / "run.jsonl").read_bytes() == before
        for arguments, code in ((["--detector", "nope"], 2), (["-o", "in-the-way"], 2)):
            found = inpaint("detect", "photos", "-o", "found", *arguments, "--report", "run.jsonl")
            assert found.code == code and (root / "run.jsonl").read_bytes() == before

    def test_each_run_begins_its_report_anew_and_lists_what_was_done_before(self, archive, restore) -> None:
        root = archive("a.png", "b.png")
        restore("photos/a.png", "--mask-dir", "masks", "--report", "run.jsonl", "--html", "run.html")
        ended = restore("photos", "--mask-dir", "masks", "--report", "run.jsonl", "--html", "run.html")
        assert (root / "run.jsonl").read_bytes() == ended.stdout
        assert ended.outcome_of("a.png")["status"] == "skipped"
        assert "b.png" in (root / "run.html").read_text()

    @pytest.mark.parametrize("flag", ["--report", "--html"])
    @pytest.mark.parametrize("text", ["a diary\n", '{"a": 1}\n', "[" * 99_999, "<!doctype html>"])
    def test_what_is_no_report_of_ours_is_never_replaced(
        self, archive, restore, flag: str, text: str
    ) -> None:
        root = archive("a.png")
        keep = root / "keep"
        keep.write_text(text)
        for also in ((), ("--overwrite",)):
            ended = restore("photos", "--mask-dir", "masks", flag, "keep", *also)
            assert (ended.code, ended.stderr.count("\n"), keep.read_text()) == (2, 1, text)
            assert f"{flag} keep: is no report of ours; name another file, or remove it" in ended.stderr
            assert not (root / "photos-restored").exists()


class TestTheSecondTime:
    def test_nothing_is_done_again(self, archive, restore) -> None:
        root = archive("a.png", "b.jpg")
        restore("photos", "--mask-dir", "masks")
        times = {path: path.stat().st_mtime_ns for path in (root / "photos-restored").iterdir()}
        ended = restore("photos", "--mask-dir", "masks")
        assert ended.code == 0
        assert {(line["status"], line["reason"]) for line in ended.lines} == {("skipped", "up to date")}
        assert {path: path.stat().st_mtime_ns for path in (root / "photos-restored").iterdir()} == times

    def test_only_what_changed_is_done_again(self, archive, restore) -> None:
        root = archive("a.png", "b.jpg", "c.png")
        restore("photos", "--mask-dir", "masks")
        (root / "photos-restored/b.jpg").unlink()
        Image.new("L", (70, 50)).save(root / "masks/c.png")
        ended = restore("photos", "--mask-dir", "masks")
        statuses = {line["photo"]: line["status"] for line in ended.lines}
        assert statuses == {"photos/a.png": "skipped", "photos/b.jpg": "restored", "photos/c.png": "copied"}

    def test_times_do_not_count_only_content(self, archive, restore) -> None:
        root = archive("a.png")
        restore("photos", "--mask-dir", "masks")
        os.utime(root / "photos/a.png")
        assert restore("photos", "--mask-dir", "masks").lines[0]["status"] == "skipped"

    def test_overwrite_does_it_all_again(self, archive, restore) -> None:
        archive("a.png")
        restore("photos", "--mask-dir", "masks")
        assert restore("photos", "--mask-dir", "masks", "--overwrite").lines[0]["status"] == "restored"


class TestExitCodes:
    def test_1_where_some_failed(self, archive, restore) -> None:
        root = archive("a.png", "b.png")
        (root / "masks/b.png").unlink()
        ended = restore("photos", "--mask-dir", "masks")
        assert ended.code == 1
        assert ended.outcome_of("a.png")["status"] == "restored"
        assert "no mask for it" in ended.outcome_of("b.png")["reason"]
        assert ended.stderr.count("failed: photos/b.png: no mask") == 2  # as it happens, and again at the end

    @pytest.mark.parametrize(
        "arguments", [["restore", "nothing-there"], ["restore", "photos", "--jobs", "0"]]
    )
    def test_2_for_wrong_usage(self, archive, inpaint, arguments) -> None:
        archive("a.png")
        ended = inpaint(*arguments)
        assert (ended.code, ended.stdout) == (2, b"")

    def test_3_where_no_photo_is_found(self, tmp_path, inpaint) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty/notes.txt").touch()
        ended = inpaint("restore", "empty")
        assert (ended.code, ended.stderr) == (
            3,
            "note: empty: files of no format that is read are left out (1 .txt)\n"
            "inpaint-cli: error: no photo was found in empty\n",
        )

    @pytest.mark.parametrize("model", ["no-such-model", "missing.onnx", "text.onnx", "weights.pt"])
    def test_4_where_the_model_cannot_be_used(self, archive, inpaint, model: str) -> None:
        root = archive("a.png")
        (root / "text.onnx").write_text("no model")
        (root / "weights.pt").write_bytes(b"\x80\x04.")
        ended = inpaint("restore", "photos", "--mask-dir", "masks", "--model", model)
        assert ended.code == 4 and ended.stderr.count("\n") == 1
        assert not (root / "photos-restored").exists()

    @pytest.mark.parametrize("model", ["detector", SHIPPED / "detector.onnx"])
    def test_4_where_the_model_finds_damage_instead_of_restoring_it(self, archive, inpaint, model) -> None:
        root = archive("a.png")
        ended = inpaint("restore", "photos", "--mask-dir", "masks", "--model", model)
        assert ended.code == 4 and ended.stderr.count("\n") == 1
        assert "is a model of the kind detector" in ended.stderr
        assert not (root / "photos-restored").exists()

    def test_4_where_the_device_is_not_there(self, archive, restore) -> None:
        pytest.importorskip("onnxruntime")
        import onnxruntime

        if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            pytest.skip("this machine has CUDA")
        archive("a.png")
        assert restore("photos", "--mask-dir", "masks", "--device", "cuda").code == 4

    def test_5_where_training_data_cannot_be_used(self, tmp_path, inpaint) -> None:
        pytest.importorskip("torch", reason="training needs the extra `train`")
        (tmp_path / "text.bin").write_text("no pictures")
        ended = inpaint("train", "--model", "vanilla", "--data", "text.bin", "-o", "run")
        assert ended.code == 5 and ended.stderr.startswith("inpaint-cli: error: ")
        assert "text.bin" in ended.stderr and ended.stderr.count("\n") == 1
        assert not (tmp_path / "run").exists()


def test_dry_run_tells_what_is_left_out_and_which_detector_is_not_there(archive, inpaint) -> None:
    root = archive("a.png")
    (root / "photos/a_mask.png").write_bytes((root / "masks/a.png").read_bytes())
    ended = inpaint("restore", "photos", "--detector", "classical", "--dry-run")
    assert ended.code == 0
    assert "note: photos: masks beside photos are left out (1, such as a_mask.png)" in ended.stderr
    ended = inpaint("restore", "photos", "--detector", "no.onnx", "--dry-run")
    assert ended.code == 4 and "no.onnx" in ended.stderr
