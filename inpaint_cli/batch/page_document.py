"""The page around rows and pictures: its summary, style and script."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from inpaint_cli import __version__
from inpaint_cli.batch.outcome import STATUSES, Outcome, Status
from inpaint_cli.printable import printable

_HERE = files("inpaint_cli.batch")
_ROWS, _PICTURES = "<!-- rows -->", "<!-- pictures -->"
_MOST_ENGINES = 3


@dataclass
class Summary:
    """What the top of the page tells; does not grow with the number of photos.

    folder: the deepest folder that holds all photos. engines: how many photos each model, backend and device
    restored; the first one that is named counts in any case.
    """

    counts: Counter[Status] = field(default_factory=Counter)
    engines: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    folder: str | None = None

    @property
    def total(self) -> int:
        """The number of photos so far."""
        return self.counts.total()

    def add(self, outcome: Outcome, before: Status | None = None) -> None:
        """Count one outcome; before: the status that the same photo had until now."""
        self.counts[outcome.status] += 1
        if before is not None:
            self.counts[before] -= 1
        if outcome.model and (outcome.status == "restored" or not self.engines):
            self.engines[outcome.model, outcome.backend or "", outcome.device or ""] += 1
        parent = str(outcome.photo.parent)
        self.folder = parent if self.folder is None else _common(self.folder, parent)


def document(
    summary: Summary, seconds: float, notes: Sequence[str], written: datetime
) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the rows (JSON, commas between), after them, and after the pictures.

    Style and script are allowed by their hashes, pictures as data: nothing else is loaded, from nowhere.
    """
    style, script = _text("page_style.css"), _text("page_script.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = Template(_text("page_template.html")).substitute(
        policy=escape(policy),
        style=style,
        script=script,
        title=escape(f"{_headline(summary)} – inpaint-cli"),
        headline=escape(_headline(summary)),
        folder=escape(_folder_shown(summary)),
        prefix=escape(_folder_prefix(summary)),
        facts="\n".join(_fact(*fact) for fact in _facts(summary, seconds, written)),
        bar="\n".join(_bar(summary)),
        filters="\n".join(_filters(summary)),
        notes="\n".join(f'<p class="note">{escape(displayed(note))}</p>' for note in notes),
        version=escape(__version__),
    )
    head, rest = page.split(_ROWS)
    middle, tail = rest.split(_PICTURES)
    return head.encode(), middle.encode(), tail.encode()


def displayed(text: object) -> str:
    r"""Return text that can be shown: control characters and bytes that are not UTF-8 become \x1b, \xff."""
    return re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", printable(text))


def duration(seconds: float) -> str:
    """Write seconds as people say them."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _headline(summary: Summary) -> str:
    counted = [f"{summary.counts[status]:,} {status}" for status in STATUSES if summary.counts[status]]
    if not counted:
        return "No photos"
    many = "photo" if summary.total == 1 else "photos"
    return f"{summary.total:,} {many}: {', '.join(counted)}" if len(counted) > 1 else _only(counted[0], many)


def _only(counted: str, many: str) -> str:
    number, status = counted.split()
    return f"{number} {many} {status}"


def _facts(summary: Summary, seconds: float, written: datetime) -> Iterator[tuple[str, str]]:
    for (model, backend, device), _ in summary.engines.most_common(_MOST_ENGINES):
        with_what = ", ".join(part for part in (backend, device) if part)
        yield "model", displayed(f"{model} ({with_what})" if with_what else model)
    yield "time", duration(seconds)
    if summary.total:
        yield "per photo", duration(seconds / summary.total)
    yield "written", f"{written:%Y-%m-%d %H:%M}"
    yield "version", f"inpaint-cli {__version__}"


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def _bar(summary: Summary) -> Iterator[str]:
    """Draw the shares of the statuses in a width of 1000."""
    left = 0.0
    for status in STATUSES:
        width = 1000 * summary.counts[status] / max(1, summary.total)
        if width:
            yield f'<rect class="{status}" x="{left:.2f}" width="{max(width, 3):.2f}" height="1"/>'
        left += width


def _filters(summary: Summary) -> Iterator[str]:
    yield _filter("", "all", summary.total, pressed=True)
    for status in STATUSES:
        if summary.counts[status]:
            yield _filter(status, status, summary.counts[status], pressed=False)


def _filter(status: str, label: str, count: int, *, pressed: bool) -> str:
    dot = f'<span class="dot {status}"></span>' if status else ""
    return (
        f'<button type="button" data-status="{status}" aria-pressed="{str(pressed).lower()}">'
        f"{dot}{label} <b>{count:,}</b></button>"
    )


def _common(folder: str, other: str) -> str:
    if folder == other:
        return folder
    try:
        return os.path.commonpath([folder, other])
    except ValueError:  # absolute and relative, or two drives
        return ""


def _folder_prefix(summary: Summary) -> str:
    """Return what the names in the rows begin with and needn't be repeated."""
    folder = displayed(summary.folder or "")
    if folder in ("", "."):
        return ""
    return folder if folder.endswith(os.sep) else folder + os.sep


def _folder_shown(summary: Summary) -> str:
    return displayed(Path(summary.folder or ".").absolute())


def _text(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
