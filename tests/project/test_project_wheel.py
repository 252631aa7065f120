"""The wheel: built, installed in an environment of its own outside the checkout, and put to work."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed, with nothing of this checkout or this environment in its way."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as a release is: the wheel from the source archive, so that both hold what they need."""
    dist = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, ROOT, cwd=dist)
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that holds the wheel and what it asks for."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", home / "venv", cwd=home)
    programs = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = (programs / "python", "-m", "pip", "install", "-qq", "--no-compile")
    run(*pip, "-c", ROOT / "constraints.txt", wheel, cwd=home)
    return programs


def test_the_wheel_carries_every_shipped_model_and_its_card(wheel):
    shipped = {f"inpaint_cli/models/{file.name}" for file in (ROOT / "models").iterdir() if file.is_file()}
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert shipped <= packed
    assert any(name.endswith(".onnx") for name in shipped)
    assert "inpaint_cli/detection/piece_weights.json" in packed
    assert "inpaint_cli/detection/letter_weights.json" in packed


def test_the_wheel_carries_only_the_two_packages(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"inpaint_cli", "training"}


def test_the_installed_command_restores_a_sample_without_torch(installed, tmp_path):
    listed = run(installed / "python", "-m", "pip", "list", "--format=json", cwd=tmp_path).stdout
    assert not {package["name"].lower() for package in json.loads(listed)} & {"torch", "safetensors", "onnx"}

    photo, mask = SAMPLES / "photos" / "rocket.png", SAMPLES / "masks" / "rocket.png"
    run(installed / "inpaint-cli", "restore", photo, "--mask", mask, "-o", tmp_path / "out", cwd=tmp_path)

    before = np.asarray(Image.open(photo)).astype(int)
    after = np.asarray(Image.open(tmp_path / "out" / photo.name)).astype(int)
    damaged = np.asarray(Image.open(mask).convert("L")) > 127
    assert (before == after)[~damaged].all()
    assert np.abs(before - after)[damaged].mean() > 3


def test_the_installed_command_lists_its_models(installed, tmp_path):
    listed = run(installed / "inpaint-cli", "models", cwd=tmp_path).stdout
    for card in (ROOT / "models").glob("*.json"):
        assert card.stem in listed


def test_the_installed_package_says_which_extra_training_needs(installed, tmp_path):
    done = subprocess.run(
        [installed / "inpaint-cli", "train", "--data", tmp_path], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 4
    assert "inpaint-cli[train]" in done.stderr
    assert "Traceback" not in done.stderr
