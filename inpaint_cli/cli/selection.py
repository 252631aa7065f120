"""From flags to what the plan is made of."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from inpaint_cli.batch.plan import Selection
from inpaint_cli.errors import NothingToDoError, UsageError
from inpaint_cli.photos import FORMAT_SUFFIXES, PHOTO_SUFFIXES, SUFFIX_FORMATS, find_format

if TYPE_CHECKING:
    from inpaint_cli.cli.detect import DetectOptions
    from inpaint_cli.cli.restore import RestoreOptions


def selection_of(options: RestoreOptions) -> Selection:
    """Return the photos, masks and outputs that the flags name. Raises UsageError, NothingToDoError."""
    output_file = output_file_of(options)
    return Selection(
        photos=tuple(options.photos or ()),
        listed=_listed(options),
        output=None if output_file or options.output is None else Path(options.output),
        output_file=output_file,
        base=options.base,
        mask=options.mask,
        mask_dir=options.mask_dir,
        suffix=None if options.format is None else FORMAT_SUFFIXES[find_format(options.format)],
        suffixes=PHOTO_SUFFIXES,
    )


def detect_selection(options: DetectOptions) -> Selection:
    """Return the photos that the flags of `detect` name, and where their masks go; see `read_list`.

    Raises NothingToDoError as well.
    """
    return Selection(
        photos=tuple(options.photos or ()),
        listed=_listed(options),
        output=options.output,
        base=options.base,
        suffixes=PHOTO_SUFFIXES,
        masks_wanted=True,
    )


def output_file_of(options: RestoreOptions) -> Path | None:
    """Return the file that -o names: a suffix, no folder that is there, and one photo to restore.

    Raises UsageError where its suffix stands for no format that we write, or for another than `--format`.
    """
    if options.output is None or names_folder(options.output):
        return None
    output, photos = Path(options.output), options.photos or []
    if not output.suffix:
        return None
    if len(photos) != 1 or options.files_from or photos[0].is_dir():
        if output.suffix.lower() not in PHOTO_SUFFIXES:
            return None
        raise UsageError(f"-o {output}: names one photo, but several may come; give a folder")
    _check_suffix(output, options.format)
    return output


def names_folder(output: str) -> bool:
    """Say whether -o names a folder: one that is there, or will be, which a slash at the end says."""
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def _check_suffix(output: Path, wanted: str | None) -> None:
    meant = SUFFIX_FORMATS.get(output.suffix.lower())
    if meant is None:
        choices = ", ".join(SUFFIX_FORMATS)
        raise UsageError(f"-o {output}: choose a suffix from {choices}, or make a folder of this name first")
    if wanted is not None and find_format(wanted) != meant:
        raise UsageError(
            f"-o {output}: the suffix says {meant}, --format {find_format(wanted)}; change one of them"
        )


def wanted_format(options: RestoreOptions) -> str | None:
    """Return `--format`, else what the suffix of `-o FILE` means, else None: keep the photo's own.

    As `OUTPUT_FORMATS` has it, however it was typed. Raises UsageError where they make no sense.
    """
    output = output_file_of(options)
    if options.format is not None:
        return find_format(options.format).lower()
    return None if output is None else SUFFIX_FORMATS[output.suffix.lower()].lower()


def _listed(options: RestoreOptions | DetectOptions) -> tuple[Path, ...]:
    """Return the photos of the list, if one is given. Raises NothingToDoError where there are no others."""
    if not options.files_from:
        return ()
    paths = read_list(options.files_from, null=options.null)
    if not paths and not options.photos:
        raise NothingToDoError(f"--files-from {options.files_from}: names no photo")
    return paths


def read_list(file: str, *, null: bool) -> tuple[Path, ...]:
    """Read paths from a file or stdin (`-`), one a line or NUL-separated, as the system's bytes.

    Editors on Windows begin the list with a mark of its encoding, which is no part of the first path. Raises
    UsageError for a list that can't be read or holds NULs otherwise.
    """
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"--files-from {file}: can't be read: {error.strerror or error}") from error
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content and not null:
        raise UsageError(f"--files-from {file}: holds NULs: give -0 if they end paths, save UTF-16 as UTF-8")
    lines = content.split(b"\0") if null else [line.removesuffix(b"\r") for line in content.split(b"\n")]
    return tuple(Path(os.fsdecode(line)) for line in lines if line)
