"""Files that are put in their place whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inpaint_cli.replacing import replacing, sweep


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("raised", [KeyboardInterrupt, OSError, ValueError])
def test_an_interruption_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, raised: type[BaseException]
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with pytest.raises(raised), replacing(path) as file:
        file.write(b"new")
        raise raised
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.png"]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    path.chmod(0o640)
    with replacing(path) as file:
        file.write(b"new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="not replaced"), replacing(tmp_path / "folder"):
        pass


def test_leftovers_of_killed_runs_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".inpaint-x1.part").touch()
    others = [".inpaint-cli.journal", "a.jpg", "a.part"]
    for name in others:
        (tmp_path / name).touch()
    sweep([tmp_path, tmp_path / "not-there"])
    assert names(tmp_path) == others


def test_a_leftover_that_can_not_be_opened_keeps_no_other(tmp_path: Path) -> None:
    for name in (".inpaint-a.part", ".inpaint-c.part"):
        (tmp_path / name).symlink_to("nowhere")
    (tmp_path / ".inpaint-b.part").touch()
    sweep([tmp_path])
    assert names(tmp_path) == [".inpaint-a.part", ".inpaint-c.part"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed on Linux only")
def test_where_there_are_no_locks_no_file_is_open_when_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows asks for."""
    rename, still_open = Path.replace, []

    def look_and_rename(temporary: Path, target: Path) -> Path:
        handles = Path("/proc/self/fd").iterdir()
        still_open.extend(handle for handle in handles if handle.resolve() == temporary)
        return rename(temporary, target)

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(Path, "replace", look_and_rename)
    with replacing(tmp_path / "a.png") as file:
        file.write(b"new")
    assert (tmp_path / "a.png").read_bytes() == b"new"
    assert still_open == []


def test_a_file_that_is_being_written_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with replacing(path) as file:
        file.write(b"new")
        sweep([tmp_path])
    assert path.read_bytes() == b"new"


def test_a_file_that_another_run_sweeps_away_before_it_is_locked_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, swept = tempfile.mkstemp, []

    def make_and_sweep(**where: object) -> tuple[int, str]:
        made = make(**where)
        if not swept:
            swept.append(made[1])
            sweep([tmp_path])
        return made

    monkeypatch.setattr(tempfile, "mkstemp", make_and_sweep)
    with replacing(tmp_path / "a.png") as file:
        file.write(b"new")
    assert (tmp_path / "a.png").read_bytes() == b"new"
    assert names(tmp_path) == ["a.png"] and len(swept) == 1


def test_a_file_that_another_run_is_about_to_sweep_away_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    make, held = tempfile.mkstemp, []

    def make_and_hold(**where: object) -> tuple[int, str]:
        made = make(**where)
        if not held:
            held.append(os.open(made[1], os.O_RDONLY))
            fcntl.flock(held[0], fcntl.LOCK_EX)
        return made

    monkeypatch.setattr(tempfile, "mkstemp", make_and_hold)
    with replacing(tmp_path / "a.png") as file:
        file.write(b"new")
    assert os.fstat(held[0]).st_size == 0
    os.close(held[0])
    sweep([tmp_path])
    assert names(tmp_path) == ["a.png"]


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask that takes everything from others, and writing from the group."""
    old = os.umask(0o027)
    yield 0o027
    os.umask(old)


@pytest.mark.parametrize(("mode", "given"), [(None, 0o640), (0o600, 0o600), (0o777, 0o640), (0o444, 0o440)])
def test_a_new_file_may_be_read_by_whom_its_mode_says_less_the_umask(
    tmp_path: Path, umask: int, mode: int | None, given: int
) -> None:
    with replacing(tmp_path / "a.png", mode=mode) as file:
        file.write(b"new")
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == given


def test_a_replaced_file_keeps_its_permissions_whatever_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    path.chmod(0o640)
    with replacing(path, mode=0o600) as file:
        file.write(b"new")
    assert path.stat().st_mode & 0o777 == 0o640
