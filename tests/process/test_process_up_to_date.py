"""What counts as up to date: a result that the photo, the mask, the model and the settings of today give."""

import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import CHECKOUT, PROGRAM

from inpaint_cli.detection.factory import CALIBRATIONS

GREY, MAGENTA, CYAN = (90, 90, 90), (255, 0, 255), (0, 255, 255)


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture).save(path)


def statuses(restore, *runs: tuple[str, ...]) -> list[str]:
    """Run `restore` on photos/ with each set of flags, one after the other, into the same folder."""
    return [restore("photos", "-o", "out", *flags).lines[0]["status"] for flags in runs]


def spelled_out(detector: str) -> tuple[str, ...]:
    usual = CALIBRATIONS[detector]
    return ("--detector", detector, "--min-size", str(usual.min_size), "--grow", str(usual.grow))


@pytest.fixture
def left_half_masked(tmp_path: Path) -> None:
    """A grey photo, magenta in the middle, and a mask of its left half."""
    photo, mask = np.full((40, 60, 3), GREY, np.uint8), np.zeros((40, 60), np.uint8)
    photo[10:20, 20:40] = MAGENTA
    mask[:, :30] = 255
    save(tmp_path / "photos/a.png", photo)
    save(tmp_path / "masks/a.png", mask)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ("--invert-mask",)),
        (("--mask-color", "#ff00ff", "--mask-mode", "union"), ("--mask-mode", "subtract")),
    ],
)
def test_masks_that_are_read_in_another_way_are_another_result(
    left_half_masked, restore, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    one = ("--mask-dir", "masks", *before)
    other = (*one, *after)
    assert statuses(restore, one, other, other) == ["restored", "restored", "skipped"]


def test_a_mask_that_was_scaled_is_refused_where_that_is_not_wanted_any_more(tmp_path, restore) -> None:
    save(tmp_path / "photos/a.png", np.full((40, 60, 3), GREY, np.uint8))
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9, 5:9] = 255
    save(tmp_path / "masks/a.png", mask)
    as_it_is = ("--mask-dir", "masks")
    scaled = (*as_it_is, "--resize-mask")
    assert statuses(restore, scaled, as_it_is, scaled) == ["restored", "failed", "skipped"]


def test_another_format_in_a_file_of_the_same_name_is_another_result(archive, restore) -> None:
    root = archive("a.png")
    Image.open(root / "photos/a.png").save(root / "photos/a.png", "JPEG")  # its content decides
    as_it_is = ("--mask-dir", "masks")
    as_png = (*as_it_is, "--format", "png")
    assert statuses(restore, as_it_is) == ["restored"]
    assert Image.open(root / "out/a.png").format == "JPEG"
    assert statuses(restore, as_png, as_png) == ["restored", "skipped"]
    assert Image.open(root / "out/a.png").format == "PNG"


def test_a_format_that_the_photo_has_already_is_no_other_setting(left_half_masked, restore) -> None:
    as_it_is = ("photos", "--mask-dir", "masks", "-o", "out")
    assert restore(*as_it_is).lines[0]["status"] == "restored"
    again = restore(*as_it_is, "--format", "png").lines[0]
    assert (again["status"], again["coverage"]) == ("skipped", None)  # nothing was looked at


@pytest.mark.parametrize(
    "flags",
    [("--mask-color", "#00ffff"), ("--mask-tolerance", "40"), ("--min-size", "5"), ("--grow", "2")],
    ids=lambda flags: flags[0],
)
def test_another_marker_is_another_result(tmp_path, restore, flags: tuple[str, str]) -> None:
    photo = np.full((40, 60, 3), GREY, np.uint8)
    photo[5:10, 5:10] = MAGENTA
    photo[5:7, 20:22] = MAGENTA  # smaller than 5 pixels
    photo[20:25, 5:10] = (255, 40, 255)
    photo[20:25, 20:25] = CYAN
    save(tmp_path / "photos/a.png", photo)
    one = ("--mask-color", "#ff00ff")
    other = (*one, *flags)
    assert statuses(restore, one, other, other) == ["restored", "restored", "skipped"]


@pytest.mark.parametrize(
    "flags",
    [("--sensitivity", "1"), ("--detector", "learned"), ("--min-size", "999"), ("--grow", "4")],
    ids=lambda flags: flags[0],
)
def test_another_search_is_another_result(clear_and_faint_scratch, restore, flags: tuple[str, str]) -> None:
    one = ("--detector", "classical")
    other = (*one, *flags)
    first, changed, again = statuses(restore, one, other, other)
    assert (first, again) == ("restored", "skipped")
    assert changed == ("copied" if "999" in flags else "restored")  # nothing is that large


