"""`make bench`: what it builds, what it writes, and what it says when it can't. Times are never judged."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

for needed in ("matplotlib", "scipy", "skimage"):
    pytest.importorskip(needed, reason="`make bench` compares with the methods of the extra `train`")

from benchmarks.child import ChildFailed, run_child  # noqa: E402
from benchmarks.measures import Pairs, time_pairs  # noqa: E402
from benchmarks.methods import our_methods, white, yardstick  # noqa: E402
from benchmarks.photographs import enlarged, load_photos  # noqa: E402
from benchmarks.run import main  # noqa: E402
from benchmarks.thin_damage import thin_mask  # noqa: E402

ROOT = Path(__file__).parents[2]
TINY = ["--quick", "--kinds", "lines", "--methods", "ns", "--sizes", "0.01", "--damage", "2",
        "--damage-size", "0.01", "--jpeg-sizes", "0.01", "--rounds", "1"]  # fmt: skip


@pytest.fixture
def clean_photo(tmp_path):
    grain = np.random.default_rng(0).integers(0, 40, (48, 64, 3))
    photo = tmp_path / "clean" / "slope.png"
    photo.parent.mkdir()
    Image.fromarray((np.linspace(0, 200, 64)[None, :, None] + grain).astype(np.uint8)).save(photo)
    return photo


@pytest.mark.parametrize("file", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda file: file.stem)
def test_every_benchmark_says_what_it_measures(file):
    assert importlib.import_module(f"benchmarks.{file.stem}").__doc__


@pytest.mark.slow
def test_one_command_measures_quality_time_memory_and_growth(tmp_path, clean_photo, tiny_model, capsys):
    output = tmp_path / "results"
    assert main([str(clean_photo), "--models", str(tiny_model), "-o", str(output), *TINY]) == 0

    results = json.loads((output / "results.json").read_text())
    ours = f"model:{tiny_model}"
    assert results["photos"] == ["slope.png"]
    assert results["titles"] == {ours: "ours, grey", "ns": "Navier-Stokes"}
    [lines] = results["quality"]
    assert (lines["kind"], lines["photos"]) == ("lines", 1)
    assert [row["method"] for row in lines["methods"]] == [ours, "ns"]
    assert all(row["psnr"] > 0 and -1 <= row["ssim"] <= 1 and row["ratio"] > 0 for row in lines["methods"])
    for growth, damage in (("sizes", 0.005), ("damage", 0.02)):
        assert [row["method"] for row in results[growth]] == [ours, "ns"]
        for row in results[growth]:
            assert row["wanted_damage"] == damage
            assert abs(row["megapixels"] - 0.01) < 0.001
            assert row["seconds"] > 0 and row["ratio"] > 0 and row["peak_mb"] >= row["peak_before_mb"] > 10
    [jpeg] = results["jpeg"]
    assert jpeg["method"] == ours
    assert min(jpeg[name] for name in ("decode", "engine", "encode", "pillow", "ratio", "peak_mb")) > 0

    report = (output / "report.md").read_text()
    assert capsys.readouterr().out == report + "\n"
    assert [line for line in report.splitlines() if line.startswith("## ")] == [
        "## Quality: 1 photos, PSNR (dB) and SSIM in the hole",
        "## Time, OpenCV's Navier-Stokes = 1× (in brackets seconds a megapixel)",
        "## As the photo grows, 0.5 % thin damage: seconds (× Navier-Stokes)",
        "## As the photo grows, 0.5 % thin damage: peak memory in MB",
        "## As the damage grows, 0.01 MP: seconds (× Navier-Stokes)",
        "## As the damage grows, 0.01 MP: peak memory in MB",
        "## A JPEG with 0.5 % thin damage: the engine against decode and encode",
    ]
    for plot in ("quality-speed.png", "growth.png"):
        with Image.open(output / plot) as picture:
            assert picture.format == "PNG" and min(picture.size) > 300


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "nothing"], "no model is called 'nothing'"),
        (["--methods", "magic"], "no method 'magic'"),
        (["--kinds", "fire"], "no kind of damage 'fire'"),
        (["--sizes", "0"], "--sizes are megapixels"),
        (["--damage", "95"], "--damage is in per cent"),
        (["--rounds", "0"], "--rounds must be at least 1"),
    ],
)
def test_what_cant_be_measured_is_refused_in_one_line(tmp_path, tiny_model, arguments, message, capsys):
    known = ["--quick", "--models", str(tiny_model), "-o", str(tmp_path / "results")]
    assert main([*known, *arguments]) in (2, 4)
    assert message in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_a_folder_without_photos_is_nothing_to_do(tmp_path, tiny_model):
    assert main([str(tmp_path), "--models", str(tiny_model), "-o", str(tmp_path / "results"), *TINY]) == 3


def test_a_measurement_that_fails_says_so_and_the_others_go_on(tmp_path):
    with pytest.raises(ChildFailed, match="see its message above"):
        run_child("growth", {"photo": str(tmp_path / "missing.npy")}, timeout=60)


def test_a_models_path_may_be_relative_to_where_one_is(tiny_model, monkeypatch):
    monkeypatch.chdir(tiny_model.parent)
    assert our_methods([tiny_model.name]) == [f"model:{tiny_model}"]


def test_memory_is_that_of_the_process_and_not_of_its_parent():
    if not Path("/proc/self/status").is_file():
        pytest.skip("the kernel keeps no high-water mark of its own here")
    ballast = np.ones(400_000_000 // 8)
    peak = subprocess.run(
        [sys.executable, "-c", "from benchmarks.measures import peak_memory; print(peak_memory())"],
        stdout=subprocess.PIPE, check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    assert ballast.nbytes == 400_000_000
    assert 1 < float(peak) < 200


def test_the_ratio_is_the_median_of_the_pairs():
    pairs = Pairs(method=(2.0, 30.0, 4.0), yardstick=(1.0, 10.0, 1.0))
    assert (pairs.seconds, pairs.ratio) == (4.0, 3.0)


def test_method_and_yardstick_take_turns():
    turns = []
    time_pairs(lambda: turns.append("own"), lambda: turns.append("other"), rounds=3, budget=60)
    assert turns == ["own", "other"] * 3
    time_pairs(lambda: turns.append("once"), lambda: None, rounds=3, budget=0)
    assert turns.count("once") == 1


@pytest.mark.parametrize(
    ("share", "height", "width"), [(0.001, 300, 400), (0.005, 300, 400), (0.3, 200, 350)]
)
def test_thin_damage_covers_the_share_asked_for(share, height, width):
    mask = thin_mask(height, width, share, seed=1)
    assert mask.shape == (height, width)
    assert 0.95 * share < mask.mean() < 1.25 * share
    assert (mask == thin_mask(height, width, share, seed=1)).all()


def test_a_photo_grows_by_mirroring_itself():
    photo = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    large = enlarged(photo, 0.012)
    assert large.shape == (95, 126, 3)
    assert (large[:40, :50] == photo).all()
    assert (large[40:80, :50] == photo[::-1]).all()


def test_the_bundled_photos_are_undamaged_ones():
    assert {name: photo.shape for name, photo in load_photos([], side=64).items()} == {
        "astronaut": (64, 64, 3),
        "coffee": (64, 64, 3),
        "chelsea": (64, 64, 3),
    }


def test_the_yardstick_is_opencv_itself():
    cv2 = pytest.importorskip("cv2")
    photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    mask = np.zeros((30, 40), bool)
    mask[10:13, 5:30] = True
    expected = cv2.inpaint(photo, mask.astype(np.uint8) * 255, 3, cv2.INPAINT_NS)
    assert (yardstick(photo, white(mask)) == expected).all()
