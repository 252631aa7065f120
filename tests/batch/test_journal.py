import multiprocessing
import os
from pathlib import Path

import pytest

from inpaint_cli.batch.digest import digest_of
from inpaint_cli.batch.journal import JOURNAL_NAME, Journal
from inpaint_cli.errors import PhotoError

INPUTS, RESULT, OTHER = digest_of(b"inputs"), digest_of(b"result"), digest_of(b"other")


def test_a_fact_is_known_to_the_next_run(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.record(INPUTS, RESULT)
    again = Journal.open(tmp_path)
    assert again.result_of(INPUTS) == RESULT
    assert again.result_of(OTHER) is None
    assert again.wrote(RESULT) and not again.wrote(OTHER)


def test_an_earlier_result_of_the_same_inputs_stays_one_that_was_written(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.record(INPUTS, RESULT)
    journal.record(INPUTS, OTHER)
    for each in (journal, Journal.open(tmp_path)):
        assert each.result_of(INPUTS) == OTHER
        assert each.wrote(RESULT) and each.wrote(OTHER)


def test_the_file_is_plain_text_with_a_line_for_each_fact(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.record(INPUTS, RESULT)
    journal.record(INPUTS, RESULT)
    header, *lines = (tmp_path / JOURNAL_NAME).read_text().splitlines()
    assert header.startswith("# inpaint-cli")
    assert lines == [f"{INPUTS.hex()} {RESULT.hex()}"]


def test_the_photos_that_a_result_was_made_of_are_known_to_the_next_run(tmp_path: Path) -> None:
    photos = [Path("/day 1/a\n.jpg"), Path("/day 2/ä.jpg")]
    journal = Journal.open(tmp_path)
    for photo in (*photos, *photos):  # of the same content
        journal.record(INPUTS, RESULT, photo)
    assert len((tmp_path / JOURNAL_NAME).read_text().splitlines()) == 1 + 2
    for each in (journal, Journal.open(tmp_path)):
        assert each.photos_of(RESULT) == photos
        assert each.photos_of(OTHER) == []


def test_a_run_may_write_into_more_folders_than_files_can_be_open(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    folders = [tmp_path / str(number) for number in range(100)]
    for folder in folders:
        folder.mkdir()
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        for journal in [Journal.open(folder) for folder in folders]:
            journal.record(INPUTS, RESULT)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    assert all(Journal.open(folder).result_of(INPUTS) == RESULT for folder in folders)


def test_a_folder_that_was_moved_away_and_made_anew_gets_a_journal_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    journal = Journal.open(tmp_path / "out")
    journal.record(INPUTS, RESULT)
    (tmp_path / "out").rename(tmp_path / "monday")
    (tmp_path / "out").mkdir()
    journal.record(OTHER, RESULT)
    journal.record(INPUTS, RESULT)
    assert Journal.open(tmp_path / "out").result_of(OTHER) == RESULT
    assert Journal.open(tmp_path / "monday").result_of(OTHER) is None
    (tmp_path / "out").rename(tmp_path / "tuesday")
    (tmp_path / "out").mkdir()
    journal.record(INPUTS, RESULT)
    assert Journal.open(tmp_path / "out").result_of(INPUTS) == RESULT


def test_a_file_that_was_made_anew_is_known_by_its_size_where_it_has_the_number_of_the_old_one(
    tmp_path: Path,
) -> None:
    journal = Journal.open(tmp_path)
    journal.record(INPUTS, RESULT)
    (tmp_path / JOURNAL_NAME).write_bytes(b"# shorter\n")
    journal.record(INPUTS, RESULT)
    assert Journal.open(tmp_path).result_of(INPUTS) == RESULT


def test_a_torn_line_is_skipped_and_the_next_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / JOURNAL_NAME).write_text(f"{OTHER.hex()} {RESULT.hex()}\n{INPUTS.hex()} {RESULT.hex()[:9]}")
    journal = Journal.open(tmp_path)
    assert journal.result_of(OTHER) == RESULT and journal.result_of(INPUTS) is None
    journal.record(INPUTS, OTHER)
    assert Journal.open(tmp_path).result_of(INPUTS) == OTHER


@pytest.mark.parametrize("content", [b"", b"\0\xff" * 99, b"x" * 65 + b"\n", b"\n\n\n", b"zz " * 1000])
def test_rubbish_is_no_fact_and_no_failure(tmp_path: Path, content: bytes) -> None:
    (tmp_path / JOURNAL_NAME).write_bytes(content)
    journal = Journal.open(tmp_path)
    assert journal.result_of(INPUTS) is None
    journal.record(INPUTS, RESULT)
    assert Journal.open(tmp_path).result_of(INPUTS) == RESULT


def test_what_another_run_has_written_meanwhile_is_known_with_its_photos(tmp_path: Path) -> None:
    mine, others = Journal.open(tmp_path), Journal.open(tmp_path)
    assert not mine.wrote(RESULT) and mine.photos_of(RESULT) == []
    others.record(INPUTS, RESULT, Path("/a.jpg"))
    mine.record(INPUTS, OTHER, Path("/b.jpg"))
    assert mine.wrote(RESULT) and mine.photos_of(RESULT) == [Path("/a.jpg")]
    assert others.wrote(OTHER) and others.photos_of(OTHER) == [Path("/b.jpg")]


def test_a_line_that_another_run_is_writing_is_known_once_it_is_whole(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    line = f"{INPUTS.hex()} {RESULT.hex()} /a.jpg\n".encode()
    with (tmp_path / JOURNAL_NAME).open("ab", buffering=0) as file:
        file.write(line[:-3])
        assert not journal.wrote(RESULT)
        file.write(line[-3:])
    assert journal.wrote(RESULT)


def _record_many(folder: Path, writer: int) -> None:
    journal = Journal.open(folder)
    for number in range(300):
        journal.record(digest_of(b"%d %d" % (writer, number)), digest_of(b"%d" % number))


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(_record_many, [(tmp_path, 0), (tmp_path, 1)])
    journal = Journal.open(tmp_path)
    facts = [(writer, number) for writer in (0, 1) for number in range(300)]
    assert all(journal.result_of(digest_of(b"%d %d" % fact)) == digest_of(b"%d" % fact[1]) for fact in facts)


def test_a_journal_that_cannot_be_read_keeps_no_handle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> bytes:
        raise OSError(5, "Input/output error")

    open_before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(PhotoError, match=r"the journal can't be used \(Input/output error\)"):
        Journal.open(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_a_journal_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / JOURNAL_NAME).symlink_to("precious")
    with pytest.raises(PhotoError, match="journal"):
        Journal.open(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.open(tmp_path)
    monkeypatch.setattr(os, "write", lambda handle, data: len(data) // 2)
    with pytest.raises(PhotoError, match="disk may be full"):
        journal.record(INPUTS, RESULT)
    monkeypatch.undo()
    journal.record(OTHER, RESULT)
    assert Journal.open(tmp_path).result_of(OTHER) == RESULT
