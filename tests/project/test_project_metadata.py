"""What pyproject.toml and its neighbours promise."""

import re
import tomllib
from pathlib import Path

import pytest

from inpaint_cli.cli.main import run

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONSTRAINTS = {
    canonical: line
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
    for canonical in [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()]
}


def names(requirements: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line).group()).lower() for line in requirements}


def test_torch_is_pinned_to_a_public_version_for_every_environment_that_make_builds():
    assert re.fullmatch(r"torch==\d+\.\d+\.\d+", CONSTRAINTS["torch"])


def test_every_constraint_is_an_exact_version():
    assert [line for line in CONSTRAINTS.values() if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("extra", ["torch", "train", "dev", "heif", "bench"])
def test_what_an_extra_needs_is_pinned(extra):
    needs = names(PYPROJECT["project"]["optional-dependencies"][extra]) - {"inpaint-cli"}
    assert needs <= CONSTRAINTS.keys()


def test_what_everyone_needs_is_pinned_and_holds_no_torch():
    needs = names(PYPROJECT["project"]["dependencies"])
    assert needs <= CONSTRAINTS.keys()
    assert not needs & {"torch", "safetensors", "onnx", "matplotlib"}


def test_the_licence_is_the_whole_apache_licence():
    text = (ROOT / "LICENSE").read_text()
    assert PYPROJECT["project"]["license"] == "Apache-2.0"
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_what_is_promised_beside_the_name_is_what_the_help_promises(capsys):
    promise = "without touching a pixel outside the masks, given or found (in a JPEG: an 8x8 block)."
    assert PYPROJECT["project"]["description"].endswith(promise)
    assert run(["--help"]) == 0
    assert promise in " ".join(capsys.readouterr().out.split())


def test_the_changelog_knows_the_version():
    version = re.search(r'__version__ = "(.+)"', (ROOT / "inpaint_cli" / "__init__.py").read_text()).group(1)
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("script", [".ci/run"])
def test_scripts_can_be_run(script):
    assert (ROOT / script).stat().st_mode & 0o111