@pytest.mark.parametrize(
    ("as_it_is", "in_other_words"),
    [
        ((), ("--sensitivity", "0.5", *spelled_out("learned"))),
        (("--detector", "classical"), spelled_out("classical")),
        (("--mask-color", "#ff00ff"), ("--mask-color", "FF00FF", "--min-size", "1", "--grow", "0")),
    ],
    ids=["learned", "classical", "marker"],
)
@pytest.mark.parametrize("command", ["restore", "detect"])
def test_a_default_that_is_spelled_out_is_no_other_setting(
    clear_and_faint_scratch, inpaint, tiny_model, command: str, as_it_is, in_other_words
) -> None:
    model = ("--model", tiny_model) if command == "restore" else ()
    call = (command, "photos", "-o", "out", "--json", *model)
    assert inpaint(*call, *as_it_is).lines[0]["status"] != "skipped"
    (line,) = inpaint(*call, *in_other_words).lines
    assert (line["status"], line["coverage"]) == ("skipped", None)  # it was not looked at


def test_another_model_in_a_file_of_the_same_path_is_another_result(
    left_half_masked, tmp_path, inpaint, replace_model
) -> None:
    model = tmp_path / "mine.onnx"
    call = ("restore", "photos", "--mask-dir", "masks", "-o", "out", "--model", model, "--json")
    greys = []
    for level in (0.25, 0.5):
        replace_model(model, level)
        assert [inpaint(*call).lines[0]["status"] for _ in range(2)] == ["restored", "skipped"]
        greys.append(Image.open(tmp_path / "out/a.png").getpixel((5, 5)))
    assert greys == [(64, 64, 64), (128, 128, 128)]


