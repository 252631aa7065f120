"""The picture report as a file; tests/process/test_page_in_chromium.py opens it in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_samples import failed, restored, save

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.page import PageWriter
from inpaint_cli.batch.page_document import displayed, duration
from inpaint_cli.errors import PhotoError, UsageError

NOON = datetime(2026, 11, 1, 12, 0)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Reader(HTMLParser):
    """Elements of a page as a browser sees them, with the text of each script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open, data))


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text("utf-8"))
    return reader


def block_of(path: Path, name: str) -> Any:
    block = f'<script type="application/json" id="{name}">(.*?)</script>'
    found = re.search(block, path.read_text("utf-8"), re.DOTALL)
    return None if found is None else json.loads(found[1])


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = block_of(path, "rows")
    return rows


def write(path: Path, outcomes: Sequence[Outcome]) -> Path:
    with PageWriter(path) as page:
        for outcome in outcomes:
            page.add(outcome)
        page.finish(seconds=2.0, written=NOON)
    return path


def test_every_outcome_is_a_row_in_the_order_of_arrival(tmp_path: Path) -> None:
    first, second = restored(tmp_path), failed("gone.jpg", "is empty")
    one, other = rows_of(write(tmp_path / "r.html", [first, second]))
    assert one["photo"] == str(first.photo)
    assert [one[key] for key in ("status", "coverage", "model")] == ["restored", 0.25, "photo"]
    assert one["seconds"] == 1.5 and one["pictured"]
    assert [other[key] for key in ("status", "reason", "coverage")] == ["failed", "is empty", None]
    assert not other["pictured"]


def test_the_top_counts_outcomes_and_names_model_time_and_version(tmp_path: Path) -> None:
    path = write(tmp_path / "r.html", [restored(tmp_path), failed("x.jpg"), failed("y.jpg")])
    texts = [text for _, text in read(path).texts]
    assert "3 photos: 1 restored, 2 failed" in texts
    assert {"photo (onnx, cpu)", "2.0 s", "667 ms", "2026-11-01 12:00"} <= set(texts)


def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "r.html", [])
    assert rows_of(path) == []
    assert "No photos" in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.jpg", "</script><script>alert(1)</script>"])
def test_a_name_that_looks_like_markup_stays_a_name(tmp_path: Path, name: str) -> None:
    plain_page = read(write(tmp_path / "plain.html", [failed("folder/plain.jpg")]))
    path = write(tmp_path / "r.html", [failed(Path("folder") / name, reason=name)])
    assert [tag for tag, _ in read(path).elements] == [tag for tag, _ in plain_page.elements]
    assert rows_of(path)[0]["reason"] == name


def test_a_folder_that_looks_like_markup_stays_a_folder(tmp_path: Path) -> None:
    plain_page = read(write(tmp_path / "plain.html", [failed("folder/a.jpg")]))
    page = read(write(tmp_path / "r.html", [failed('"><b>/a.jpg')]))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain_page.elements]


def test_a_name_that_is_not_utf8_is_shown_and_linked_byte_by_byte(tmp_path: Path) -> None:
    (row,) = rows_of(write(tmp_path / "r.html", [failed(tmp_path / os.fsdecode(b"gr\xfcn.jpg"))]))
    assert row["photo"].endswith("gr\\xfcn.jpg")
    assert row["photoLink"] == "./gr%FCn.jpg"


def test_characters_that_turn_text_around_are_written_out() -> None:
    assert displayed("a\u202egpj.exe\n") == "a\\u202egpj.exe\\n"


def test_a_link_is_only_ever_a_path(tmp_path: Path) -> None:
    photo = tmp_path / "javascript:alert(1)?#.jpg"
    (row,) = rows_of(write(tmp_path / "deep" / "r.html", [failed(photo)]))
    assert row["photoLink"] == "./../javascript%3Aalert%281%29%3F%23.jpg"


def test_the_page_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "r.html", [restored(tmp_path)])
    assert not re.findall(r"https?://|url\(|@import|\bfetch\(|XMLHttpRequest", path.read_text("utf-8"))
    for _, attributes in read(path).elements:
        assert not {"src", "srcset", "action", "style", "onclick", "onload"} & set(attributes)
        assert attributes.get("href", "data:,") == "data:,"


