"""A few of the inputs of `python -m benchmarks.fuzz`, and every one that it ever found something with."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz_masks, fuzz_photos
from benchmarks.fuzz_pictures import masks

FOUND = Path(__file__).parent / "found"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def fuzz_models():
    for needed in ("onnx", "safetensors", "torch"):
        pytest.importorskip(needed, reason="models to mutate are made by the extra `train`")
    from benchmarks import fuzz_models

    return fuzz_models


def test_every_kind_of_mask_is_sound_before_it_is_mutated() -> None:
    assert {name: fuzz_masks.target(data) for name, data in masks().items()} == {
        **dict.fromkeys(masks(), "restored"),
        "tiff-pages": "MaskError",  # two pages, the photo has one
    }


@pytest.mark.parametrize("number", range(0, 300, 50))
def test_mutated_masks_give_an_error_of_ours_or_a_photo(number: int) -> None:
    for each in range(number, number + 50):
        assert fuzz_masks.target(fuzz_masks.make(each)[1]) in ("restored", "MaskError", "PhotoError")


def test_every_kind_of_model_restores_before_it_is_mutated(fuzz_models) -> None:
    assert {fuzz_models.target(data) for data in fuzz_models.seeds().values()} == {"restored"}


@pytest.mark.parametrize("number", range(0, 100, 25))
def test_mutated_models_give_an_error_of_ours_or_a_photo(fuzz_models, number: int) -> None:
    for each in range(number, number + 25):
        assert fuzz_models.target(fuzz_models.make(each)[1]) in ("restored", "ModelError")


@pytest.mark.parametrize("file", sorted(FOUND.glob("*.bin")), ids=lambda file: file.stem)
def test_what_was_found_is_an_error_of_ours_now(fuzz_models, file: Path) -> None:
    subject = {"photos": fuzz_photos, "masks": fuzz_masks, "models": fuzz_models}[file.stem.split("-")[0]]
    assert subject.target(file.read_bytes()) in (
        "PhotoError",
        "MaskError",
        "ModelError",
        "restored, converted",
    )


def test_the_command_sums_up_and_keeps_what_it_finds(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz", "photos", "--inputs", "30", "--failures", tmp_path],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("30 photos in ")
    assert ended.stdout.endswith(", 0 found\n")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_is_found_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks/fuzz.py", tmp_path / "benchmarks")
    (tmp_path / "benchmarks/fuzz_photos.py").write_text(
        "import os\n"
        "def make(number): return 'seed', b'input %d' % number\n"
        "def target(data): return os.abort() if data == b'input 1' else 'read'\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz", "photos", "--inputs", "3", "--failures", "failures"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "       2 read\n       1 FOUND a dead process (SIGABRT)\n3 photos in " in ended.stdout
    assert (tmp_path / "failures/photos-1-seed.bin").read_bytes() == b"input 1"