@pytest.fixture
def upgradable(tmp_path: Path) -> Path:
    """A copy of the package that may change, in a folder for PYTHONPATH."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "inpaint_cli", tmp_path / "copy/inpaint_cli", ignore=ignore)
    return tmp_path / "copy"


def upgrade(place: Path) -> None:
    """Change the code so that damage is filled with nearly black."""
    with (place / "inpaint_cli/restoration/restorer.py").open("a") as code:
        fill = "lambda self, pixels, mask, hidden=None: np.where(mask[..., None], 7, pixels)"
        code.write(f"\nRestorer.restore = {fill}\n")


def test_what_another_state_of_the_code_makes_is_another_result(
    archive, upgradable: Path, tmp_path, restore
) -> None:
    archive("a.png")
    call = ("photos", "--mask-dir", "masks", "-o", "out")
    assert restore(*call).lines[0]["status"] == "restored"
    assert restore(*call, PYTHONPATH=str(upgradable)).lines[0]["status"] == "skipped"
    upgrade(upgradable)
    upgraded = [restore(*call, PYTHONPATH=str(upgradable)).lines[0]["status"] for _ in range(2)]
    assert upgraded == ["restored", "skipped"]
    assert Image.open(tmp_path / "out/a.png").getpixel((30, 21)) == (7, 7, 7)


def test_what_a_run_makes_that_began_before_an_upgrade_is_a_result_of_the_code_of_before(
    archive, upgradable: Path, start_restore, restore
) -> None:
    root = archive("a.png")
    call = ("photos", "--mask", "masks/a.png", "-o", "out")
    (root / "photos/a.png").rename(root / "later.png")
    program = ["env", f"PYTHONPATH={upgradable}", *PROGRAM]
    process = start_restore(*call, "--watch", program=program)
    assert process.stderr.readline() == b"watching; Ctrl-C ends it\n"
    upgrade(upgradable)
    (root / "later.png").rename(root / "photos/a.png")
    assert b'"restored"' in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert restore(*call, PYTHONPATH=str(upgradable)).lines[0]["status"] == "restored"


def test_verify_proves_again_what_is_up_to_date(archive, restore) -> None:
    archive("a.png", "b.jpg")
    command = ("photos", "--mask-dir", "masks")
    restore(*command)
    for flags, changed in ((), None), (("--verify",), 0):
        lines = restore(*command, *flags).lines
        assert [(line["status"], line["changed"]) for line in lines] == [("skipped", changed)] * 2


def test_what_becomes_a_jpeg_cannot_be_proven(left_half_masked, restore) -> None:
    ended = restore("photos", "--mask-dir", "masks", "--verify", "--format", "jpeg", "-o", "out")
    assert ended.code == 1
    assert "--verify can't prove a conversion to JPEG" in ended.lines[0]["reason"]


def test_photos_of_the_same_content_are_restored_anew_with_other_settings(
    left_half_masked, tmp_path, restore
) -> None:
    for folder in ("photos", "masks"):
        (tmp_path / folder / "b.png").write_bytes((tmp_path / folder / "a.png").read_bytes())
    for flags in ((), ("--invert-mask",)):
        ended = restore("photos", "--mask-dir", "masks", "-o", "out", *flags)
        assert [(line["status"], line["reason"]) for line in ended.lines] == [("restored", "")] * 2


@pytest.mark.parametrize("flags", [(), ("--overwrite",)])
def test_a_photo_that_is_a_link_to_its_own_output_is_kept(left_half_masked, tmp_path, restore, flags) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "photos/a.png").rename(tmp_path / "out/a.png")
    (tmp_path / "photos/a.png").symlink_to("../out/a.png")
    before = (tmp_path / "out/a.png").read_bytes()
    ended = restore("photos", "--mask-dir", "masks", "-o", "out", *flags)
    assert (ended.code, ended.lines) == (2, [])
    assert "photos/a.png would be written over photos/a.png; nothing was written" in ended.stderr
    assert (tmp_path / "out/a.png").read_bytes() == before


def test_the_result_of_another_photo_is_not_replaced_by_a_later_run(
    left_half_masked, tmp_path, restore
) -> None:
    save(tmp_path / "later/a.png", np.full((40, 60, 3), 10, np.uint8))
    first = restore("photos", "--mask-dir", "masks", "-o", "out")
    kept = (tmp_path / "out/a.png").read_bytes()
    second = restore("later", "--mask-dir", "masks", "-o", "out")
    assert (first.code, second.code) == (0, 1)
    assert f"out/a.png: is there already, made of {tmp_path / 'photos/a.png'}" in second.stderr
    assert (tmp_path / "out/a.png").read_bytes() == kept
    (tmp_path / "photos").rename(tmp_path / "moved")  # then it may well be the same photo
    assert restore("later", "--mask-dir", "masks", "-o", "out").lines[0]["status"] == "restored"
    save(tmp_path / "later/a.png", np.full((40, 60, 3), 20, np.uint8))
    assert restore("later", "--mask-dir", "masks", "-o", "out").lines[0]["status"] == "restored"


def test_a_single_result_is_compared_and_kept_where_it_was_made_with_other_settings(
    left_half_masked, tmp_path, restore
) -> None:
    call = ("photos/a.png", "--mask-dir", "masks", "-o", "photos/mine.png")
    first, again, other = restore(*call), restore(*call), restore(*call, "--invert-mask")
    assert [ended.lines[0]["status"] for ended in (first, again, other)] == ["restored", "skipped", "failed"]
    told = "photos/mine.png: is there already, and no journal tells whether this program wrote it"
    assert other.lines[0]["reason"] == f"{told}; --overwrite replaces it"
    assert restore(*call, "--invert-mask", "--overwrite").lines[0]["status"] == "restored"
    assert sorted(path.name for path in (tmp_path / "photos").iterdir()) == ["a.png", "mine.png"]


def test_a_single_result_among_those_of_a_run_goes_by_their_journal(
    left_half_masked, tmp_path, restore
) -> None:
    folder = ("photos", "--mask-dir", "masks", "-o", "out")
    single = ("photos/a.png", "--mask-dir", "masks", "-o", "out/a.png")
    runs = (folder, single, (*single, "--invert-mask"), (*single, "--invert-mask"), folder)
    expected = ["restored", "skipped", "restored", "skipped", "restored"]
    assert [restore(*run).lines[0]["status"] for run in runs] == expected
    (tmp_path / "out/a.png").write_bytes(b"retouched")
    kept = restore(*single)
    assert kept.code == 1 and "is not (or no longer) what this program wrote" in kept.stderr
    assert (tmp_path / "out/a.png").read_bytes() == b"retouched"


def test_a_single_result_in_a_folder_below_those_of_a_run_goes_by_their_journal(archive, restore) -> None:
    root = archive("sub/a.png")
    folder = ("photos", "--mask-dir", "masks", "-o", "out")
    single = ("photos/sub/a.png", "--mask", "masks/sub/a.png", "-o", "out/sub/a.png")
    inverted = (*single, "--invert-mask", "--max-damage", "1")
    assert restore(*folder).lines[0]["status"] == "restored"
    assert restore(*inverted, "--dry-run").lines[0]["problem"] is None
    runs = (single, inverted, inverted, folder)
    expected = ["skipped", "restored", "skipped", "restored"]
    assert [restore(*run).lines[0]["status"] for run in runs] == expected
    assert [path.name for path in (root / "out/sub").iterdir()] == ["a.png"]
    (root / "out/sub/a.png").write_bytes(b"retouched")
    assert "is not (or no longer) what this program wrote" in restore(*inverted).stderr
    assert (root / "out/sub/a.png").read_bytes() == b"retouched"


def test_a_single_result_goes_by_no_journal_above_it_that_may_not_be_written_to(
    archive, tmp_path, without_privileges
) -> None:
    archive("a.png")
    (tmp_path / "out/mine").mkdir(parents=True)
    (tmp_path / "out/.inpaint-cli.journal").touch(0o444)
    call = ("photos/a.png", "--mask-dir", "masks", "-o", "out/mine/a.png")
    ended = without_privileges(*call)
    assert ended.returncode == 0 and (tmp_path / "out/mine/a.png").exists(), ended.stderr
