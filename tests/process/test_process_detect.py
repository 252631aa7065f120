"""`detect` as a user meets it: masks that can be edited, and are not lost to the next run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence


@pytest.fixture
def detect(archive, inpaint):
    """Run `detect --json` on two photos with the detector that needs no model."""
    root = archive("a.png", "b.jpg")
    shutil.rmtree(root / "masks")

    def run(*arguments: object):
        return inpaint("detect", "photos", "-o", "masks", "--detector", "classical", "--json", *arguments)

    return run


def statuses(ended) -> dict[str, tuple[str, str]]:
    return {line["photo"]: (line["status"], line["reason"]) for line in ended.lines}


def pixels_of(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file), np.int16)


UP_TO_DATE = ("skipped", "up to date")
BY_HAND = ("skipped", "its mask was made or edited by hand; --overwrite replaces it")


def test_a_mask_is_made_once(detect) -> None:
    assert detect().code == 0
    assert statuses(detect()) == {"photos/a.png": UP_TO_DATE, "photos/b.jpg": UP_TO_DATE}


def test_other_settings_make_it_again_but_not_one_that_was_edited(detect, tmp_path: Path) -> None:
    detect()
    Image.new("L", (70, 50), 255).save(tmp_path / "masks/b.png")
    edited = (tmp_path / "masks/b.png").read_bytes()
    again = statuses(detect("--grow", "3"))
    assert again["photos/a.png"][0] in ("found", "clean")
    assert again["photos/b.jpg"] == BY_HAND
    assert (tmp_path / "masks/b.png").read_bytes() == edited


def test_a_mask_copied_over_another_counts_as_edited(detect, tmp_path: Path) -> None:
    Image.new("RGB", (71, 50), "grey").save(tmp_path / "photos/a.png")
    detect()
    shutil.copy(tmp_path / "masks/a.png", tmp_path / "masks/b.png")
    assert statuses(detect())["photos/b.jpg"] == BY_HAND


def test_two_photos_with_the_same_content_have_a_mask_each(detect, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "photos/a.png", tmp_path / "photos/c.png")
    detect()
    assert set(statuses(detect()).values()) == {UP_TO_DATE}
    assert "skipped" not in {status for status, _ in statuses(detect("--grow", "3")).values()}


def test_overwrite_makes_every_mask_again(detect, tmp_path: Path) -> None:
    detect()
    Image.new("L", (70, 50), 255).save(tmp_path / "masks/b.png")
    assert "skipped" not in {status for status, _ in statuses(detect("--overwrite")).values()}


def test_a_bad_photo_fails_and_the_rest_goes_on(detect, tmp_path: Path) -> None:
    (tmp_path / "photos/a.png").write_bytes(b"")
    ended = detect()
    assert ended.code == 1
    assert statuses(ended)["photos/a.png"] == ("failed", "the file is empty")
    assert sorted(path.name for path in (tmp_path / "masks").glob("*.*")) == [".inpaint-cli.journal", "b.png"]


def test_a_link_to_itself_fails_alone_also_where_pictures_to_look_at_are_wanted(
    detect, tmp_path: Path
) -> None:
    (tmp_path / "photos/loop.png").symlink_to("loop.png")
    ended = detect("--overlay", "look")
    assert ended.code == 1
    reason = "can't be read: Too many levels of symbolic links"
    assert statuses(ended)["photos/loop.png"] == ("failed", reason)
    assert sorted(file.name for file in (tmp_path / "look").glob("*.jpg")) == [
        "a_overlay.jpg",
        "b_overlay.jpg",
    ]


@pytest.mark.parametrize("overlay", ["photos", "photos/look"])
def test_pictures_to_look_at_are_not_written_among_the_photos(detect, tmp_path: Path, overlay: str) -> None:
    ended = detect("--overlay", overlay)
    assert ended.code == 2 and "lies among the photos" in ended.stderr
    assert not (tmp_path / "masks").exists()


@pytest.mark.parametrize("overlay", ["masks", "masks/look", "photos/../masks"])
def test_pictures_to_look_at_are_not_written_among_the_masks(detect, tmp_path: Path, overlay: str) -> None:
    ended = detect("--overlay", overlay)
    assert ended.code == 2 and "lies among the masks" in ended.stderr
    assert not (tmp_path / "masks").exists()


def test_pictures_to_look_at_are_no_masks_even_where_they_are_put_among_them(
    detect, inpaint, tmp_path: Path
) -> None:
    detect("--overlay", "look")
    pictures = sorted((tmp_path / "look").glob("*.jpg"))
    assert [picture.name for picture in pictures] == ["a_overlay.jpg", "b_overlay.jpg"]
    for picture in pictures:
        picture.rename(tmp_path / "masks" / picture.name)
    planned = inpaint("restore", "photos", "--mask-dir", "masks", "--dry-run", "--json")
    assert [line["mask"] for line in planned.lines] == ["masks/a.png", "masks/b.png"]
    assert "mask used for no photo: a_overlay.jpg" in planned.stderr


def test_pictures_to_look_at_can_be_had_later(detect, tmp_path: Path) -> None:
    detect()
    masks = {file: file.read_bytes() for file in (tmp_path / "masks").glob("*.png")}
    assert set(statuses(detect("--overlay", "look")).values()) == {UP_TO_DATE}
    assert sorted(file.name for file in (tmp_path / "look").glob("*.*")) == [
        ".inpaint-cli.journal",
        "a_overlay.jpg",
        "b_overlay.jpg",
    ]
    assert {file: file.read_bytes() for file in masks} == masks
    assert set(statuses(detect("--overlay", "look")).values()) == {UP_TO_DATE}


def test_pictures_to_look_at_show_the_masks_that_are_there_now(
    clear_and_faint_scratch, inpaint, tmp_path: Path
) -> None:
    def detect(*arguments: str) -> None:
        assert inpaint("detect", "photos", "-o", "masks", *arguments).code == 0

    shown = tmp_path / "look/a_overlay.jpg"
    detect("--mask-color", "#010203", "--overlay", "look")
    nothing = pixels_of(shown)
    detect("--detector", "classical")
    detect("--detector", "classical", "--overlay", "look")
    assert (pixels_of(shown) != nothing).any()
    made = shown.stat().st_mtime_ns
    detect("--detector", "classical", "--overlay", "look")
    assert shown.stat().st_mtime_ns == made


def test_two_masks_for_one_photo_are_told_as_restore_would_refuse_them(detect, tmp_path: Path) -> None:
    detect()
    (tmp_path / "masks/a_mask.png").write_bytes((tmp_path / "masks/a.png").read_bytes())
    ended = detect()
    status, why = statuses(ended)["photos/a.png"]
    assert (ended.code, status) == (1, "failed")
    assert why == "two masks for it are there, masks/a.png and masks/a_mask.png; remove one of them"


def test_a_mask_from_when_two_photos_shared_a_stem_gives_way_to_the_new_one(
    archive, inpaint, tmp_path: Path
) -> None:
    archive("a.png", "a.jpg")
    shutil.rmtree(tmp_path / "masks")

    def detect(*settings: str) -> list[str]:
        assert inpaint("detect", "photos", "-o", "masks", "--overlay", "seen", *settings).code == 0
        return sorted(file.name for folder in ("masks", "seen") for file in (tmp_path / folder).glob("a*"))

    first = ["a.jpg.png", "a.jpg_overlay.jpg", "a.png.png", "a.png_overlay.jpg"]
    assert detect("--detector", "classical") == first
    (tmp_path / "photos/a.png").unlink()
    for _ in range(2):
        left = ["a.png", "a.png.png", "a.png_overlay.jpg", "a_overlay.jpg"]
        assert detect("--mask-color", "#010203") == left
    planned = inpaint("restore", "photos", "--mask-dir", "masks", "--dry-run", "--json")
    assert [line["mask"] for line in planned.lines] == ["masks/a.png"]


def test_the_mask_of_another_albums_photo_stays(detect, archive, inpaint, tmp_path: Path) -> None:
    assert detect().code == 0  # masks/a.png is of photos/a.png
    (tmp_path / "album").mkdir()
    for name in ("a.png", "a.jpg"):
        Image.new("RGB", (40, 40), "blue").save(tmp_path / "album" / name)
    album = ("detect", "album", "-o", "masks", "--detector", "classical")
    assert inpaint(*album).code == 0
    (tmp_path / "photos").rename(tmp_path / "unplugged")
    assert inpaint(*album).code == 0
    names = sorted(file.name for file in (tmp_path / "masks").glob("*.png"))
    assert names == ["a.jpg.png", "a.png", "a.png.png", "b.png"]


def test_pictures_to_look_at_of_photos_of_one_content_are_drawn_once(detect, tmp_path: Path) -> None:
    (tmp_path / "photos/c.png").write_bytes((tmp_path / "photos/a.png").read_bytes())
    journal = tmp_path / "look/.inpaint-cli.journal"
    sizes = []
    for _ in range(3):
        assert detect("--overlay", "look").code == 0
        sizes.append(journal.stat().st_size)
    assert sizes[0] == sizes[1] == sizes[2]


@pytest.mark.parametrize("command", ["restore", "detect"])
def test_masks_beside_the_photos_are_left_out_with_a_note(archive, inpaint, command: str) -> None:
    root = archive("a.png")
    (root / "masks/a.png").rename(root / "photos/a_mask.png")
    ended = inpaint(command, "photos", "-o", "out", "--detector", "classical", "--json")
    assert [line["photo"] for line in ended.lines] == ["photos/a.png"]
    assert "note: photos: masks beside photos are left out (1, such as a_mask.png)" in ended.stderr
    assert ended.stderr.count("--mask-dir photos") == 1


def test_masks_among_the_photos_are_not_taken_for_photos(archive, inpaint) -> None:
    archive("a.png")
    arguments = ("detect", "photos", "-o", "photos/masks", "--detector", "classical", "--json")
    assert len(inpaint(*arguments).lines) == 1
    assert len(inpaint(*arguments).lines) == 1
    planned = inpaint("restore", "photos", "--dry-run", "--json").lines
    assert [line["photo"] for line in planned] == ["photos/a.png"]


def test_a_dry_run_refuses_what_the_run_refuses(detect, inpaint, tiny_model, tmp_path: Path) -> None:
    assert detect("--overlay", "photos/look", "--dry-run").code == 2
    alone = tmp_path / "alone.onnx"
    alone.write_bytes(tiny_model.read_bytes())
    ended = inpaint("restore", "photos", "--model", "alone.onnx", "--backend", "torch", "--dry-run")
    assert (ended.code, "no .safetensors file is there" in ended.stderr) == (4, True)
    assert inpaint("restore", "photos", "--grow", "65", "--dry-run").code == 2


def test_a_mask_among_the_photos_is_not_restored(archive, inpaint) -> None:
    root = archive("a.png", "b.png")
    (root / "masks/a.png").rename(root / "photos/all.png")
    planned = inpaint("restore", "photos", "--mask", "photos/all.png", "--dry-run", "--json")
    assert [line["photo"] for line in planned.lines] == ["photos/a.png", "photos/b.png"]
    assert "photos/all.png: is the mask, and left out" in planned.stderr


def test_a_folder_counts_from_itself(archive, inpaint) -> None:
    archive("a.png")
    ended = inpaint("restore", "photos", "--mask-dir", "masks", "--base", ".")
    assert ended.code == 2 and "--base is for photos that are named one by one" in ended.stderr


def test_one_photo_with_its_mask_is_evaluated(archive, inpaint) -> None:
    archive("a.png")
    ended = inpaint("evaluate", "detect", "photos/a.png", "masks", "--detector", "classical", "--json")
    assert (ended.code, ended.stderr) == (0, "")
    assert list(json.loads(ended.stdout)["detectors"][0]["kinds"]) == ["all"]


def test_a_folder_of_true_masks_that_is_not_there_is_wrong_usage(archive, inpaint) -> None:
    archive("a.png")
    ended = inpaint("evaluate", "detect", "photos", "nothing")
    assert (ended.code, ended.stderr) == (2, "inpaint-cli: error: nothing: there is no such folder\n")


@pytest.mark.parametrize(("second", "code"), [("nosuch", 2), ("nosuch.onnx", 4)])
def test_no_detector_is_measured_before_all_are_found(archive, inpaint, second: str, code: int) -> None:
    (archive("a.png") / "photos/a.png").write_bytes(b"measured, it fails")
    both = ("--detector", "classical", "--detector", second)
    ended = inpaint("evaluate", "detect", "photos", "masks", *both)
    assert ended.code == code and second in ended.stderr


def test_a_picture_to_look_at_replaces_only_another_of_ours(detect, tmp_path: Path) -> None:
    for _ in range(2):
        assert detect("--overlay", "look", "--overwrite").code == 0
    Image.new("RGB", (9, 9), "blue").save(tmp_path / "look/a_overlay.jpg")
    mine = (tmp_path / "look/a_overlay.jpg").read_bytes()
    ended = detect("--overlay", "look")
    assert (ended.code, statuses(ended)["photos/b.jpg"]) == (1, UP_TO_DATE)
    why = "look/a_overlay.jpg: is there already, and is not (or no longer) what this program wrote"
    assert statuses(ended)["photos/a.png"][1].startswith(why)
    assert (tmp_path / "look/a_overlay.jpg").read_bytes() == mine
    assert detect("--overlay", "look", "--overwrite").code == 0
    assert Image.open(tmp_path / "look/a_overlay.jpg").size == (70, 50)


def test_two_albums_dont_replace_each_others_pictures_to_look_at(detect, inpaint, tmp_path: Path) -> None:
    assert detect("--overlay", "look").code == 0
    shown = (tmp_path / "look/a_overlay.jpg").read_bytes()
    (tmp_path / "album").mkdir()
    Image.new("RGB", (9, 9), "blue").save(tmp_path / "album/a.png")
    album = ("detect", "album", "-o", "more", "--detector", "classical", "--overlay", "look", "--json")
    refused = inpaint(*album)
    why = f"look/a_overlay.jpg: is there already, made of {tmp_path / 'photos/a.png'}; write into another"
    assert refused.code == 1 and statuses(refused)["album/a.png"][1].startswith(why)
    assert (tmp_path / "look/a_overlay.jpg").read_bytes() == shown
    (tmp_path / "photos/a.png").unlink()
    assert inpaint(*album).code == 0


def test_a_mask_that_was_edited_is_what_there_is_to_look_at(detect, tmp_path: Path) -> None:
    detect()
    edited = Image.new("L", (70, 50), 0)
    edited.paste(255, (0, 0, 35, 50))
    edited.save(tmp_path / "masks/b.png")
    assert statuses(detect("--overlay", "look"))["photos/b.jpg"] == BY_HAND
    shown = np.asarray(Image.open(tmp_path / "look/b_overlay.jpg"), np.int16)
    reddish = shown[..., 0] - shown[..., 1] > 30
    assert reddish[:, :30].all() and reddish[:, 40:].mean() < 0.5


def test_more_damage_than_is_allowed_fails(inpaint, tmp_path: Path) -> None:
    marked = Image.new("RGB", (20, 10), "grey")
    marked.paste("magenta", (0, 0, 4, 10))  # a fifth of it
    marked.save(tmp_path / "a.png")
    command = ("detect", "a.png", "-o", "masks", "--mask-color", "#ff00ff", "--json", "--max-damage")
    reason = "20% of it is found to be damaged; raise --max-damage if that is right"
    assert statuses(inpaint(*command, "0.19")) == {"a.png": ("failed", reason)}
    assert statuses(inpaint(*command, "0.2")) == {"a.png": ("found", "")}


def test_a_photo_of_more_pixels_than_are_allowed_fails(detect) -> None:
    status, reason = statuses(detect("--max-pixels", "3499"))["photos/a.png"]  # it is 70x50
    assert status == "failed" and "--max-pixels" in reason
    assert detect("--max-pixels", "3500").code == 0


@pytest.mark.parametrize("command", ["restore", "detect"])
def test_sensitivity_finds_fainter_scratches(
    clear_and_faint_scratch, inpaint, tiny_model, command: str
) -> None:
    model = ("--model", tiny_model) if command == "restore" else ()
    arguments = (command, "photos", "-o", "out", "--detector", "classical", *model, "--json")
    usual, more = (inpaint(*arguments, *flags).lines[0] for flags in ((), ("--sensitivity", "1")))
    assert more["coverage"] == 2 * usual["coverage"] > 0


def test_a_picture_to_look_at_is_as_bright_as_its_16_bit_photo(inpaint, tmp_path: Path) -> None:
    deep = np.full((40, 60), 100 * 256 + 200, np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    assert inpaint("detect", "a.png", "-o", "masks", "--detector", "classical", "--overlay", "look").code == 0
    shown = np.asarray(Image.open(tmp_path / "look/a_overlay.jpg"))
    assert shown.shape == (40, 60, 3) and (abs(shown.astype(int) - 100) <= 1).all()


def test_the_mask_of_a_photo_of_several_pages_has_one_for_each(inpaint, tmp_path: Path) -> None:
    pages = [Image.new("RGB", (40, 30), "grey") for _ in range(3)]
    pages[0].paste("magenta", (0, 0, 8, 8))
    pages[2].paste("magenta", (20, 10, 30, 25))
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert inpaint("detect", "a.tif", "-o", "masks", "--mask-color", "#ff00ff").code == 0
    with Image.open(tmp_path / "masks/a.tif") as mask:
        boxes = [page.copy().getbbox() for page in ImageSequence.Iterator(mask)]
    assert boxes == [(0, 0, 8, 8), None, (20, 10, 30, 25)]


def test_of_many_kinds_of_files_that_are_no_photos_the_rest_is_counted(detect, tmp_path: Path) -> None:
    for name in ("a.a", "b.a", "a.b", "a.c", "a.d", "a.e", "a.f", "a.g"):
        (tmp_path / "photos" / name).touch()
    assert "left out (2 .a, 1 .b, 1 .c, 1 .d, 1 .e, 2 of 2 more kinds)" in detect().stderr


def test_files_that_are_no_photos_are_told(detect, tmp_path: Path) -> None:
    for name in ("a.dng", "b.dng", "scan"):
        (tmp_path / "photos" / name).write_bytes(b"raw")
    assert "files of no format that is read are left out (2 .dng, 1 without suffix)" in detect().stderr


def test_a_file_of_settings_is_named_where_it_may_contradict(detect, inpaint, tmp_path: Path) -> None:
    detect()
    (tmp_path / "inpaint-cli.toml").write_text('[restore]\nmask-dir = "masks"\n')
    call = ("restore", "photos", "--mask", "masks/a.png", "-o", "out")
    assert "(inpaint-cli.toml gives options too; --no-config leaves it out)" in inpaint(*call).stderr
    assert "exclude each other" not in inpaint(*call, "--no-config").stderr


def test_a_mask_that_was_drawn_under_another_name_is_left_alone(archive, inpaint) -> None:
    root = archive("a.png", "b.png")
    (root / "masks/a.png").rename(root / "masks/a_mask.png")
    (root / "masks/b.png").unlink()
    ended = inpaint("detect", "photos", "-o", "masks", "--detector", "classical", "--json")
    assert ended.code == 0
    drawn, other = ended.lines
    assert (drawn["status"], other["status"]) == ("skipped", "clean")
    assert drawn["reason"].startswith("its mask is masks/a_mask.png, made or edited by hand")
    assert inpaint("restore", "photos", "--mask-dir", "masks", "--dry-run").code == 0


def test_a_plan_of_masks_takes_none_and_tells_which_may_keep_one_from_being_made(archive, inpaint) -> None:
    root = archive("a.png", "b.png")
    (root / "masks/a.png").rename(root / "masks/a_mask.png")
    (root / "masks/b.png").unlink()
    call = ("detect", "photos", "-o", "masks", "--detector", "classical", "--dry-run")
    planned = inpaint(*call)
    assert planned.stdout.decode().splitlines() == [
        "photos/a.png -> masks/a.png (but if masks/a_mask.png was made by hand)",
        "photos/b.png -> masks/b.png",
    ]
    assert [line["mask"] for line in inpaint(*call, "--json").lines] == [None, None]


def test_a_corrected_mask_stays_in_use_when_a_photo_of_the_same_stem_comes(archive, inpaint) -> None:
    root = archive("a.png")
    corrected = (root / "masks/a.png").read_bytes()
    shutil.copy(root / "photos/a.png", root / "photos/a.tif")
    ended = inpaint(
        "detect", "photos/a.png", "photos/a.tif", "-o", "masks", "--detector", "classical", "--json"
    )
    assert [line["status"] for line in ended.lines] == ["skipped", "skipped"]
    assert (root / "masks/a.png").read_bytes() == corrected
    assert not (root / "masks/a.png.png").exists()
