"""`--dry-run`: what would be done, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from inpaint_cli.batch.damage import MaskSettings, check_shapes
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.output_file import OutputFile
from inpaint_cli.batch.photo_header import FormatCheck, PhotoHeader, read_header
from inpaint_cli.batch.plan import Plan
from inpaint_cli.cli import interruption
from inpaint_cli.cli.batch_run import existing_part, folders_refused, may_write_in, nothing_found, tell_notes
from inpaint_cli.cli.screen import Screen
from inpaint_cli.errors import ExitCode, MaskError, PhotoError
from inpaint_cli.photos.edge import check_size
from inpaint_cli.printable import printable


def show_plan(
    plan: Plan,
    named: list[Path],
    screen: Screen,
    *,
    as_json: bool,
    masks: MaskSettings,
    check_format: FormatCheck | None = None,
    journals: Mapping[str, Journal] | None = None,
    stays: Callable[[Job], bool],
    overlay: Path | None = None,
    writes_masks: bool = False,
) -> ExitCode:
    """List photo -> mask -> output on stdout and the rest on stderr; return what the run would end with.

    named: the photos and folders that the plan was made of. masks: as the run reads them; photos with
    more than its max_pixels will fail.
    check_format: is asked about each photo, and raises PhotoError where the run will.
    journals: of each output folder, by which files that are there are known as results of ours; None where
    others are replaced, or kept without a failure.
    stays: whether a job's result, which is there, is left as it is; asked where nothing may be written.
    overlay: one more folder that the run writes into.
    writes_masks: the outputs are masks, so that there are none to be taken.
    Raises NothingToDoError where the plan has neither photos nor problems.
    """
    if not plan.outcomes:
        _tell_trouble(plan, screen)
        raise nothing_found(named)
    interruption.raise_again()
    pixels = unknown = failing = 0
    for planned in plan.jobs:
        job, size = _foreseen(planned, masks, check_format, journals, stays)
        pixels += size or 0
        unknown += size is None and not job.problem
        failing += bool(job.problem)
        print(_json(job, size) if as_json else _line(job, writes_masks))
    plan = replace(plan, refusals=(*plan.refusals, *folders_refused(plan, overlay)))
    _tell_trouble(plan, screen)
    photos = "1 photo" if len(plan.jobs) == 1 else f"{len(plan.jobs)} photos"
    facts = [photos, f"{pixels / 1e6:.1f} megapixels"]
    facts += [f"{unknown} of unknown size"] if unknown else []
    facts += [f"{failing} will fail"] if failing else []
    screen.line(f"{', '.join(facts)}; nothing was written")
    if plan.refusals:
        return ExitCode.USAGE
    return ExitCode.SOME_FAILED if failing or plan.problems else ExitCode.OK


def _foreseen(
    job: Job,
    masks: MaskSettings,
    check_format: FormatCheck | None,
    journals: Mapping[str, Journal] | None,
    stays: Callable[[Job], bool],
) -> tuple[Job, int | None]:
    """Return the job with the problem that its files show, and how many pixels the photo has."""
    size = None
    try:
        header = read_header(job.photo, check_format)
        size = header.size
        if size is not None:
            check_size(str(job.photo), *size, masks.max_pixels)
        if header.problem:
            raise PhotoError(header.problem)
        if not job.problem:
            _check_mask(job, header, masks)
            _check_output(job, journals, stays)
    except (PhotoError, MaskError) as error:
        job = replace(job, problem=job.problem or str(error).removeprefix(f"{job.photo}: "))
    return job, None if size is None else size[0] * size[1]


def _check_mask(job: Job, photo: PhotoHeader, settings: MaskSettings) -> None:
    """Raise MaskError where the mask can't be read, or is of another size than the photo."""
    if job.mask is None:
        return
    try:
        mask = read_header(job.mask)
        if mask.size is not None:
            check_size(str(job.mask), *mask.size, settings.max_pixels)
    except PhotoError as error:
        raise MaskError(f"mask {error}") from error
    if mask.shape is None or photo.shape is None:
        return
    with suppress(MaskError):  # EXIF, which was not read, may turn one of them
        check_shapes(mask.shape, photo.shape[::-1], str(job.mask), resize=settings.resize)
        return
    check_shapes(mask.shape, photo.shape, str(job.mask), resize=settings.resize)


def _check_output(job: Job, journals: Mapping[str, Journal] | None, stays: Callable[[Job], bool]) -> None:
    """Raise PhotoError where a file lies that is not replaced or can't be read, or nothing may be written."""
    is_there = os.path.lexists(job.output)
    unless = " (the very same result would be up to date)" if is_there and journals is not None else ""
    if is_there and journals is not None and (why := OutputFile.of_photo(job, journals).why_kept()):
        raise PhotoError(f"{job.output}: {why}{unless}")
    folder = existing_part(job.output.parent)
    if not may_write_in(folder) and not (is_there and stays(job)):
        raise PhotoError(f"{job.output}: can't be written: nothing may be written in {folder}{unless}")


def _line(job: Job, writes_masks: bool) -> str:
    if job.problem:
        return f"{printable(job.photo)} -> will fail: {printable(job.problem)}"
    if writes_masks:
        unless = f" (but if {printable(job.rival_file)} was made by hand)" if job.rival_file else ""
        return f"{printable(job.photo)} -> {printable(job.output)}{unless}"
    mask = job.mask_file or "(damage to be found)"
    return " -> ".join(printable(part) for part in (job.photo, mask, job.output))


def _json(job: Job, size: int | None) -> str:
    line: dict[str, Any] = {
        "photo": str(job.photo),
        "mask": job.mask_file,
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
