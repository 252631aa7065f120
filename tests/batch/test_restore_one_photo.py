from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from inpaint_cli.batch.damage import MaskSettings
from inpaint_cli.batch.detect_photo import DetectSettings, detect_photo
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.output_file import result_mode
from inpaint_cli.batch.restore_photo import RestoreSettings, Workshop, restore_photo
from inpaint_cli.detection import Detection


@dataclass
class FillWithGrey:
    grey: int = 128

    def restore(self, pixels: Any, mask: Any, hidden: Any = None) -> Any:
        restored = pixels.copy()
        restored[mask] = self.grey
        return restored


@dataclass
class FindsTheCorner:
    name: str = "corner"
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def find(self, pixels: Any) -> Detection:
        self.asked.append(pixels.shape)
        mask = np.zeros(pixels.shape[:2], np.bool_)
        mask[:3, :3] = True
        return Detection(mask, mask.astype(np.float32), 1.0)


class FindsNothing(FindsTheCorner):
    def find(self, pixels: Any) -> Detection:
        mask = np.zeros(pixels.shape[:2], np.bool_)
        return Detection(mask, mask.astype(np.float32), 0.0)


def workshop(**changes: Any) -> Workshop:
    return replace(Workshop(settings=RestoreSettings(), restorer=FillWithGrey()), **changes)


def job(root: Path, name: str = "a.png", mask: str | None = "m.png", **changes: Any) -> Job:
    return Job(
        root=str(root),
        relative=name,
        output_root=str(root / "out"),
        output_relative=name,
        mask_file=None if mask is None else str(root / mask),
        **changes,
    )


@pytest.fixture
def photo(tmp_path: Path) -> np.ndarray:
    pixels = np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    mask = np.zeros((40, 50), np.uint8)
    mask[5:9, 5:40] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    return pixels


def test_pixels_outside_the_mask_keep_their_values(tmp_path: Path, photo: np.ndarray) -> None:
    outcome = restore_photo(job(tmp_path), workshop())
    restored = np.array(Image.open(outcome.output))
    assert outcome.status == "restored" and outcome.mask_source == "file"
    assert (restored[5:9, 5:40] == 128).all()
    restored[5:9, 5:40] = photo[5:9, 5:40]
    assert (restored == photo).all()


def test_an_empty_mask_gives_the_photo_byte_for_byte(tmp_path: Path, photo: np.ndarray) -> None:
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(tmp_path / "m.png")
    outcome = restore_photo(job(tmp_path), workshop())
    assert (outcome.status, outcome.reason, outcome.coverage) == ("copied", "mask is empty", 0)
    assert outcome.output.read_bytes() == (tmp_path / "a.png").read_bytes()


def test_a_photo_in_which_nothing_is_found_is_copied_as_clean(tmp_path: Path, photo: np.ndarray) -> None:
    outcome = restore_photo(job(tmp_path, mask=None), workshop(detector=FindsNothing()))
    assert (outcome.status, outcome.reason) == ("copied", "clean")
    assert outcome.output.read_bytes() == (tmp_path / "a.png").read_bytes()


def test_what_is_found_is_restored_and_the_finder_is_named(tmp_path: Path, photo: np.ndarray) -> None:
    outcome = restore_photo(job(tmp_path, mask=None), workshop(detector=FindsTheCorner()))
    assert (outcome.status, outcome.mask_source) == ("restored", "corner")
    assert outcome.coverage == pytest.approx(9 / 2000)


def test_transparent_pixels_come_before_the_detector(tmp_path: Path, photo: np.ndarray) -> None:
    alpha = np.full((40, 50), 255, np.uint8)
    alpha[10:14, 10:14] = 0
    Image.fromarray(np.dstack([photo, alpha])).save(tmp_path / "a.png")
    detector = FindsTheCorner()
    outcome = restore_photo(job(tmp_path, mask=None), workshop(detector=detector))
    assert (outcome.status, outcome.mask_source, detector.asked) == ("restored", "alpha", [])
    restored = np.array(Image.open(outcome.output))
    assert (restored[10:14, 10:14] == [128, 128, 128, 255]).all()


