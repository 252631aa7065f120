"""One photo through a pipe: `-` reads it from stdin, or writes it to stdout."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inpaint_cli.batch.cores import share_cores
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.output_file import OutputFile
from inpaint_cli.batch.plan import check_mask, check_there
from inpaint_cli.batch.record import Record
from inpaint_cli.batch.restore_photo import Workshop, ended, read_mask_bytes, restore_bytes
from inpaint_cli.batch.run import Stop
from inpaint_cli.cli import interruption
from inpaint_cli.cli.reporting import check_reports, open_reporting
from inpaint_cli.cli.screen import Screen
from inpaint_cli.cli.selection import names_folder
from inpaint_cli.cli.streams import STDIO, path_or_stdio
from inpaint_cli.cli.workshop import open_workshop
from inpaint_cli.errors import ExitCode, PhotoError, UsageError
from inpaint_cli.photos.read import read_bytes

if TYPE_CHECKING:
    from inpaint_cli.cli.restore import RestoreOptions


def restore_one(options: RestoreOptions) -> ExitCode:
    """Restore the photo that the options name; stdout gets the whole photo or nothing.

    Raises UsageError for what can't be read or written so, ModelError, BackendError.
    """
    source = (options.photos or [STDIO])[0]
    target = STDIO if options.output is None else path_or_stdio(options.output)
    if source != STDIO and source.is_dir():
        raise UsageError(f"{source}: is a folder; - takes a single photo")
    if target == STDIO and sys.stdout.isatty():
        raise UsageError("stdout is a terminal; redirect it (> restored.png) or give -o FILE")
    if source == STDIO and sys.stdin.isatty():
        raise UsageError("stdin is a terminal; pipe a photo into it (< photo.jpg)")
    if options.output is not None and names_folder(options.output):
        raise UsageError(f"-o {target}: is a folder; a photo from stdin has no name, give a file")
    if source != STDIO:
        check_there(source)
    check_mask(options.mask)
    _refuse_own_output(target, options.mask)
    screen = Screen(options.quiet, options.verbose)
    check_reports(options.report, options.html)
    workshop = open_workshop(options, share_cores(1))
    interruption.raise_again()
    stop = Stop()
    with open_reporting(screen, stop, json=options.json, report=options.report) as reporting:
        record = workshop.begin(source, target, options.mask)
        outcome = record.attempt(lambda: _restore(source, target, workshop, record, stop))
        if not stop.interrupted:
            reporting.tell(outcome)
    return reporting.exit_code


def _refuse_own_output(target: Path, mask: Path | None) -> None:
    """Raise UsageError where the result would be written over the mask or the photo, which is stdin then."""
    try:
        place = target.stat()
    except OSError:  # it is not there, so that it is neither
        return
    if target == STDIO or not stat.S_ISREG(place.st_mode):
        return
    if mask is not None and _is_at(place, mask.stat):
        raise UsageError(f"-o {target}: the result would be written over the mask; name another file")
    if _is_at(place, partial(os.fstat, 0)):
        raise UsageError(f"-o {target}: the result would be written over the photo; name another file")


def _is_at(place: os.stat_result, look: Callable[[], os.stat_result]) -> bool:
    try:
        return os.path.samestat(place, look())
    except OSError:
        return False


def _restore(source: Path, target: Path, workshop: Workshop, record: Record, stop: Stop) -> Outcome:
    with record.timed("seconds_read"):
        data = sys.stdin.buffer.read() if source == STDIO else read_bytes(source)
        mask = None if record.outcome.mask is None else read_mask_bytes(record.outcome.mask)
    result = restore_bytes(data, mask, workshop, record)
    with record.timed("seconds_write"):
        if target == STDIO:
            _to_stdout(result, stop)
        else:
            output = OutputFile(target.parent, Path(target.name), Journal())
            output.put(result, b"", overwrite=workshop.settings.overwrite, mode=_mode_of_stdin())
    return ended(record, data, result)


def _mode_of_stdin() -> int | None:
    """Return who may read and write the result of a file, as `result_mode` does; None for that of a pipe."""
    mode = os.fstat(0).st_mode
    return mode | stat.S_IRUSR if stat.S_ISREG(mode) else None


def _to_stdout(result: bytes, stop: Stop) -> None:
    """Write the photo; where its reader has left, that is no failure of it. Raises PhotoError."""
    try:
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        stop.interrupt()
    except OSError as error:
        raise PhotoError(f"stdout can't be written: {error.strerror or error}") from error
