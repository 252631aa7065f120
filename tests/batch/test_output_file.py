"""What a person does at the place of an output, between a run's first look at it and its result."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from inpaint_cli.batch.digest import digest_of
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.output_file import OutputFile
from inpaint_cli.errors import PhotoError

OUTPUT = PurePath("a.png")
INPUTS = digest_of(b"photo, mask and settings")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """It knows that the result `ours` was made of the photo in.png."""
    (tmp_path / "in.png").write_bytes(b"photo")
    kept = Journal.open(tmp_path)
    output_file(tmp_path, kept).put(b"ours", digest_of(b"inputs of ours"), overwrite=False)
    (tmp_path / OUTPUT).unlink()
    return kept


def output_file(root: Path, journal: Journal) -> OutputFile:
    return OutputFile(root, OUTPUT, journal, photo=root / "in.png")


def looked_at(root: Path, journal: Journal) -> OutputFile:
    output = output_file(root, journal)
    assert not output.is_up_to_date(INPUTS)
    return output


@pytest.mark.parametrize("before", [None, b"ours"], ids=["nothing", "a result of ours"])
def test_a_file_that_was_saved_there_meanwhile_is_kept(
    tmp_path: Path, journal: Journal, before: bytes | None
) -> None:
    if before is not None:
        (tmp_path / OUTPUT).write_bytes(before)
    output = looked_at(tmp_path, journal)
    (tmp_path / OUTPUT).write_bytes(b"by hand")
    with pytest.raises(PhotoError, match=r"a\.png: was changed meanwhile; --overwrite replaces it$"):
        output.put(b"new", INPUTS, overwrite=False)
    assert (tmp_path / OUTPUT).read_bytes() == b"by hand"
    assert journal.result_of(INPUTS) is None


def test_a_file_that_was_saved_there_meanwhile_is_replaced_on_request(
    tmp_path: Path, journal: Journal
) -> None:
    output = looked_at(tmp_path, journal)
    (tmp_path / OUTPUT).write_bytes(b"by hand")
    assert output.put(b"new", INPUTS, overwrite=True)
    assert (tmp_path / OUTPUT).read_bytes() == b"new"


@pytest.mark.parametrize("result", [b"ours", b"new"], ids=["the same", "another"])
def test_a_result_that_vanished_meanwhile_is_written(tmp_path: Path, journal: Journal, result: bytes) -> None:
    (tmp_path / OUTPUT).write_bytes(b"ours")
    output = looked_at(tmp_path, journal)
    (tmp_path / OUTPUT).unlink()
    assert output.put(result, INPUTS, overwrite=False)
    assert (tmp_path / OUTPUT).read_bytes() == result


def test_a_result_that_another_run_wrote_meanwhile_is_there_already(tmp_path: Path, journal: Journal) -> None:
    output = looked_at(tmp_path, journal)
    output_file(tmp_path, Journal.open(tmp_path)).put(b"new", INPUTS, overwrite=False)
    assert not output.put(b"new", INPUTS, overwrite=False)
    assert journal.result_of(INPUTS) == digest_of(b"new")


def test_a_result_of_ours_is_withdrawn(tmp_path: Path, journal: Journal) -> None:
    (tmp_path / OUTPUT).write_bytes(b"ours")
    assert output_file(tmp_path, journal).withdraw()
    assert not (tmp_path / OUTPUT).exists()
    assert output_file(tmp_path, journal).withdraw()


def test_a_result_that_was_retouched_meanwhile_is_not_withdrawn(tmp_path: Path, journal: Journal) -> None:
    (tmp_path / OUTPUT).write_bytes(b"ours")
    output = looked_at(tmp_path, journal)
    (tmp_path / OUTPUT).write_bytes(b"by hand")
    assert not output.withdraw()
    assert (tmp_path / OUTPUT).read_bytes() == b"by hand"


def test_the_result_of_a_copy_of_this_photo_is_replaced_that_of_another_is_not(
    tmp_path: Path, journal: Journal
) -> None:
    (tmp_path / OUTPUT).write_bytes(b"ours")
    copy = tmp_path / "copy.png"
    output = OutputFile(tmp_path, OUTPUT, journal, photo=copy)
    copy.write_bytes(b"other")
    with pytest.raises(PhotoError, match=r"a\.png: is there already, made of .*in\.png; write into another"):
        output.put(b"new", INPUTS, overwrite=False)
    copy.write_bytes(b"photo")
    assert output.put(b"new", INPUTS, overwrite=False)
    assert (tmp_path / OUTPUT).read_bytes() == b"new"