def test_given_and_found_masks_are_combined_on_request(tmp_path: Path, photo: np.ndarray) -> None:
    settings = RestoreSettings(masks=MaskSettings(mode="union"))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings, detector=FindsTheCorner()))
    assert outcome.mask_source == "file union corner"
    assert outcome.coverage == pytest.approx((9 + 4 * 35) / 2000)


@pytest.mark.parametrize(("mode", "restored"), [("union", 9 + 4 * 35), ("subtract", 9 - 2)])
def test_a_given_mask_is_combined_with_what_is_found_and_not_with_transparency(
    tmp_path: Path, photo: np.ndarray, mode: str, restored: int
) -> None:
    alpha = np.full((40, 50), 255, np.uint8)
    alpha[30:] = 0
    Image.fromarray(np.dstack([photo, alpha])).save(tmp_path / "a.png")
    if mode == "subtract":
        Image.fromarray(np.pad(np.uint8([[255, 255]]), ((0, 39), (0, 48)))).save(tmp_path / "m.png")
    settings = RestoreSettings(masks=MaskSettings(mode=mode))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings, detector=FindsTheCorner()))
    assert outcome.mask_source == f"file {mode} corner"
    assert outcome.coverage == pytest.approx(restored / 2000)
    assert (np.array(Image.open(outcome.output))[..., 3] == alpha).all()


class FindsWhatIsBlack(FindsTheCorner):
    def find(self, pixels: Any) -> Detection:
        mask = (pixels == 0).all(axis=2)
        mask[:, 0] = True
        return Detection(mask, mask.astype(np.float32), 1.0)


def test_nothing_is_found_where_nobody_sees_the_photo(tmp_path: Path, photo: np.ndarray) -> None:
    alpha = np.full((40, 50), 255, np.uint8)
    alpha[20:] = 0
    photo[20:] = 0
    Image.fromarray(np.dstack([photo, alpha])).save(tmp_path / "a.png")
    settings = RestoreSettings(masks=MaskSettings(mode="union"))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings, detector=FindsWhatIsBlack()))
    assert outcome.coverage == pytest.approx((20 + 4 * 35) / 2000)
    assert (np.array(Image.open(outcome.output))[20:] == 0).all()


@pytest.mark.parametrize(
    ("white", "settings", "status"),
    [
        (0.9, MaskSettings(), "failed"),
        (0.9, MaskSettings(max_damage=0.95), "restored"),
        (0.9, MaskSettings(invert=True), "restored"),
        (0.5, MaskSettings(), "restored"),
    ],
)
def test_a_mask_that_is_mostly_white_is_suspected_to_be_inverted(
    tmp_path: Path, photo: np.ndarray, white: float, settings: MaskSettings, status: str
) -> None:
    mask = np.zeros((40, 50), np.uint8)
    mask[: int(40 * white)] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    outcome = restore_photo(job(tmp_path), workshop(settings=RestoreSettings(masks=settings)))
    assert outcome.status == status
    if status == "failed":
        assert "--invert-mask" in outcome.reason and not outcome.output.exists()


def test_a_mask_that_would_be_too_much_inverted_as_well_is_not_suspected(
    tmp_path: Path, photo: np.ndarray
) -> None:
    mask = np.zeros((40, 50), np.uint8)
    mask[:8] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    settings = RestoreSettings(masks=MaskSettings(max_damage=0.1))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings))
    assert outcome.reason.endswith("m.png: 20% of it counts as damaged; raise --max-damage if that is right")


def test_a_mask_that_is_inverted_in_vain_is_told_so(tmp_path: Path, photo: np.ndarray) -> None:
    Image.fromarray(np.pad(np.uint8([[255]]), ((0, 39), (0, 49)))).save(tmp_path / "m.png")
    settings = RestoreSettings(masks=MaskSettings(invert=True))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings))
    assert "100% of it counts as damaged, is it not inverted? Leave out --invert-mask" in outcome.reason


