"""The page about Python: its code runs, as a reader would run it."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inpaint_cli
from inpaint_cli import errors

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/python-api.md").read_text()


@pytest.fixture
def beside_samples(tmp_path):
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    return tmp_path


def test_the_code_on_the_page_runs_from_top_to_bottom(beside_samples):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    script = beside_samples / "page.py"
    script.write_text(code)
    ended = subprocess.run(
        [sys.executable, script], cwd=beside_samples, capture_output=True, text=True, timeout=300
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    photo = np.asarray(Image.open(ROOT / "samples/photos/portrait.jpg").convert("RGB"))
    mask = np.asarray(Image.open(ROOT / "samples/masks/portrait.png").convert("L")) > 127
    restored = np.asarray(Image.open(beside_samples / "portrait-restored.png"))
    assert (restored[~mask] == photo[~mask]).all()
    assert (restored[mask] != photo[mask]).any()


def test_what_it_names_is_there():
    assert "Restorer" in inpaint_cli.__all__
    for name in re.findall(r"^\| `(\w+Error)` \|", PAGE, re.MULTILINE):
        assert issubclass(getattr(errors, name), errors.InpaintError)


def test_the_options_it_lists_are_the_restorer_s():
    parameters = set(inspect.signature(inpaint_cli.Restorer).parameters) - {"network"}
    [table] = re.findall(r"## Choose\n.*?\n## ", PAGE, re.DOTALL)
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == parameters
