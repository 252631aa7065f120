"""Restore 10,000 small photos in one run and watch the memory: python -m benchmarks.soak [--photos 10000].

Prints files a second and the resident memory after the first tenth and at the end, in MB (Linux).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.arguments import parser_of

SUFFIXES = (".jpg", ".png", ".tif", ".webp", ".bmp")


def make_photos(folder: Path, count: int) -> None:
    """Write photos of 96x64 pixels of several formats, each with a mask of one scratch."""
    rng = np.random.default_rng(0)
    (folder / "masks").mkdir()
    (folder / "photos").mkdir()
    mask = np.zeros((64, 96), np.uint8)
    mask[30:33, 10:80] = 255
    base = rng.integers(0, 256, (8, 12, 3), np.uint8)
    for index in range(count):
        small = Image.fromarray(np.roll(base, index, axis=1))
        name = f"{index:05d}"
        photo = small.resize((96, 64), Image.Resampling.BICUBIC)
        photo.save(folder / "photos" / f"{name}{SUFFIXES[index % len(SUFFIXES)]}")
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")


def resident(process: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def main() -> None:
    """Run the soak."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    count = parser.parse_args().photos
    with tempfile.TemporaryDirectory(prefix="inpaint-soak-") as name:
        folder = Path(name)
        make_photos(folder, count)
        command = [sys.executable, "-m", "inpaint_cli", "restore", str(folder / "photos"), "--json", "-q"]
        started = time.monotonic()
        run = subprocess.Popen(
            [*command, "--mask-dir", str(folder / "masks"), "-o", str(folder / "out")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert run.stdout is not None
        statuses: dict[str, int] = {}
        first = last = 0.0
        for done, line in enumerate(run.stdout, 1):
            status = json.loads(line)["status"]
            statuses[status] = statuses.get(status, 0) + 1
            if done == count // 10:
                first = resident(run.pid)
            if done == count - count // 100:
                last = resident(run.pid)
        code = run.wait()
        seconds = time.monotonic() - started
    print(f"{count} photos, {count / seconds:.0f} a second, exit code {code}, {statuses}")
    print(f"resident memory after the first tenth {first:.0f} MB, at the end {last:.0f} MB")


if __name__ == "__main__":
    main()