@pytest.mark.parametrize(
    ("mode", "given_rows", "most", "refused"),
    [
        ("union", 20, 0.5, "50% of it is found to be damaged"),  # 1000 given pixels and 9 found ones of 2000
        ("union", 20, 0.51, None),
        ("union", 38, 0.9, "is it inverted?"),
        ("subtract", 38, 0.1, None),  # the mask protects 95 %, 6 found pixels are left
    ],
)
def test_the_most_damage_counts_for_masks_and_found_damage_together(
    tmp_path: Path, photo: np.ndarray, mode: str, given_rows: int, most: float, refused: str | None
) -> None:
    mask = np.zeros((40, 50), np.uint8)
    mask[40 - given_rows :] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    settings = RestoreSettings(masks=MaskSettings(mode=mode, max_damage=most))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings, detector=FindsTheCorner()))
    assert outcome.status == ("failed" if refused else "restored")
    assert (refused or "") in outcome.reason


@pytest.mark.parametrize(
    ("size", "told"),
    [((40, 50), "EXIF orientation"), ((50, 50), "of one shape"), ((100, 85), "of one shape")],
)
def test_a_mask_of_another_shape_is_never_resized(tmp_path: Path, photo: np.ndarray, size, told) -> None:
    Image.open(tmp_path / "m.png").resize(size, Image.Resampling.NEAREST).save(tmp_path / "m.png")
    settings = RestoreSettings(masks=MaskSettings(resize=True))
    outcome = restore_photo(job(tmp_path), workshop(settings=settings))
    assert outcome.status == "failed" and told in outcome.reason


@pytest.mark.parametrize("size", [(100, 80), (99, 80), (25, 20), (17, 13)])
def test_a_mask_of_the_same_shape_but_for_a_pixel_may_be_resized(
    tmp_path: Path, photo: np.ndarray, size
) -> None:
    Image.open(tmp_path / "m.png").resize(size, Image.Resampling.NEAREST).save(tmp_path / "m.png")
    settings = RestoreSettings(masks=MaskSettings(resize=True))
    assert restore_photo(job(tmp_path), workshop(settings=settings)).status == "restored"


def test_a_mask_of_another_size_fails_unless_it_may_be_resized(tmp_path: Path, photo: np.ndarray) -> None:
    Image.open(tmp_path / "m.png").resize((100, 80), Image.Resampling.NEAREST).save(tmp_path / "m.png")
    outcome = restore_photo(job(tmp_path), workshop())
    assert outcome.status == "failed"
    assert "100x80, the photo is 50x40" in outcome.reason and "--resize-mask" in outcome.reason
    settings = RestoreSettings(masks=MaskSettings(resize=True))
    assert restore_photo(job(tmp_path), workshop(settings=settings)).coverage == pytest.approx(4 * 35 / 2000)


def test_a_job_with_a_problem_fails_with_it(tmp_path: Path, photo: np.ndarray) -> None:
    outcome = restore_photo(job(tmp_path, mask=None, problem="no mask for it"), workshop())
    assert (outcome.status, outcome.reason) == ("failed", "no mask for it")


def test_a_bug_of_ours_is_a_failed_photo_with_its_traceback_kept(tmp_path: Path, photo: np.ndarray) -> None:
    class Broken:
        def restore(self, pixels: Any, mask: Any, hidden: Any = None) -> Any:
            raise ZeroDivisionError("oops")

    outcome = restore_photo(job(tmp_path), workshop(restorer=Broken()))
    assert outcome.status == "failed" and "internal error: ZeroDivisionError: oops" in outcome.reason
    assert "Traceback" in outcome.trace and "trace" not in outcome.to_dict()


def too_large_for_numpy() -> None:
    np.empty(1 << 60, np.uint8)


def too_large_for_opencv() -> None:
    cv2.resize(np.zeros((1, 1), np.float64), (1 << 30, 1 << 30))


