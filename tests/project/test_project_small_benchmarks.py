"""The small benchmarks that docs/speed.md names: they run. Times are never judged."""

import re
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("skimage", reason="cases are damaged as the extra `train` does it")

from benchmarks import found_masks, shared_cores, tiers, tile_costs, time_to_error, wide_hole
from inpaint_cli.backends import ModelCard
from inpaint_cli.restoration.quality import Quality, Tier
from training.photo_benchmark import CleanPhoto
from training.photo_damage import KINDS

CARD = ModelCard(name="count", kind="pconv", inputs=("photo", "valid"), sees_mask=True, parameters=0)


def rows_of(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


def test_tiles_are_counted_for_each_kind_of_damage_and_quality():
    photo = CleanPhoto("grain", np.random.default_rng(0).integers(0, 256, (100, 120, 3), np.uint8))
    rows = tile_costs.count_tiles([photo], CARD, seed=1)
    assert [row[0] for row in rows] == list(KINDS)
    for row in rows:
        fast, standard, best = (int(cell.replace(",", "")) for cell in row[2::2])
        assert best > standard >= fast > 0


def test_speeds_come_in_the_order_of_the_models(tmp_path, tiny_model, monkeypatch, capsys):
    photo = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(photo)
    command = ["tile_costs", str(photo), "--models", f"{tiny_model},pconv", "--rounds", "1"]
    monkeypatch.setattr(sys, "argv", command)
    tile_costs.main()
    assert [row[0] for row in rows_of(capsys.readouterr().out)[-2:]] == [str(tiny_model), "pconv"]


def test_a_hole_is_timed_against_scratches(tiny_model, monkeypatch, capsys, tmp_path):
    photo = tmp_path / "a.png"
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(photo)
    command = ["wide_hole", str(photo), "--side", "60", "--megapixels", "0.05", "--model", str(tiny_model)]
    monkeypatch.setattr(sys, "argv", [*command, "--rounds", "1"])
    wide_hole.main()
    assert "hole of 60 pixels" in capsys.readouterr().out


def test_each_way_to_share_the_cores_is_timed(archive, tiny_model, monkeypatch, capsys):
    root: Path = archive("a.png", "b.png")
    command = ["shared_cores", str(root / "photos"), str(root / "masks"), "--model", str(tiny_model)]
    monkeypatch.setattr(sys, "argv", [*command, "--rounds", "1"])
    shared_cores.main()
    ways = rows_of(capsys.readouterr().out)[2:]
    assert len(ways) == 4 and ways[0][:2] == ["1", "1"]


@pytest.fixture
def cases(tmp_path):
    """One photo of 100x80 with a white line, as a folder of cases."""
    truth = np.random.default_rng(0).integers(90, 110, (80, 100, 3)).astype(np.uint8)
    mask = np.zeros((80, 100), np.uint8)
    mask[20:23, 10:90] = 255
    damaged = np.where(mask[..., None] > 0, 250, truth).astype(np.uint8)
    for name, picture in (("truth", truth), ("masks", mask), ("photos", damaged)):
        (tmp_path / name / "lines").mkdir(parents=True)
        Image.fromarray(picture).save(tmp_path / name / "lines" / "a.png")
    return tmp_path


def test_a_quality_is_read_from_its_models_limits_core_and_answers():
    quality = tiers.parse_quality("photo-tiny:0.03+photo@26x2")
    assert quality == Quality(tiers=(Tier("photo-tiny", 0.03), Tier("photo")), core=26, ensemble=2)
    for wrong in ("photo", "photo@", "@26", "photo@26x"):
        with pytest.raises(ArgumentTypeError):
            tiers.parse_quality(wrong)


def test_qualities_are_compared_with_the_first(cases, tiny_model, monkeypatch, capsys):
    qualities = [f"{tiny_model}@28", f"{tiny_model}:0.1+photo@26"]
    monkeypatch.setattr(sys, "argv", ["tiers", str(cases), *qualities, "--kinds", "lines"])
    tiers.main()
    first, second = rows_of(capsys.readouterr().out)[2:]
    assert [first[0], second[0]] == qualities
    assert 5 < float(first[1]) < 30
    assert re.fullmatch(r"[+-]\d+\.\d\d \(\d+\.\d\d\)", second[1])


def test_masks_that_were_found_are_compared_with_true_ones(cases, monkeypatch, capsys):
    command = ["found_masks", str(cases), "--kinds", "lines", "--detector", "classical"]
    monkeypatch.setattr(sys, "argv", command)
    found_masks.main()
    [row] = rows_of(capsys.readouterr().out)[2:]
    kind, given, found, lost, harm, ratio = row
    assert kind == "lines"
    assert float(given) > 25
    assert float(lost) == pytest.approx(float(given) - float(found), abs=0.011)
    assert float(harm) < 1
    assert float(ratio) > 0


def test_training_tells_when_an_error_was_reached(tmp_path, monkeypatch, capsys):
    records = np.random.default_rng(0).integers(100, 140, (40, 3073)).astype(np.uint8)
    records[:, 0] = 3  # the label
    batch = tmp_path / "batch.bin"
    batch.write_bytes(records.tobytes())
    command = ["time_to_error", "--data", str(batch), "--minutes", "0.02", "--every", "60"]
    for error, reached in (("1", True), ("1e-9", False)):
        monkeypatch.setattr(sys, "argv", [*command, "--error", error])
        assert time_to_error.main() == 0
        rows = rows_of(capsys.readouterr().out)[-3:]
        assert [row[0] for row in rows] == ["1-9 lines", "1-5 lines", "1-3 lines"]
        assert [row[1] != "never" for row in rows] == [reached] * 3
