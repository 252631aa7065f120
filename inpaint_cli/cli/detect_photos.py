"""Carries `detect` out: plan, open the detector, run, report."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inpaint_cli.batch.cores import share_cores
from inpaint_cli.batch.damage import MaskSettings
from inpaint_cli.batch.detect_photo import DetectSettings, detect_photo
from inpaint_cli.batch.digest import digest_of
from inpaint_cli.batch.overlay import overlay_name
from inpaint_cli.batch.own_code import backend_digest, code_digest
from inpaint_cli.batch.plan import Plan, make_plan
from inpaint_cli.batch.run import Stop, interruptible
from inpaint_cli.cli.batch_run import carry_out, check_plan, open_journals
from inpaint_cli.cli.dry_run import show_plan
from inpaint_cli.cli.reporting import check_reports, open_reporting
from inpaint_cli.cli.screen import Screen
from inpaint_cli.cli.selection import detect_selection
from inpaint_cli.cli.workshop import check_detector_model, detector_key, open_detector_of
from inpaint_cli.errors import ExitCode, UsageError
from inpaint_cli.paths import real_path

if TYPE_CHECKING:
    from inpaint_cli.cli.detect import DetectOptions


def detect_photos(options: DetectOptions) -> ExitCode:
    """Find the damage in every photo that the options name and return the exit code."""
    start = time.perf_counter()
    screen = Screen(options.quiet, options.verbose)
    check_reports(options.report, None)
    plan = make_plan(detect_selection(options))
    named = options.photos or []
    _check_overlay(options.overlay, plan, named)
    masks = MaskSettings(max_damage=options.max_damage, max_pixels=options.max_pixels)
    if options.dry_run:
        check_detector_model(options)
        return show_plan(
            plan,
            named,
            screen,
            as_json=options.json,
            masks=masks,
            stays=lambda job: not options.overwrite,
            overlay=options.overlay,
            writes_masks=True,
        )
    check_plan(plan, screen, named)
    share = share_cores(len(plan.jobs), jobs=options.jobs)
    detector = open_detector_of(options, share)
    stop = Stop()
    with interruptible(stop, screen.failure):
        settings = DetectSettings(
            detector=detector,
            masks=masks,
            overlay=options.overlay,
            overwrite=options.overwrite,
            journals=open_journals(plan, options.overlay),
            models=digest_of(code_digest(), backend_digest(options.backend), detector_key(options, detector)),
        )
        # The report last: opening it begins it anew.
        with (
            open_reporting(screen, stop, json=options.json, report=options.report) as reporting,
            screen.progress(len(plan.jobs)),
        ):
            work = partial(detect_photo, settings=settings)
            left = carry_out(plan, work, share, reporting, fail_fast=options.fail_fast)
    seconds = time.perf_counter() - start
    for line in reporting.summary(seconds, plan.places(), left):
        screen.line(line)
    return reporting.exit_code


def _check_overlay(overlay: Path | None, plan: Plan, named: list[Path]) -> None:
    """Raise UsageError where the pictures to look at would be written over photos, or taken for some."""
    if overlay is None:
        return
    place = real_path(overlay)
    pictures = {place / overlay_name(job) for job in plan.jobs}
    walked = [folder for folder in named if folder.is_dir() and place.is_relative_to(real_path(folder))]
    beside = place in {real_path(Path(root)) for root in {job.root for job in plan.jobs}}
    if walked or beside or pictures & {real_path(job.photo) for job in plan.jobs}:
        raise UsageError(f"--overlay {overlay}: lies among the photos; name a folder outside")