@pytest.mark.parametrize("ask", [too_large_for_numpy, too_large_for_opencv])
def test_too_little_memory_is_told_with_a_remedy(tmp_path: Path, photo: np.ndarray, ask) -> None:
    class Hungry:
        def restore(self, pixels: Any, mask: Any, hidden: Any = None) -> Any:
            ask()

    told = "not enough memory; use --jobs 1, and where that is not enough, a machine with more of it"
    assert restore_photo(job(tmp_path), workshop(restorer=Hungry())).reason == told


def test_every_page_has_its_own_mask(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((40, 50), grey, np.uint8)) for grey in (10, 20)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    masks = [np.zeros((40, 50), np.uint8) for _ in pages]
    masks[1][:5, :5] = 255
    first, second = (Image.fromarray(mask) for mask in masks)
    first.save(tmp_path / "m.tif", save_all=True, append_images=[second])
    outcome = restore_photo(job(tmp_path, "a.tif", "m.tif"), workshop())
    restored = Image.open(outcome.output)
    assert (np.array(restored) == 10).all()
    restored.seek(1)
    assert (np.array(restored)[:5, :5] == 128).all() and (np.array(restored)[5:] == 20).all()
    first.save(tmp_path / "m.tif")
    assert "has 1 page, the photo has 2" in restore_photo(job(tmp_path, "a.tif", "m.tif"), workshop()).reason


class TestWhatIsThereAlready:
    def test_the_same_again_is_up_to_date_without_restoring(self, tmp_path: Path, photo: np.ndarray) -> None:
        (tmp_path / "out").mkdir()
        shop = workshop(journals={str(tmp_path / "out"): Journal.open(tmp_path / "out")})
        assert restore_photo(job(tmp_path), shop).status == "restored"
        again = restore_photo(job(tmp_path), replace(shop, restorer=None))  # type: ignore[arg-type]
        assert (again.status, again.reason) == ("skipped", "up to date")

    @pytest.mark.parametrize("change", ["photo", "mask", "model", "settings", "output"])
    def test_a_change_of_anything_makes_it_anew(self, tmp_path: Path, photo: np.ndarray, change: str) -> None:
        (tmp_path / "out").mkdir()
        shop = workshop(journals={str(tmp_path / "out"): Journal.open(tmp_path / "out")})
        restore_photo(job(tmp_path), shop)
        if change == "photo":
            Image.fromarray(255 - photo).save(tmp_path / "a.png")
        elif change == "mask":
            Image.new("L", (50, 40)).save(tmp_path / "m.png")
        elif change == "model":
            shop = replace(shop, models=b"another", restorer=FillWithGrey(90))
        elif change == "settings":
            shop = replace(shop, settings=RestoreSettings(masks=MaskSettings(mode="union"), format="png"))
            shop = replace(shop, detector=FindsTheCorner())
        else:
            (tmp_path / "out/a.png").unlink()
        expected = "copied" if change == "mask" else "restored"
        assert restore_photo(job(tmp_path), shop).status == expected

    def test_somebody_elses_file_is_not_replaced_unless_asked(
        self, tmp_path: Path, photo: np.ndarray
    ) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/a.png").write_bytes(b"retouched by hand")
        shop = workshop(journals={str(tmp_path / "out"): Journal.open(tmp_path / "out")})
        outcome = restore_photo(job(tmp_path), shop)
        assert outcome.status == "failed" and "--overwrite" in outcome.reason
        assert (tmp_path / "out/a.png").read_bytes() == b"retouched by hand"
        forced = replace(shop, settings=RestoreSettings(overwrite=True))
        assert restore_photo(job(tmp_path), forced).status == "restored"

    def test_without_its_journal_an_output_is_recognised_by_its_bytes(
        self, tmp_path: Path, photo: np.ndarray
    ) -> None:
        assert restore_photo(job(tmp_path), workshop()).status == "restored"
        assert restore_photo(job(tmp_path), workshop()).status == "skipped"

    def test_drawing_a_mask_that_stays_counts_as_writing(self, tmp_path: Path, photo: np.ndarray) -> None:
        settings = DetectSettings(detector=FindsTheCorner(), masks=MaskSettings(), overlay=tmp_path / "look")
        mask = tmp_path / "out/a.png"
        mask.parent.mkdir()
        Image.new("L", (50, 40), 0).save(mask)
        by_hand = detect_photo(job(tmp_path, mask=None), settings)
        assert by_hand.status == "skipped" and (tmp_path / "look/a_overlay.jpg").exists()
        assert by_hand.seconds_write > 0


