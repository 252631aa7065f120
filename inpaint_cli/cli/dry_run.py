"""`--dry-run`: what would be done, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.photo_size import photo_size
from inpaint_cli.batch.plan import Plan
from inpaint_cli.cli import interruption
from inpaint_cli.cli.batch_run import tell_notes
from inpaint_cli.cli.screen import Screen
from inpaint_cli.errors import ExitCode, NothingToDoError
from inpaint_cli.printable import printable


def show_plan(plan: Plan, screen: Screen, *, as_json: bool, writes_masks: bool = False) -> ExitCode:
    """List photo -> mask -> output on stdout and the rest on stderr; return what the run would end with.

    writes_masks: the outputs are masks, so that there are none to be taken.
    """
    if not plan.jobs and not plan.problems:
        raise NothingToDoError("no photo was found")
    interruption.raise_again()
    pixels = unreadable = 0
    for job in plan.jobs:
        size = photo_size(job.photo)
        pixels += size or 0
        unreadable += size is None
        print(_json(job, size, writes_masks) if as_json else _line(job, writes_masks))
    _tell_trouble(plan, screen)
    failing = sum(bool(job.problem) for job in plan.jobs)
    photos = "1 photo" if len(plan.jobs) == 1 else f"{len(plan.jobs)} photos"
    facts = [photos, f"{pixels / 1e6:.1f} megapixels"]
    facts += [f"{unreadable} of unknown size"] if unreadable else []
    facts += [f"{failing} will fail"] if failing else []
    screen.line(f"{', '.join(facts)}; nothing was written")
    if plan.refusals:
        return ExitCode.USAGE
    return ExitCode.SOME_FAILED if failing or plan.problems else ExitCode.OK


def _line(job: Job, writes_masks: bool) -> str:
    if job.problem:
        return f"{printable(job.photo)} -> will fail: {printable(job.problem)}"
    if writes_masks:
        unless = f" (but if {printable(job.mask_file)} was made by hand)" if job.mask_file else ""
        return f"{printable(job.photo)} -> {printable(job.output)}{unless}"
    mask = job.mask_file or "(damage to be found)"
    return " -> ".join(printable(part) for part in (job.photo, mask, job.output))


def _json(job: Job, size: int | None, writes_masks: bool) -> str:
    line: dict[str, Any] = {
        "photo": str(job.photo),
        "mask": None if writes_masks else job.mask_file,
        "output": str(job.output),
        "problem": job.problem or None,
        "pixels": size,
    }
    return json.dumps(line)


def _tell_trouble(plan: Plan, screen: Screen) -> None:
    tell_notes(plan, screen)
    for orphan in plan.orphans:
        screen.line(f"mask used for no photo: {printable(orphan)}")
    for folder, reason in plan.problems:
        screen.failure(f"failed: {printable(folder)}: {printable(reason)}")
    for refusal in plan.refusals:
        screen.failure(f"refused: {printable(refusal)}")
