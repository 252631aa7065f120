"""Which changes of this program's own files make other results of it, asked of copies in processes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inpaint_cli import __version__
from inpaint_cli.batch.digest import digest_of
from inpaint_cli.batch.own_code import backend_digest, code_digest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, without what Python and file managers leave in it."""
    ignore = shutil.ignore_patterns("__pycache__", ".*", "models")
    return Path(shutil.copytree(CHECKOUT / "inpaint_cli", tmp_path / "copy/inpaint_cli", ignore=ignore))


def digest_in(place: Path) -> str:
    code = "from inpaint_cli.batch.own_code import code_digest; print(code_digest().hex())"
    call = [sys.executable, "-c", code]
    # From a folder without the checkout, which would be imported first.
    ended = subprocess.run(
        call, cwd=place.parent, env={"PYTHONPATH": str(place)}, capture_output=True, text=True
    )
    assert not ended.stderr
    return ended.stdout.strip()


def test_every_process_and_every_copy_of_the_same_code_agree(copy: Path) -> None:
    assert digest_in(copy.parent) == digest_in(CHECKOUT) == code_digest().hex()


@pytest.mark.parametrize(
    "file",
    ["detection/piece_weights.json", "photos/png.py", "restoration/fill.py", "backends/onnx.py",
     "batch/damage.py", "depth.py"],
)  # fmt: skip
def test_code_and_weights_that_make_pixels_count(copy: Path, file: str) -> None:
    with (copy / file).open("a") as changed:
        changed.write("\n")
    assert digest_in(copy.parent) != code_digest().hex()


def test_commands_reports_and_what_is_left_beside_the_code_do_not_count(copy: Path) -> None:
    for file in ("cli/main.py", "batch/page_style.css", "photos/.png.py.swp", ".DS_Store"):
        with (copy / file).open("a") as changed:
            changed.write("\n")
    assert digest_in(copy.parent) == code_digest().hex()


def test_where_the_code_lies_in_a_zip_its_version_stands_for_it(copy: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "copy"), "zip", copy.parent)
    assert digest_in(Path(archive)) == digest_of(__version__.encode()).hex()


def test_the_code_of_the_networks_counts_where_torch_runs_it() -> None:
    assert backend_digest("onnx") == digest_of(b"onnx", b"")
    assert backend_digest("torch") != digest_of(b"torch", b"")