class TestWhereItGoes:
    def test_a_link_inside_the_output_folder_is_not_followed(self, tmp_path: Path, photo: np.ndarray) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "out").mkdir()
        (tmp_path / "out/sub").symlink_to(tmp_path / "elsewhere")
        linked = replace(job(tmp_path), output_relative="sub/a.png")
        outcome = restore_photo(linked, workshop())
        assert outcome.status == "failed" and "link" in outcome.reason
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_an_output_that_is_a_link_is_replaced_and_its_target_stays(
        self, tmp_path: Path, photo: np.ndarray
    ) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "precious.png").write_bytes(b"mine")
        (tmp_path / "out/a.png").symlink_to(tmp_path / "precious.png")
        restore_photo(job(tmp_path), workshop(settings=RestoreSettings(overwrite=True)))
        assert (tmp_path / "precious.png").read_bytes() == b"mine"

    @pytest.mark.parametrize("relative", ["../a.png", "x/../../a.png", "/tmp/a.png"])
    def test_an_output_never_leaves_its_folder(
        self, tmp_path: Path, photo: np.ndarray, relative: str
    ) -> None:
        outcome = restore_photo(replace(job(tmp_path), output_relative=relative), workshop())
        assert outcome.status == "failed"

    def test_a_file_where_a_folder_must_be_is_told(self, tmp_path: Path, photo: np.ndarray) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/sub").touch()
        outcome = restore_photo(replace(job(tmp_path), output_relative="sub/a.png"), workshop())
        assert outcome.status == "failed" and "sub" in outcome.reason


class TestWhoMayReadIt:
    def test_what_was_private_stays_private(self, tmp_path: Path, photo: np.ndarray) -> None:
        (tmp_path / "a.png").chmod(0o600)
        outcome = restore_photo(job(tmp_path), workshop())
        assert outcome.output.stat().st_mode & 0o777 == 0o600

    def test_a_copied_photo_stays_private_too(self, tmp_path: Path, photo: np.ndarray) -> None:
        (tmp_path / "a.png").chmod(0o600)
        outcome = restore_photo(job(tmp_path, mask=None), workshop(detector=FindsNothing()))
        assert (outcome.status, outcome.output.stat().st_mode & 0o777) == ("copied", 0o600)

    def test_so_do_the_mask_and_the_picture_of_what_was_found(
        self, tmp_path: Path, photo: np.ndarray
    ) -> None:
        (tmp_path / "a.png").chmod(0o600)
        settings = DetectSettings(
            detector=FindsTheCorner(), masks=MaskSettings(), overlay=tmp_path / "overlays"
        )
        outcome = detect_photo(job(tmp_path, mask=None), settings)
        written = [outcome.output, tmp_path / "overlays/a_overlay.jpg"]
        assert [path.stat().st_mode & 0o777 for path in written] == [0o600, 0o600]

    def test_who_may_read_it_by_its_group_only_may_read_what_was_made_of_it(
        self, tmp_path: Path, photo: np.ndarray
    ) -> None:
        (tmp_path / "a.png").chmod(0o040)
        assert result_mode(tmp_path / "a.png") & 0o777 == 0o440

    def test_a_replaced_result_keeps_its_own_permissions(self, tmp_path: Path, photo: np.ndarray) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/a.png").write_bytes(b"an older one")
        (tmp_path / "out/a.png").chmod(0o640)
        (tmp_path / "a.png").chmod(0o600)
        outcome = restore_photo(job(tmp_path), workshop(settings=RestoreSettings(overwrite=True)))
        assert outcome.output.stat().st_mode & 0o777 == 0o640
