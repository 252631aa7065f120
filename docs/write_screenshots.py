"""Write docs/images/report-light.jpg and report-dark.jpg: python docs/write_screenshots.py.

Restores samples/ with `--html` and takes a picture of the page in a headless Chromium (Debian's `chromium`,
driven by PyPI's `playwright`). One photo has no mask, so that the page has a failure to show.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZE = {"width": 1280, "height": 960}


def make_report(folder: Path) -> Path:
    """Restore the samples in `folder` and return the page."""
    for name in ("photos", "masks"):
        shutil.copytree(ROOT / "samples" / name, folder / name)
    shutil.copy(folder / "photos/cat.jpg", folder / "photos/no-mask.jpg")
    command = [sys.executable, "-m", "inpaint_cli", "restore", "photos", "--mask-dir", "masks"]
    subprocess.run([*command, "--html", "report.html"], cwd=folder, check=False)
    return folder / "report.html"


def main() -> None:
    """Write both pictures."""
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory(prefix="samples-") as name, sync_playwright() as started:
        report = make_report(Path(name))
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            page.goto(report.as_uri())
            page.locator("img").first.wait_for()
            page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
            target = ROOT / "docs" / "images" / f"report-{scheme}.jpg"
            page.screenshot(path=target, type="jpeg", quality=88)
            print(target)
        browser.close()


if __name__ == "__main__":
    main()
