import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint_cli.backends.cores import quota_cores
from inpaint_cli.batch.cores import share_cores
from inpaint_cli.batch.damage import resized
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.photo_size import photo_size
from inpaint_cli.batch.plan import Selection
from inpaint_cli.batch.reports import MOST_LISTED, Tally
from inpaint_cli.batch.watch import Watcher
from inpaint_cli.errors import ExitCode, UsageError
from inpaint_cli.printable import printable


def outcome(name: str = "a.jpg", status: str = "restored", **changes: object) -> Outcome:
    return Outcome(photo=Path(name), output=Path("o") / name, status=status, **changes)


class TestLines:
    def test_a_line_has_every_key(self) -> None:
        line = json.loads(outcome(coverage=0.25, seconds=1.5).to_json())
        assert list(line) == [
            "photo", "output", "status", "reason", "coverage", "mask", "mask_source", "model", "quality",
            "backend", "device", "seconds", "seconds_read", "seconds_write", "changed",
        ]  # fmt: skip
        assert line["coverage"] == 0.25 and line["seconds"] == 1.5

    def test_names_that_are_not_utf8_survive_json(self) -> None:
        name = os.fsdecode(b"caf\xe9.jpg")
        line = outcome(name).to_json()
        assert line.isascii()
        assert os.fsencode(json.loads(line)["photo"]) == b"caf\xe9.jpg"

    def test_outcomes_can_be_sent_to_other_processes(self) -> None:
        assert pickle.loads(pickle.dumps(outcome())) == outcome()

    def test_a_name_cannot_fake_a_line_or_move_the_cursor(self) -> None:
        assert printable("a\nfailed: b\x1b[2J.jpg") == "a\\nfailed: b\\x1b[2J.jpg"


class TestSummary:
    def test_failures_are_listed_again(self) -> None:
        tally = Tally()
        tally.add(outcome())
        tally.add(outcome("b.jpg", "failed", reason="it is empty"))
        assert tally.lines(1.0, ["o"]) == [
            "1 of 2 photos failed; here they are again:",
            "failed: b.jpg: it is empty",
            "1 restored, 1 failed in 1.0 s -> o",
        ]
        assert tally.exit_code == ExitCode.SOME_FAILED

    def test_a_single_failure_is_not_listed_again_and_no_place_is_named(self) -> None:
        tally = Tally()
        tally.add(outcome("b.jpg", "failed", reason="it is empty"))
        assert tally.lines(1.0, ["o"]) == ["1 failed in 1.0 s"]

    def test_a_photo_without_damage_has_a_mask_in_its_place(self) -> None:
        tally = Tally()
        tally.add(outcome("b.jpg", "clean"))
        assert tally.lines(1.0, ["o"]) == ["1 clean in 1.0 s -> o"]

    def test_what_was_not_done_is_counted(self) -> None:
        tally = Tally()
        assert tally.lines(1.0, planned=2) == ["2 not done in 1.0 s"]
        tally.add(outcome())
        assert tally.lines(1.0, planned=3) == ["1 restored, 2 not done in 1.0 s"]
        assert tally.lines(1.0, planned=1) == ["1 restored in 1.0 s"]

    def test_many_failures_take_no_more_memory(self) -> None:
        tally = Tally()
        for number in range(MOST_LISTED + 7):
            tally.add(outcome(f"{number}.jpg", "failed"))
        assert len(tally.failures) == MOST_LISTED
        assert "failed: 7 more, see --report" in tally.lines(1.0)

    def test_the_last_outcome_of_a_photo_counts(self) -> None:
        tally = Tally()
        for status in ("failed", "failed", "restored"):
            tally.add(outcome("a.jpg", status))
        assert tally.lines(1.0) == ["1 restored in 1.0 s"]
        assert tally.exit_code is ExitCode.OK

    def test_the_last_outcome_counts_also_of_one_among_many_failures(self) -> None:
        tally = Tally()
        for status in ("failed", "restored"):
            for number in range(MOST_LISTED + 7):
                tally.add(outcome(f"{number}.jpg", status))
        assert tally.lines(1.0) == [f"{MOST_LISTED + 7} restored in 1.0 s"]

    def test_a_photo_that_was_asked_for_twice_fails_for_one_of_its_outputs(self) -> None:
        tally = Tally()
        tally.add(replace(outcome("a.jpg", "failed", reason="no mask for it"), output=Path("o/sub/a.jpg")))
        tally.add(outcome("a.jpg"))
        assert tally.lines(1.0)[-1] == "1 restored, 1 failed in 1.0 s"
        assert tally.exit_code is ExitCode.SOME_FAILED


class TestCores:
    @pytest.fixture(autouse=True)
    def _four_cores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for home in ("inpaint_cli.batch.cores", "inpaint_cli.backends.cores"):
            monkeypatch.setattr(f"{home}.free_cores", lambda: 4)
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def test_a_single_photo_has_all_cores_for_its_network(self) -> None:
        share = share_cores(1)
        assert (share.jobs, share.threads) == (1, 4)

    def test_there_are_as_many_jobs_as_cores(self) -> None:
        assert share_cores(100).jobs == 4
        assert share_cores(100, jobs=9).jobs == 9
        assert share_cores(2, jobs=9).jobs == 2
        assert share_cores(0).jobs == 1

    @pytest.mark.parametrize(("value", "threads"), [("2", 2), ("1,1", 1), ("99", 4), ("no", 4), ("0", 4)])
    def test_omp_num_threads_is_honoured(
        self, monkeypatch: pytest.MonkeyPatch, value: str, threads: int
    ) -> None:
        monkeypatch.setenv("OMP_NUM_THREADS", value)
        assert share_cores(100).threads == threads

    @pytest.mark.parametrize(
        ("text", "cores"), [("max 100000", None), ("250000 100000", 2), ("50000 100000", 1), ("", None)]
    )
    def test_a_containers_quota_is_honoured(self, tmp_path: Path, text: str, cores: int | None) -> None:
        (tmp_path / "cpu.max").write_text(text)
        assert quota_cores(tmp_path / "cpu.max") == cores


class TestResizedMask:
    def test_a_line_survives_being_made_smaller(self) -> None:
        mask = np.zeros((100, 100), np.bool_)
        mask[37] = True
        assert resized(mask, (10, 10))[3].all()
        assert resized(mask, (10, 10)).sum() == 10

    def test_each_pixel_becomes_a_square_when_made_larger(self) -> None:
        mask = np.array([[True, False], [False, False]])
        assert (resized(mask, (4, 6)) == np.kron(mask, np.ones((2, 3), np.bool_))).all()


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

    def test_a_folder_that_is_gone_may_come_back(self, tmp_path: Path) -> None:
        photos, masks, watcher = watched_with_masks(tmp_path)
        watcher.complete()
        photos.rename(tmp_path / "away")
        note = f"waiting for it to come back: {photos}: there is no such file or folder"
        assert [watcher.complete().notes for _ in range(2)] == [(note,), ()]
        (tmp_path / "away").rename(photos)
        (photos / "a.jpg").write_bytes(b"x")
        (masks / "a.png").write_bytes(b"x")
        watcher.complete()
        assert len(watcher.complete().jobs) == 1

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


def test_a_photos_size_is_read_from_its_header(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no photo")
    assert photo_size(tmp_path / "a.png") == 600
    assert photo_size(tmp_path / "b.png") is None
