"""One photo's work for `detect`: read, find, write the mask and a picture to look at."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from inpaint_cli.batch.damage import Damage, MaskSettings, check_share, find_damage, given_damage
from inpaint_cli.batch.digest import digest_of
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.output_file import OutputFile, result_mode
from inpaint_cli.batch.overlay import draw_overlay, overlay_name
from inpaint_cli.batch.own_code import code_digest
from inpaint_cli.batch.record import Record
from inpaint_cli.detection import Detector
from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import Photo, decode_photo, encode_mask
from inpaint_cli.photos.read import read_bytes

_BY_HAND = "its mask was made or edited by hand; --overwrite replaces it"


@dataclass(frozen=True, kw_only=True)
class DetectSettings:
    """How damage is searched for, and where it is shown.

    overlay: folder for pictures of the photos with the damage in red, None for none.
    journals: of each folder that is written into. models: digest of the code, and the detector with its
    settings.
    """

    detector: Detector
    masks: MaskSettings
    overlay: Path | None = None
    overwrite: bool = False
    journals: dict[str, Journal] = field(default_factory=dict)
    models: bytes = b""


def detect_photo(job: Job, settings: DetectSettings) -> Outcome:
    """Do one job; whatever goes wrong ends in a failed outcome, never in an exception."""
    record = Record(Outcome(photo=job.photo, output=job.output, status="failed"))
    return record.attempt(lambda: _detect(job, settings, record))


def _detect(job: Job, settings: DetectSettings, record: Record) -> Outcome:
    if job.problem:
        raise PhotoError(job.problem)
    with record.timed("seconds_read"):
        data = read_bytes(job.photo)
        place = (os.fsencode(job.output_relative),)
        inputs = digest_of(data, settings.models, *place)
        journal = _journal(settings, job.output_root)
        output = OutputFile(
            Path(job.output_root), Path(job.output_relative), journal, photo=job.photo, place=place
        )
        other = _other_mask(job, journal)
        kept, why = _kept(job, output, other, inputs, settings)
    if kept is not None:
        with record.timed("seconds_write"):
            if other is not None:
                _withdraw(other, job, settings)
            if settings.overlay is not None:
                _show_kept(data, kept, job, settings, settings.overlay)
        return record.finished("skipped", why)
    with record.timed("seconds_read"):
        photo = decode_photo(data, name=str(job.photo), max_pixels=settings.masks.max_pixels)
    with record.timed("seconds"):
        damage = find_damage(photo, settings.detector)
        check_share(damage, None, settings.masks)
    record.note(coverage=damage.coverage, mask_source=damage.source)
    with record.timed("seconds_write"):
        mask = encode_mask(damage.masks, job.output.suffix)
        output.put(mask, inputs, overwrite=settings.overwrite, mode=result_mode(job.photo))
        if other is not None:
            _withdraw(other, job, settings)
        if settings.overlay is not None:  # last: the mask is there even where the picture can't be written
            shown = _shown(job, settings, settings.overlay)
            _show(shown, photo, damage, _overlay_inputs(data, mask, job), job, settings)
    return record.finished("found") if damage.coverage else record.finished("clean", "nothing was found")


def _other_mask(job: Job, journal: Journal) -> OutputFile | None:
    """Look at the photo's mask of another name, which is there from when it shared its stem, or didn't."""
    if job.rival is None:
        return None
    root, relative = Path(job.output_root), job.rival.relative_to(job.output_root)
    return OutputFile(root, relative, journal, photo=job.photo, place=(os.fsencode(relative),))


def _withdraw(mask: OutputFile, job: Job, settings: DetectSettings) -> None:
    """Remove the photo's mask of another name, where it is ours, and its picture to look at."""
    if mask.withdraw() and settings.overlay is not None and job.rival is not None:
        named = str(job.rival.relative_to(job.output_root))
        _shown(replace(job, output_relative=named), settings, settings.overlay).withdraw()


def _kept(
    job: Job, output: OutputFile, other: OutputFile | None, inputs: bytes, settings: DetectSettings
) -> tuple[Path | None, str]:
    """Return the photo's mask that stays as it is, and why; None, "" where one is to be made.

    Raises PhotoError where one made by hand is there beside the output: `restore` could not choose either.
    """
    if other is not None and other.is_of_others():
        if output.is_there:
            raise PhotoError(f"two masks for it are there, {job.output} and {job.rival}; remove one of them")
        return job.rival, f"its mask is {job.rival}, made or edited by hand; remove it to have one found"
    if settings.overwrite:
        return None, ""
    if output.is_up_to_date(inputs):
        return job.output, "up to date"
    return (job.output, _BY_HAND) if output.is_of_others() else (None, "")


def _show_kept(data: bytes, mask: Path, job: Job, settings: DetectSettings, folder: Path) -> None:
    """Write the picture to look at of a mask that stays, unless it is there already."""
    white = read_bytes(mask)
    shown, inputs = _shown(job, settings, folder), _overlay_inputs(data, white, job)
    if not shown.is_up_to_date(inputs):
        photo = decode_photo(data, name=str(job.photo), max_pixels=settings.masks.max_pixels)
        damage = given_damage(photo, white, str(mask), settings.masks)
        _show(shown, photo, damage, inputs, job, settings)


def _show(
    shown: OutputFile, photo: Photo, damage: Damage, inputs: bytes, job: Job, settings: DetectSettings
) -> None:
    picture = draw_overlay(photo, damage.masks)
    shown.put(picture, inputs, overwrite=settings.overwrite, mode=result_mode(job.photo))


def _shown(job: Job, settings: DetectSettings, folder: Path) -> OutputFile:
    """Look at the picture to look at that may be there."""
    name = overlay_name(job)
    journal = _journal(settings, str(folder))
    return OutputFile(folder, Path(name), journal, photo=job.photo, place=(os.fsencode(name),))


def _overlay_inputs(data: bytes, mask: bytes, job: Job) -> bytes:
    return digest_of(data, mask, code_digest(), os.fsencode(overlay_name(job)))


def _journal(settings: DetectSettings, folder: str) -> Journal:
    return settings.journals.get(folder) or Journal()
