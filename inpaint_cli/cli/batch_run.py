"""What every command on many photos does around its own work."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from inpaint_cli.batch.cores import Share
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import JOURNAL_NAME, Journal
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.output_file import IS_A_FILE, cannot_be_made
from inpaint_cli.batch.plan import Plan
from inpaint_cli.batch.run import run
from inpaint_cli.batch.walk import results_around
from inpaint_cli.cli.reporting import Reporting
from inpaint_cli.cli.screen import Screen
from inpaint_cli.errors import NothingToDoError, PhotoError, UsageError
from inpaint_cli.printable import first_named, printable
from inpaint_cli.replacing import sweep

_OF_NO_FILE = (errno.EINVAL, errno.EISDIR, errno.ELOOP)
"""Of a journal that is a pipe, a folder or a link."""


def check_plan(plan: Plan, screen: Screen, photos: list[Path]) -> None:
    """Tell what was left out, and raise where the plan is refused or empty."""
    tell_notes(plan, screen)
    if plan.orphans:
        count = "1 mask is" if len(plan.orphans) == 1 else f"{len(plan.orphans)} masks are"
        screen.line(f"note: {count} used for no photo: {first_named(plan.orphans)}")
    plan.check()
    if not plan.outcomes:
        raise nothing_found(photos)


def nothing_found(photos: list[Path]) -> NothingToDoError:
    """Return the error of a plan that has neither photos nor problems; photos: what was named."""
    return NothingToDoError(f"no photo was found in {', '.join(map(printable, photos))}")


def tell_notes(plan: Plan, screen: Screen) -> None:
    """Tell of harmless things that are left out."""
    for note in plan.notes:
        screen.line(f"note: {printable(note)}")


def open_journals(plan: Plan, overlay: Path | None = None) -> dict[str, Journal]:
    """Make the plan's output folders and return their journals.

    overlay: one more folder for something of each job; where it can't be used, none is made.
    Raises UsageError.
    """
    if refusal := _overlay_refused(overlay):
        raise UsageError(refusal)
    journals: dict[str, Journal] = {}
    prepare_folders(plan, journals)
    if overlay is not None:
        written = plan.output_folders().items()
        below = {overlay / folder.relative_to(root) for root, folders in written for folder in folders}
        _prepare(overlay, below, flag="--overlay")
        journals[str(overlay)] = _journal_in(overlay)
    return journals


def prepare_folders(plan: Plan, journals: dict[str, Journal]) -> None:
    """Make each output folder, clean up after killed runs, and open its journal."""
    folders = plan.output_folders()
    for root, place in _journal_places(plan).items():
        if root not in journals:
            _prepare(Path(root), folders[root])
            journals[root] = _journal_in(place)


def _journal_places(plan: Plan) -> dict[str, Path]:
    """Return the output folders that have a journal, or get one, each with the folder that it lies in.

    An output that was named as a file begins none: it goes by that of the results which it lies among.
    """
    roots = plan.output_folders()
    if not plan.is_single_file:
        return {root: Path(root) for root in roots}
    return {root: place for root in roots if (place := results_around(Path(root))) is not None}


def known_journals(plan: Plan) -> dict[str, Journal]:
    """Return what `prepare_folders` opens, as it is now, without beginning any. Raises UsageError."""
    try:
        return {root: Journal.read(place) for root, place in _journal_places(plan).items()}
    except PhotoError as error:
        raise UsageError(str(error)) from error


def folders_refused(plan: Plan, overlay: Path | None = None) -> list[str]:
    """Return what `open_journals` would refuse, as far as that is known without making a folder."""
    refusals = [_why_refused(Path(root), place) for root, place in _journal_places(plan).items()]
    return [refusal for refusal in (*refusals, _overlay_refused(overlay)) if refusal]


def _overlay_refused(overlay: Path | None) -> str:
    return "" if overlay is None else _why_refused(overlay, overlay, flag="--overlay")


def _why_refused(root: Path, journal_place: Path, *, flag: str = "-o") -> str:
    """Return why an output folder can't be used, "" where it may well be.

    One that may not be written to, but whose journal may, is no trouble where all in it is up to date.
    """
    place, journal = existing_part(root), journal_place / JOURNAL_NAME
    if place.is_dir() and os.path.lexists(journal):
        is_usable = journal.is_file() and not journal.is_symlink() and os.access(journal, os.R_OK | os.W_OK)
        return "" if is_usable else f"{journal}: the journal can't be used"
    if place.is_dir() and may_write_in(place):
        return ""
    if place != root:
        return cannot_be_made(root, f"nothing may be written in {place}", flag)
    if not place.is_dir():
        return cannot_be_made(root, IS_A_FILE, flag)
    return f"{root}: nothing may be written there"


def existing_part(path: Path) -> Path:
    """Return a path, or the nearest one around it that is there."""
    return next(filter(os.path.lexists, (path, *path.absolute().parents)), path)


def may_write_in(folder: Path) -> bool:
    """Say whether files may be put into a folder, which must exist."""
    return os.access(folder, os.W_OK | os.X_OK)


def _prepare(root: Path, folders: Iterable[Path], *, flag: str = "-o") -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(cannot_be_made(root, error.strerror or str(error), flag)) from error
    sweep(folders)


def _journal_in(root: Path) -> Journal:
    """Open the journal of a folder; where nothing may be written there, that is told instead of its name."""
    try:
        return Journal.open(root)
    except PhotoError as error:
        cause = error.__cause__
        read_only = isinstance(cause, OSError) and cause.errno == errno.EROFS
        refused = isinstance(cause, PermissionError) and not os.path.lexists(root / JOURNAL_NAME)
        if isinstance(cause, OSError) and (read_only or refused):
            raise UsageError(f"{root}: nothing may be written there ({cause.strerror})") from error
        if isinstance(cause, OSError) and (isinstance(cause, PermissionError) or cause.errno in _OF_NO_FILE):
            raise UsageError(str(error)) from error
        raise


def carry_out(
    plan: Plan,
    work: Callable[[Job], Outcome],
    share: Share,
    reporting: Reporting,
    *,
    fail_fast: bool,
    done: Callable[[Outcome, None], None] | None = None,
) -> int:
    """Carry a plan out and report on it; return how many photos were left when it was stopped.

    Folders that can't be read count as failed.

    done: is told of these folders what `work` tells of the photos itself, see `Workshop`.
    """
    for folder, reason in plan.problems:
        outcome = Outcome(photo=Path(folder), output=None, status="failed", reason=reason)
        if done is not None:
            done(outcome, None)
        reporting.tell(outcome)
    left = len(plan.jobs)
    for outcome in run(plan.jobs, work, workers=share.jobs, stop=reporting.stop, fail_fast=fail_fast):
        reporting.tell(outcome)
        left -= 1
    return left
