"""Carries `detect` out: plan, open the detector, run, report."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from inpaint_cli.batch.cores import share_cores
from inpaint_cli.batch.find_photo import FindSettings, find_photo
from inpaint_cli.batch.page_masks import MaskSettings
from inpaint_cli.batch.plan import make_plan
from inpaint_cli.batch.run import Stop, interruptible
from inpaint_cli.cli.batch_run import carry_out, check_plan
from inpaint_cli.cli.dry_run import show_plan
from inpaint_cli.cli.engine import open_finder
from inpaint_cli.cli.reporting import open_reporting
from inpaint_cli.cli.screen import Screen
from inpaint_cli.cli.selection import detect_selection
from inpaint_cli.errors import ExitCode

if TYPE_CHECKING:
    from inpaint_cli.cli.detect import DetectOptions


def detect_photos(options: DetectOptions) -> ExitCode:
    """Find the damage in every photo that the options name and return the exit code."""
    start = time.perf_counter()
    screen = Screen(options.quiet, options.verbose)
    plan = make_plan(detect_selection(options))
    if options.dry_run:
        return show_plan(plan, screen, as_json=options.json)
    check_plan(plan, screen, options.photos or [])
    share = share_cores(len(plan.jobs), jobs=options.jobs)
    stop = Stop()
    with (
        open_reporting(screen, stop, json=options.json, report=options.report) as reporting,
        interruptible(stop, screen.failure),
        screen.progress(len(plan.jobs)),
    ):
        settings = FindSettings(
            detector=open_finder(options, share),
            masks=MaskSettings(max_damage=options.max_damage, max_pixels=options.max_pixels),
            overlay=options.overlay,
            overwrite=options.overwrite,
        )
        work = partial(find_photo, settings=settings)
        carry_out(plan, work, share, reporting, fail_fast=options.fail_fast)
    for line in reporting.tally.lines(time.perf_counter() - start, plan.output_roots()):
        screen.line(line)
    return reporting.exit_code
