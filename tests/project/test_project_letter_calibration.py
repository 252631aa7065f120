import cv2
import numpy as np
from calibration_command import fitted_judge
from PIL import Image, ImageDraw, ImageFont

from benchmarks.calibrate_letters import main
from inpaint_cli.detection.letters import FEATURES


def test_the_command_writes_a_judge_of_letters(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(2)
    for kind in ("cases/photos/text", "cases/masks/text", "clean", "elements/dust"):
        (tmp_path / kind).mkdir(parents=True)
    for name in "ab":
        photo = cv2.GaussianBlur(rng.integers(60, 200, (160, 320, 3)).astype(np.uint8), (0, 0), 3)
        page = Image.new("L", (320, 160))
        for row in range(3):
            place = (4, 10 + 50 * row)
            ImageDraw.Draw(page).text(
                place, "summer at the old lake", fill=255, font=ImageFont.load_default(26)
            )
        mask = np.where(np.array(page) > 96, 255, 0).astype(np.uint8)
        ink = 250 + rng.normal(0, 2, photo.shape)
        damaged = np.where(mask[..., None] > 0, ink, photo).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"cases/photos/text/{name}.png"), damaged)
        cv2.imwrite(str(tmp_path / f"cases/masks/text/{name}.png"), mask)
        cv2.imwrite(str(tmp_path / f"clean/{name}.png"), photo)
    cv2.imwrite(str(tmp_path / "elements/dust/a.png"), np.full((9, 9), 255, np.uint8))
    monkeypatch.setattr("benchmarks.judging.STEPS", 50)
    judge = fitted_judge(
        main, tmp_path, monkeypatch, command="calibrate_letters", per_photo=1, features=FEATURES
    )
    assert "pieces" in capsys.readouterr().out
    assert "calibrate_letters" in judge.made_by
