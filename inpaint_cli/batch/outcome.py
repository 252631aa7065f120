"""What became of one photo."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Status = Literal["restored", "copied", "skipped", "failed", "found", "clean"]
"""`found` and `clean` are the answers of `detect`; the others are those of `restore`."""
STATUSES: tuple[Status, ...] = ("restored", "found", "copied", "clean", "skipped", "failed")
"""All of them, in the order that people are told them."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One line of the report.

    coverage: damaged share of the photo, 0..1, None where it was not looked at (skipped, failed early).
    mask_source: "file", "alpha", "marker" or the detector's name, of two "file union learned"; None where the
    photo was not looked at.
    seconds: finding damage and restoring; seconds_read, seconds_write: decoding; encoding and writing.
    model, quality, backend, device: of the run's restorer, whether this photo needed it or not; None for
    `detect`. quality: name of the choice of `--quality`; device: where the model really runs.
    changed: values outside the mask that differ (JPEG: blocks that the mask does not touch), None without
    `--verify`.
    trace: traceback of a bug of ours, shown with -v, not part of the JSON.
    """

    photo: Path
    output: Path | None
    status: Status
    reason: str = ""
    coverage: float | None = None
    mask: Path | None = None
    mask_source: str | None = None
    model: str | None = None
    quality: str | None = None
    backend: str | None = None
    device: str | None = None
    seconds: float = 0.0
    seconds_read: float = 0.0
    seconds_write: float = 0.0
    changed: int | None = None
    trace: str = ""

    @property
    def key(self) -> int:
        """Stands for the photo and its output: one photo may be asked for twice, with two outputs."""
        return hash((self.photo, self.output))

    def to_dict(self) -> dict[str, Any]:
        """Return what the report shows, as plain JSON types."""
        return {
            "photo": str(self.photo),
            "output": None if self.output is None else str(self.output),
            "status": self.status,
            "reason": self.reason,
            "coverage": None if self.coverage is None else round(self.coverage, 6),
            "mask": None if self.mask is None else str(self.mask),
            "mask_source": self.mask_source,
            "model": self.model,
            "quality": self.quality,
            "backend": self.backend,
            "device": self.device,
            "seconds": round(self.seconds, 4),
            "seconds_read": round(self.seconds_read, 4),
            "seconds_write": round(self.seconds_write, 4),
            "changed": self.changed,
        }

    def to_json(self) -> str:
        r"""Return one line of pure ASCII; bytes of a name that are not UTF-8 become \udc80..\udcff."""
        return json.dumps(self.to_dict())
