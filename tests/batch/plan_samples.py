"""Files to plan with: a plan looks at names, not into photos."""

from __future__ import annotations

from pathlib import Path

from inpaint_cli.batch.plan import Plan, Selection, make_plan

SUFFIXES = frozenset({".jpg", ".png", ".tif"})


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def plan_of(*photos: Path, **selection: object) -> Plan:
    return make_plan(Selection(photos=photos, suffixes=SUFFIXES, **selection))
