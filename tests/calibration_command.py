"""How a test asks for a judge of pieces to be fitted, in a folder with cases, clean photos and elements."""

import numpy as np

from inpaint_cli.detection.piece_judge import PieceJudge


def fitted_judge(main, folder, monkeypatch, *, command, per_photo, features):
    """Run the command on the folder; return the judge that it wrote, which gives a finite probability."""
    output = folder / "weights.json"
    photos, elements = str(folder / "clean"), str(folder / "elements")
    given = [str(folder / "cases"), "--photos", photos, "--elements", elements]
    monkeypatch.setattr("sys.argv", [command, *given, "--per-photo", str(per_photo), "-o", str(output)])
    assert main() == 0
    judge = PieceJudge.from_json(output.read_text(), features)
    assert np.isfinite(judge.probability(np.zeros((1, len(features)), np.float32))).all()
    return judge
