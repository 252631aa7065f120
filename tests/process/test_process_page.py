"""`--html`: what the run tells its picture report, and what is left where that can't be written."""

import json
import re
import signal
from pathlib import Path

import pytest


def pictures_in(page: Path) -> list[dict]:
    blocks = re.findall(r'<script type="application/json" id="pictures-\d+">(.*?)</script>', page.read_text())
    return [json.loads(block) for block in blocks]


@pytest.mark.parametrize(("flags", "compared"), [((), False), (("--mask-mode", "union"), True)])
def test_of_a_photo_that_is_up_to_date_a_mask_that_is_not_all_is_not_pictured_as_if_it_were(
    archive, restore, flags: tuple[str, ...], compared: bool
) -> None:
    root = archive("a.png")
    command = ("photos", "--mask-dir", "masks", *flags)
    restore(*command)
    assert restore(*command, "--html", "run.html").lines[0]["status"] == "skipped"
    assert [pictures["compared"] for pictures in pictures_in(root / "run.html")] == [compared]


NOTE = "It was interrupted."


def test_a_run_that_was_interrupted_says_so_in_its_page(archive, hold_restore) -> None:
    root = archive("a.png", "b.png")
    held = hold_restore("photos", "--mask-dir", "masks", "--jobs", "1", "--html", "run.html")
    held.process.send_signal(signal.SIGINT)
    assert b"finishing the photos in hand" in held.process.stderr.readline()
    held.let_go()
    held.process.communicate(timeout=60)
    assert held.process.returncode == 130
    page = (root / "run.html").read_text()
    assert NOTE in page and "a.png" in page and "b.png" not in page


def test_a_run_that_went_through_does_not_say_that_it_was_interrupted(archive, restore) -> None:
    root = archive("a.png")
    restore("photos", "--mask-dir", "masks", "--html", "run.html")
    assert NOTE not in (root / "run.html").read_text()


def test_a_page_that_cannot_be_written_in_the_end_costs_neither_photos_nor_summary(
    archive, hold_restore
) -> None:
    root = archive("a.png")
    held = hold_restore("photos", "--mask-dir", "masks", "-o", "out", "--html", "run.html")
    (root / "run.html").mkdir()
    held.let_go()
    stdout, stderr = held.process.communicate(timeout=60)
    lost, summary = stderr.decode().splitlines()
    assert lost.startswith("--html run.html: can't be written: ")
    assert summary.startswith("1 restored in ") and summary.endswith(" -> out")
    assert held.process.returncode == 1
    assert json.loads(stdout)["status"] == "restored" and (root / "out/a.png").exists()
