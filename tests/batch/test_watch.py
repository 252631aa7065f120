"""A scanner's folder: which photos are complete, and what the others wait for."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from inpaint_cli.batch.plan import Selection
from inpaint_cli.batch.watch import Watcher
from inpaint_cli.errors import UsageError


def watched_with_masks(root: Path) -> tuple[Path, Path, Watcher]:
    """An empty folder of photos, one of masks, and who looks at both."""
    photos, masks = root / "p", root / "m"
    photos.mkdir()
    masks.mkdir()
    selection = Selection(photos=(photos,), mask_dir=masks, suffixes=frozenset({".jpg", ".png"}))
    return photos, masks, Watcher(selection, settle=0.0)


class TestWatching:
    def test_a_photo_is_taken_once_when_it_stopped_growing(self, tmp_path: Path) -> None:
        watcher = Watcher(Selection(photos=(tmp_path,), suffixes=frozenset({".jpg"})), settle=0.0)
        photo = tmp_path / "scan.jpg"
        photo.touch()
        assert [watcher.complete().jobs for _ in range(3)] == [(), (), ()]  # empty
        photo.write_bytes(b"half")
        assert watcher.complete().jobs == ()
        photo.write_bytes(b"half and more")
        assert watcher.complete().jobs == ()
        assert [job.photo for job in watcher.complete().jobs] == [photo]
        assert watcher.complete().jobs == ()

    def test_a_photo_waits_for_its_mask(self, tmp_path: Path) -> None:
        photos, masks, watcher = watched_with_masks(tmp_path)
        (photos / "a.jpg").write_bytes(b"x")
        assert [watcher.complete().jobs for _ in range(3)] == [(), (), ()]
        (masks / "a.png").write_bytes(b"x")
        watcher.complete()
        assert watcher.waiting == ()
        assert len(watcher.complete().jobs) == 1
        (masks / "a.png").unlink()
        assert [watcher.complete().notes for _ in range(3)] == [(), (), ()]
        assert watcher.waiting == ()

    def test_what_waits_for_a_mask_is_told_once_when_it_stopped_growing(self, tmp_path: Path) -> None:
        photos, _, watcher = watched_with_masks(tmp_path)
        (photos / "a.jpg").write_bytes(b"x")
        note = f"waiting for a mask: {photos / 'a.jpg'}"
        assert [watcher.complete().notes for _ in range(3)] == [(), (note,), ()]
        (photos / "a.jpg").write_bytes(b"another scan")
        assert [watcher.complete().notes for _ in range(3)] == [(), (), ()]
        assert [job.photo for job in watcher.waiting] == [photos / "a.jpg"]
        (photos / "a.jpg").unlink()
        watcher.complete()
        assert watcher.waiting == ()

    def test_what_is_not_complete_at_the_last_look_is_named_with_why(self, tmp_path: Path) -> None:
        watcher = Watcher(Selection(photos=(tmp_path,), suffixes=frozenset({".jpg", ".png"})), settle=60.0)
        for name in ("a.jpg", "empty.jpg", "lake_mask.png"):
            (tmp_path / name).write_bytes(b"" if name == "empty.jpg" else b"x")
        watcher.complete()
        assert {job.photo.name: job.problem for job in watcher.incomplete} == {
            "a.jpg": "was not complete yet when watching ended",
            "empty.jpg": "it or its mask is empty or can't be read",
            "lake_mask.png": "is named as a mask, and its photo never came",
        }
        watcher.settle = 0.0
        watcher.complete()
        assert [job.photo.name for job in watcher.incomplete] == ["lake_mask.png", "empty.jpg"]

    def test_a_mask_that_comes_before_its_photo_is_no_photo(self, tmp_path: Path) -> None:
        watcher = Watcher(Selection(photos=(tmp_path,), suffixes=frozenset({".jpg", ".png"})), settle=0.0)
        (tmp_path / "a_mask.png").write_bytes(b"x")
        plans = [watcher.complete() for _ in range(3)]
        assert [plan.jobs for plan in plans] == [(), (), ()]
        assert [plan.notes for plan in plans] == [
            (f"waiting for its photo: {tmp_path / 'a_mask.png'}",), (), ()
        ]  # fmt: skip
        (tmp_path / "a.jpg").write_bytes(b"x")
        watcher.complete()
        assert [job.photo for job in watcher.complete().jobs] == [tmp_path / "a.jpg"]

    def test_a_mask_beside_its_photo_is_left_out_where_masks_lie_elsewhere(self, tmp_path: Path) -> None:
        photos, masks, watcher = watched_with_masks(tmp_path)
        for file in (photos / "a_mask.png", photos / "a.jpg", masks / "a.png"):
            file.write_bytes(b"x")
        note = f"{photos}: masks beside photos are left out (1, such as a_mask.png)"
        assert watcher.complete().notes == (note,)
        assert [job.photo for job in watcher.complete().jobs] == [photos / "a.jpg"]
        (photos / "b_mask.png").write_bytes(b"x")
        assert watcher.complete().notes == (f"waiting for its photo: {photos / 'b_mask.png'}",)
        assert [job.relative for job in watcher.incomplete] == ["b_mask.png"]

    def test_a_photo_that_is_named_itself_is_one_though_its_name_ends_as_that_of_a_mask(
        self, tmp_path: Path
    ) -> None:
        photos = (tmp_path / "a.jpg", tmp_path / "a_mask.png")
        for file in photos:
            file.write_bytes(b"x")
        watcher = Watcher(Selection(photos=photos, suffixes=frozenset({".jpg", ".png"})), settle=0.0)
        watcher.complete()
        assert tuple(job.photo for job in watcher.complete().jobs) == photos

    def test_photos_that_cannot_be_told_apart_wait_and_hold_no_other_back(self, tmp_path: Path) -> None:
        photos, masks, watcher = watched_with_masks(tmp_path)
        for file in (
            photos / "a.jpg",
            photos / "b.jpg",
            masks / "a.png",
            masks / "a_mask.png",
            masks / "b.png",
        ):
            file.write_bytes(b"x")
        refusal = f"{photos / 'a.jpg'}: ambiguous masks for it in {masks}: a.png and a_mask.png"
        plans = [watcher.complete() for _ in range(3)]
        assert [plan.refusals for plan in plans] == [(refusal,), (), ()]
        assert [job.photo for plan in plans for job in plan.jobs] == [photos / "b.jpg"]
        assert [job.photo for job in watcher.waiting] == [photos / "a.jpg"]
        (masks / "a_mask.png").unlink()
        watcher.complete()
        assert [job.photo for job in watcher.complete().jobs] == [photos / "a.jpg"]

    def test_a_photo_that_would_replace_anothers_result_waits(self, tmp_path: Path) -> None:
        selection = Selection(photos=(tmp_path,), suffix=".png", suffixes=frozenset({".jpg", ".png"}))
        watcher = Watcher(selection, settle=0.0)
        (tmp_path / "a.png").write_bytes(b"x")
        watcher.complete()
        assert [job.photo.name for job in watcher.complete().jobs] == ["a.png"]
        (tmp_path / "a.jpg").write_bytes(b"x")
        assert [plan.jobs for plan in (watcher.complete(), watcher.complete())] == [(), ()]
        assert [job.photo.name for job in watcher.waiting] == ["a.jpg"]
        (tmp_path / "a.png").unlink()
        assert watcher.complete().jobs == ()
        assert [job.photo.name for job in watcher.complete().jobs] == ["a.jpg"]
        assert watcher.waiting == () and watcher.complete().jobs == ()

    def test_files_that_are_no_photos_are_told_once_however_many_come(self, tmp_path: Path) -> None:
        watcher = Watcher(Selection(photos=(tmp_path,), suffixes=frozenset({".jpg"})), settle=0.0)
        (tmp_path / "a.raw").touch()
        note = f"{tmp_path}: files of no format that is read are left out (1 .raw)"
        assert watcher.complete().notes == (note,)
        (tmp_path / "b.raw").touch()
        assert watcher.complete().notes == ()

    def test_a_folder_that_is_gone_may_come_back(self, tmp_path: Path) -> None:
        photos, masks, watcher = watched_with_masks(tmp_path)
        watcher.complete()
        photos.rename(tmp_path / "away")
        note = f"waiting for it to come back: {photos}"
        assert [watcher.complete().notes for _ in range(2)] == [(note,), ()]
        (tmp_path / "away").rename(photos)
        (photos / "a.jpg").write_bytes(b"x")
        (masks / "a.png").write_bytes(b"x")
        watcher.complete()
        assert len(watcher.complete().jobs) == 1

    def test_of_two_folders_the_one_that_stays_is_watched_and_each_loss_is_told(self, tmp_path: Path) -> None:
        stays, goes = tmp_path / "stays", tmp_path / "goes"
        stays.mkdir(), goes.mkdir()
        selection = Selection(photos=(stays, goes), suffixes=frozenset({".jpg"}))
        watcher = Watcher(selection, settle=0.0)
        watcher.complete()
        note = f"waiting for it to come back: {goes}"
        for photo in ("a.jpg", "b.jpg"):
            goes.rmdir()
            (stays / photo).write_bytes(b"x")
            assert watcher.complete().notes == (note,)
            plan = watcher.complete()
            assert [job.photo for job in plan.jobs] == [stays / photo]
            assert plan.notes == ()
            goes.mkdir()
            assert watcher.complete().notes == ()

    def test_a_folder_that_was_never_there_is_wrong_usage(self, tmp_path: Path) -> None:
        watcher = Watcher(Selection(photos=(tmp_path / "no",), suffixes=frozenset({".jpg"})))
        with pytest.raises(UsageError, match="no such file or folder"):
            watcher.complete()

    def test_a_folder_that_cannot_be_read_is_told_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def scandir(folder: str) -> object:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("inpaint_cli.batch.walk.os.scandir", scandir)
        watcher = Watcher(Selection(photos=(tmp_path,), suffixes=frozenset({".jpg"})))
        problem = (str(tmp_path), "the folder can't be listed (Permission denied)")
        assert [watcher.complete().problems for _ in range(3)] == [(problem,), (), ()]


def test_the_longer_a_look_takes_the_seldomer_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginnings_and_ends = iter([0.0, 0.01, 10.0, 13.0, 30.0, 31.0])  # looks of 0.01, 3 and 1 seconds
    monkeypatch.setattr(
        "inpaint_cli.batch.watch.time", SimpleNamespace(monotonic=beginnings_and_ends.__next__)
    )
    watcher = Watcher(Selection(photos=(tmp_path,), suffixes=frozenset({".jpg"})), least_pause=0.5)
    pauses = []
    for _ in range(3):
        watcher.complete()
        pauses.append(watcher.pause)
    assert pauses == [0.5, 15.0, 5.0]
