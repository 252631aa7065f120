"""`--quality` and `--device` as a user meets them: the real program with the shipped models."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_another_quality_is_another_result_and_each_is_up_to_date_by_itself(archive, inpaint) -> None:
    root = archive("a.png")
    command = ("restore", "photos", "--mask-dir", "masks", "--json")
    fast, best, again = (
        inpaint(*command, "--quality", quality).lines[0] for quality in ("fast", "best", "best")
    )
    assert [line["model"] for line in (fast, best)] == ["photo-small", "photo"]
    assert [line["status"] for line in (fast, best, again)] == ["restored", "restored", "skipped"]
    assert [line["quality"] for line in (fast, best, again)] == ["fast", "best", "best"]
    best_bytes = (root / "photos-restored/a.png").read_bytes()
    (default,) = inpaint(*command).lines
    assert default["status"] == "restored"
    assert (root / "photos-restored/a.png").read_bytes() != best_bytes

    piped = inpaint(
        "restore", "-", "--mask", "masks/a.png", "--quality", "best",
        input=(root / "photos/a.png").read_bytes(),
    )  # fmt: skip
    assert (piped.code, piped.stdout) == (0, best_bytes)


def test_a_model_that_is_given_takes_the_place_of_the_quality_s(archive, inpaint, tiny_model) -> None:
    archive("a.png")
    (line,) = inpaint(
        "restore", "photos", "--mask-dir", "masks", "--quality", "best", "--model", tiny_model, "--json"
    ).lines
    assert (line["status"], line["model"]) == ("restored", str(tiny_model))


def test_the_quality_can_be_set_for_a_project(tmp_path, inpaint) -> None:
    (tmp_path / "inpaint-cli.toml").write_text('[restore]\nquality = "best"\n')
    shown = inpaint("restore", "--show-config").stdout.decode()
    assert 'quality = "best"  # inpaint-cli.toml' in shown
    (tmp_path / "inpaint-cli.toml").unlink()
    assert 'quality = "standard"  # default' in inpaint("restore", "--show-config").stdout.decode()


def test_an_unknown_quality_is_wrong_usage(archive, inpaint) -> None:
    archive("a.png")
    ended = inpaint("restore", "photos", "--quality", "perfect")
    assert (ended.code, ended.stderr.count("\n")) == (2, 1)
    assert "--quality perfect: choose from fast, standard, best" in ended.stderr


@pytest.mark.parametrize("device", ["cuda", "openvino"])
def test_a_device_that_is_not_there_ends_with_4_and_the_remedy(archive, inpaint, tiny_model, device) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    if any(name.lower().startswith(device) for name in onnxruntime.get_available_providers()):
        pytest.skip(f"onnxruntime has {device} here")
    root = archive("a.png")
    ended = inpaint("restore", "photos", "--mask-dir", "masks", "--model", tiny_model, "--device", device)
    assert (ended.code, ended.stdout) == (4, b"")
    missing = f"--device {device}: onnxruntime has no {device} here; install onnxruntime-"
    assert ended.stderr.startswith(f"inpaint-cli: error: {missing}")
    assert ended.stderr.count("\n") == 1
    dry = inpaint("restore", "photos", "--dry-run", "--device", device)
    assert (dry.code, dry.stdout, dry.stderr) == (4, b"", ended.stderr)
    assert not (root / "photos-restored").exists()
    package = re.search(r"install (onnxruntime-\w+)", ended.stderr).group(1)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert any(line.startswith(package) for lines in extras.values() for line in lines)
