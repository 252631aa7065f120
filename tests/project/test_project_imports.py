"""Packages that are imported are packages that are asked for, and rooms import one way."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMPORTED_AS = {"pillow": "PIL", "opencv-python-headless": "cv2", "scikit-image": "skimage"}


def packages(*extras: str) -> set[str]:
    """The names under which a plain install and these extras can be imported."""
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in extras)]
    names = {re.match(r"[\w.-]+", line).group() for lines in lists for line in lines}
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


def imported(folder: Path) -> dict[str, set[str]]:
    """Foreign packages that a folder's files import, each with the files that do."""
    found: dict[str, set[str]] = {}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            for name in names:
                found.setdefault(name.split(".")[0], set()).add(str(file.relative_to(ROOT)))
    ours = {"inpaint_cli", "training", "benchmarks"}
    return {name: files for name, files in found.items() if name not in ours | sys.stdlib_module_names}


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("inpaint_cli", ("torch", "heif")),
        ("training", ("torch", "train")),
        ("benchmarks", ("torch", "train", "dev", "bench", "heif")),
        ("docs", ("dev", "train")),
    ],
)
def test_what_is_imported_is_asked_for(folder, extras):
    asked = packages(*extras)
    assert {name: files for name, files in imported(ROOT / folder).items() if name not in asked} == {}


def test_rooms_import_one_way():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-logo"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
