"""Carries `restore` out for files and folders: plan, open the network, run, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from inpaint_cli.batch.cores import Share, share_cores
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.plan import Selection, make_plan
from inpaint_cli.batch.restore_photo import Workshop, check_format, is_up_to_date, restore_photo
from inpaint_cli.batch.run import Stop, interruptible
from inpaint_cli.batch.watch import Watcher
from inpaint_cli.cli.batch_run import (
    carry_out,
    check_plan,
    known_journals,
    open_journals,
    prepare_folders,
    tell_notes,
)
from inpaint_cli.cli.dry_run import show_plan
from inpaint_cli.cli.reporting import Reporting, check_reports, open_reporting
from inpaint_cli.cli.screen import Screen
from inpaint_cli.cli.selection import selection_of
from inpaint_cli.cli.workshop import check_workshop, open_workshop, settings_of
from inpaint_cli.cores import free_cores
from inpaint_cli.errors import ExitCode, PhotoError
from inpaint_cli.printable import printable

if TYPE_CHECKING:
    from inpaint_cli.batch.page import PageWriter
    from inpaint_cli.cli.restore import RestoreOptions


def restore_photos(options: RestoreOptions) -> ExitCode:
    """Restore every photo that the options name and return the exit code."""
    start = time.perf_counter()
    screen = Screen(options.quiet, options.verbose or (options.watch and not options.quiet))
    check_reports(options.report, options.html)
    selection = selection_of(options)
    plan, named = make_plan(selection), options.photos or []
    if options.dry_run:
        check_workshop(options)
        settings = settings_of(options)
        journals = None if options.overwrite else known_journals(plan)
        return show_plan(
            plan,
            named,
            screen,
            as_json=options.json,
            masks=settings.masks,
            check_format=partial(check_format, settings=settings),
            journals=journals,
            stays=_asked_about_results(options, journals),
        )
    if not options.watch:
        check_plan(plan, screen, named)
    share = share_cores(free_cores() if options.watch else len(plan.jobs), jobs=options.jobs)
    bare = open_workshop(options, share)
    stop = Stop()
    with interruptible(stop, screen.failure), _opened_page(options) as page:
        journals = open_journals(plan)
        workshop = replace(bare, journals=journals, done=None if page is None else page.add)
        # The report last: opening it begins it anew.
        with open_reporting(screen, stop, json=options.json, report=options.report) as reporting:
            if options.watch:
                left = _watch(selection, share, workshop, reporting, fail_fast=options.fail_fast)
            else:
                with screen.progress(len(plan.jobs)):
                    work = partial(restore_photo, workshop=workshop)
                    left = carry_out(
                        plan, work, share, reporting, fail_fast=options.fail_fast, done=workshop.done
                    )
            if page is not None:
                notes = ["It was interrupted."] if stop.interrupted else []
                try:
                    page.finish(seconds=time.perf_counter() - start, notes=notes)
                except PhotoError as error:
                    reporting.lose(f"--html {error}")
    places = journals if options.watch else plan.places()
    for line in reporting.summary(time.perf_counter() - start, places, left):
        screen.line(line)
    return reporting.exit_code


def _asked_about_results(
    options: RestoreOptions, journals: dict[str, Journal] | None
) -> Callable[[Job], bool]:
    """Return what says whether a result stays as it is, and opens the network when it is first asked."""

    @cache
    def workshop() -> Workshop:
        return replace(open_workshop(options, share_cores(1, jobs=options.jobs)), journals=journals or {})

    return lambda job: not options.overwrite and is_up_to_date(job, workshop())


def _watch(
    selection: Selection, share: Share, workshop: Workshop, reporting: Reporting, *, fail_fast: bool
) -> int:
    """Restore photos as they become complete, until the user or a failure with --fail-fast stops it.

    Returns how many of those that were complete by then are left. Only at the end does a photo fail for want
    of a mask, or because it isn't complete.
    """
    reporting.screen.line("watching; Ctrl-C ends it")
    watcher = Watcher(selection)
    work = partial(restore_photo, workshop=workshop)
    left = 0
    while not reporting.stop.wanted:
        plan = watcher.complete()
        tell_notes(plan, reporting.screen)
        for refusal in plan.refusals:
            reporting.screen.failure(printable(refusal))
        prepare_folders(plan, workshop.journals)
        left = carry_out(plan, work, share, reporting, fail_fast=fail_fast, done=workshop.done)
        reporting.stop.wait(watcher.pause)
    for job in (*watcher.waiting, *watcher.incomplete):
        reporting.tell(work(job))
    return left


@contextmanager
def _opened_page(options: RestoreOptions) -> Iterator[PageWriter | None]:
    """Open the picture report, if one is wanted."""
    if options.html is None:
        yield None
        return
    from inpaint_cli.batch.page import PageWriter

    with PageWriter(
        options.html,
        invert_mask=options.invert_mask,
        mask_mode=options.mask_mode,
        max_pixels=options.max_pixels,
    ) as page:
        yield page
