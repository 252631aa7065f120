import cv2
import numpy as np
import pytest
from calibration_command import fitted_judge

from benchmarks.calibrate_pieces import main
from benchmarks.judging import PieceData, fit
from inpaint_cli.detection.pieces import FEATURES

ODDS = FEATURES.index("mean-odds")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr("benchmarks.judging.STEPS", 150)


def drawn(count=1500):
    """Pieces of which those with high mean odds are damage, all else being noise."""
    features = np.random.default_rng(1).normal(size=(count, len(FEATURES))).astype(np.float32)
    return PieceData(features, features[:, ODDS] > 0, np.ones(count), np.arange(count))


def test_a_judge_learns_what_tells_damage_apart():
    data = drawn()
    likely = fit(data, FEATURES).probability(data.features)
    clear = np.abs(data.features[:, ODDS]) > 0.5
    assert ((likely > 0.5) == data.damaged)[clear].mean() > 0.95


def test_the_same_pieces_give_the_same_judge():
    assert fit(drawn(), FEATURES).to_json() == fit(drawn(), FEATURES).to_json()


def test_what_has_no_weight_is_not_learned():
    data = drawn()
    wrong = PieceData(data.features, ~data.damaged, np.full(1500, 1e-9), data.photo)
    likely = fit(PieceData.joined([data, wrong]), FEATURES).probability(data.features)
    clear = np.abs(data.features[:, ODDS]) > 0.5
    assert ((likely > 0.5) == data.damaged)[clear].mean() > 0.9


def test_the_command_writes_a_judge_of_damaged_photos(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(2)
    for kind in ("photos", "masks"):
        (tmp_path / "cases" / kind / "lines").mkdir(parents=True)
    for folder in ("clean", "elements/dust"):
        (tmp_path / folder).mkdir(parents=True)
    for name in "abc":
        photo = cv2.GaussianBlur(rng.integers(60, 200, (160, 200, 3)).astype(np.uint8), (0, 0), 3)
        mask = np.zeros((160, 200), np.uint8)
        for _ in range(6):
            ends = [(int(x), int(y)) for x, y in rng.integers(0, 160, (2, 2))]
            cv2.line(mask, *ends, 255, 3)
        damaged = np.where(mask[..., None] > 0, 250, photo).astype(np.uint8)
        for kind, picture in (("photos", damaged), ("masks", mask)):
            cv2.imwrite(str(tmp_path / "cases" / kind / "lines" / f"{name}.png"), picture)
        cv2.imwrite(str(tmp_path / "clean" / f"{name}.png"), photo)
    cv2.imwrite(
        str(tmp_path / "elements/dust/a.png"), cv2.circle(np.zeros((40, 40), np.uint8), (20, 20), 6, 255, -1)
    )
    judge = fitted_judge(
        main, tmp_path, monkeypatch, command="calibrate_pieces", per_photo=2, features=FEATURES
    )
    assert "pieces" in capsys.readouterr().out
    assert "--per-photo 2" in judge.made_by