def test_only_our_own_style_and_script_may_run(tmp_path: Path) -> None:
    page = read(write(tmp_path / "r.html", [restored(tmp_path)]))
    policy = next(a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
    assert policy is not None and policy.startswith("default-src 'none';")
    style = next(text for tag, text in page.texts if tag == "style")
    script = next(text for tag, text in page.texts if tag == "script" and "use strict" in text)
    for kind, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_a_photo_that_is_restored_again_is_shown_once_as_it_is_now(tmp_path: Path) -> None:
    first, other = restored(tmp_path, "a.png", (20, 30)), restored(tmp_path, "b.png", (20, 50))
    late = restored(tmp_path, "c.png", status="failed", reason="is empty")
    path = tmp_path / "r.html"
    with PageWriter(path) as page:
        for outcome in (first, other, late):
            page.add(outcome)
        page.add(restored(tmp_path, "a.png", (20, 40)))
        page.add(restored(tmp_path, "c.png", (20, 60)))
        page.finish(seconds=1.0)
    assert [Path(row["photo"]).name for row in rows_of(path)] == ["b.png", "a.png", "c.png"]
    widths = [block_of(path, f"pictures-{number}")["whole"]["pixels"][0] for number in range(3)]
    assert widths == [50, 40, 60] and block_of(path, "pictures-3") is None
    assert "3 photos restored" in [text for _, text in read(path).texts]


def test_of_a_photo_that_is_restored_again_after_the_room_for_pictures_none_are_left(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    with PageWriter(path, most_picture_bytes=1) as page:
        page.add(restored(tmp_path, "a.png"))
        page.add(restored(tmp_path, "a.png"))
        page.finish(seconds=1.0)
    assert [row["pictured"] for row in rows_of(path)] == [False]
    assert "Pictures of the first 0 photos only" in path.read_text("utf-8")


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    outcomes = [restored(tmp_path), failed("x.jpg")]
    one, other = write(tmp_path / "a.html", outcomes), write(tmp_path / "b.html", outcomes)
    assert one.read_bytes() == other.read_bytes()


def test_pictures_belong_to_the_row_of_their_number_whichever_thread_adds_them(tmp_path: Path) -> None:
    outcomes = [restored(tmp_path, f"{width}.png", (20, width)) for width in range(20, 60)]
    path = tmp_path / "r.html"
    with PageWriter(path) as page:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(page.add, outcomes))
        page.finish(seconds=1.0)
    rows = rows_of(path)
    assert len(rows) == 40
    for number, row in enumerate(rows):
        width = block_of(path, f"pictures-{number}")["whole"]["pixels"][0]
        assert Path(row["photo"]).name == f"{width}.png"


def test_photos_after_the_room_for_pictures_are_rows_without(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    with PageWriter(path, most_picture_bytes=1) as page:
        page.add(restored(tmp_path, "a.png"))
        page.add(restored(tmp_path, "b.png"))
        page.finish(seconds=1.0)
    assert [row["pictured"] for row in rows_of(path)] == [True, False]
    assert "Pictures of the first 1 photos only" in path.read_text("utf-8")


def test_memory_hardly_grows_with_the_outcomes(tmp_path: Path) -> None:
    with PageWriter(tmp_path / "r.html") as page:
        page.add(failed(tmp_path / "not-there.jpg"))
        tracemalloc.start()
        for number in range(2000):
            page.add(failed(tmp_path / f"{number}.jpg", "x" * 1000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        page.finish(seconds=1.0)
    assert peak < 500_000 < (tmp_path / "r.html").stat().st_size


def test_a_bug_in_picturing_one_photo_is_noted_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    with PageWriter(path) as page:
        page.add(restored(tmp_path), masks=["not a mask"])  # type: ignore[list-item]
        page.finish(seconds=1.0)
    assert "Could not be pictured: " in path.read_text("utf-8")
    assert [row["pictured"] for row in rows_of(path)] == [False]


def test_notes_are_shown_at_the_top(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    with PageWriter(path) as page:
        page.finish(seconds=1.0, notes=["Interrupted: <3 photos> were not begun."])
    assert "Interrupted: &lt;3 photos&gt; were not begun." in path.read_text("utf-8")


# --- The file ---


def test_nothing_is_written_and_nothing_left_without_finish(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text("the last report")
    with pytest.raises(KeyboardInterrupt), PageWriter(path) as page:
        page.add(failed("x.jpg"))
        raise KeyboardInterrupt
    assert path.read_text() == "the last report"
    assert names_in(tmp_path) == ["r.html"]


def test_the_page_is_put_in_place_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "r.html"
    with PageWriter(path) as page:
        page.add(failed("x.jpg"))
        assert names_in(path.parent) == []
        page.finish(seconds=1.0)
    assert names_in(path.parent) == ["r.html"]
    assert path.read_bytes().endswith(b"</html>\n")


def test_a_page_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--html .*file/r\.html: can't be written there"):
        PageWriter(tmp_path / "file" / "r.html")
    with pytest.raises(UsageError, match="is a folder; name the file"):
        PageWriter(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_stops_no_photo_and_is_told_at_the_end(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, PageWriter(tmp_path / "r.html") as page:
        page._rows = full
        page.add(failed("x.jpg"))
        page.add(failed("y.jpg"))
        with pytest.raises(PhotoError, match=r"r\.html: can't be written: No space left"):
            page.finish(seconds=1.0)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0423, "42 ms"), (1.0, "1.0 s"), (59.94, "59.9 s"), (192.4, "3 min 12 s"), (7322, "2 h 2 min")],
)
def test_times_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no bytes in names")
def test_a_photo_with_any_bytes_as_its_name_is_pictured(tmp_path: Path) -> None:
    photo = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png"))
    save(photo, np.zeros((8, 8, 3)))
    (row,) = rows_of(write(tmp_path / "r.html", [Outcome(photo=photo, output=None, status="copied")]))
    assert row["pictured"]
