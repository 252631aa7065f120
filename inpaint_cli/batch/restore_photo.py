"""One photo's work, its steps in order: read, mask, restore, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from inpaint_cli.batch.damage import (
    Bools,
    Damage,
    MaskSettings,
    Pixels,
    check_share,
    combined,
    detected,
    find_damage,
    given_damage,
    hidden,
)
from inpaint_cli.batch.digest import digest_of
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.output_file import OutputFile, result_mode
from inpaint_cli.batch.record import Record
from inpaint_cli.detection import Detector
from inpaint_cli.errors import MaskError, PhotoError
from inpaint_cli.photos import Photo, decode_photo, encode_photo, find_format, output_format, verify
from inpaint_cli.photos.formats import sniff
from inpaint_cli.photos.read import read_bytes
from inpaint_cli.photos.write import check_target


class PixelRestorer(Protocol):
    """Fills damaged pixels, as `inpaint_cli.Restorer` does; safe from several threads."""

    def restore(self, pixels: Pixels, mask: Bools, hidden: Bools | None = None) -> Pixels:
        """Return the photo with other values where the mask is True, made of nothing that is hidden."""
        ...


@dataclass(frozen=True, kw_only=True)
class RestoreSettings:
    """How photos are restored.

    format: a name of `OUTPUT_FORMATS`, None keeps each photo's own. verify: prove each output before it
    is written. overwrite: do everything anew and replace any file in the way.
    """

    masks: MaskSettings = field(default_factory=MaskSettings)
    format: str | None = None
    verify: bool = False
    overwrite: bool = False

    def target(self, format_name: str) -> str:
        """Return the format that a photo of a format is written in."""
        return format_name if self.format is None else find_format(self.format)

    def key(self, format_name: str) -> bytes:
        """Those of the settings that decide the bytes of the output, of a photo of a format.

        One that the photo has already changes nothing.
        """
        target = self.target(format_name)
        converted = None if target == format_name else target
        return repr((converted, self.masks.invert, self.masks.resize, self.masks.mode)).encode()


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the jobs of a run share.

    journals: of each output folder. models: digest of the code, the model and the detector with its settings.
    done: is told each outcome in the worker, with the masks of its pages where they are known.
    model, quality, backend, device: as they are reported, of every photo.
    """

    settings: RestoreSettings
    restorer: PixelRestorer
    detector: Detector | None = None
    journals: dict[str, Journal] = field(default_factory=dict)
    models: bytes = b""
    done: Callable[[Outcome, Sequence[Bools] | None], None] | None = None
    model: str | None = None
    quality: str | None = None
    backend: str | None = None
    device: str | None = None

    def begin(self, photo: Path, output: Path | None, mask: Path | None) -> Record:
        """Return the record of a photo on which nothing is done yet."""
        return Record(
            Outcome(
                photo=photo,
                output=output,
                status="failed",
                mask=mask,
                model=self.model,
                quality=self.quality,
                backend=self.backend,
                device=self.device,
            )
        )


def restore_photo(job: Job, workshop: Workshop) -> Outcome:
    """Do one job; whatever goes wrong ends in a failed outcome, never in an exception."""
    record = workshop.begin(job.photo, job.output, job.mask)
    outcome = record.attempt(lambda: _restore(job, workshop, record))
    if workshop.done is not None:
        workshop.done(outcome, record.masks)
    return outcome


def _restore(job: Job, workshop: Workshop, record: Record) -> Outcome:
    """Leave out what is up to date, else restore it and write it."""
    settings = workshop.settings
    if job.problem:
        raise MaskError(job.problem)
    with record.timed("seconds_read"):
        data, mask = _read(job)
        inputs = _inputs(data, mask, workshop)
        output = OutputFile.of_photo(job, workshop.journals)
        up_to_date = not settings.overwrite and output.is_up_to_date(inputs)
    if up_to_date and not settings.verify:
        return record.finished("skipped", "up to date")
    result = restore_bytes(data, mask, workshop, record)
    with record.timed("seconds_write"):
        mode = result_mode(job.photo)
        written = output.put(result, inputs, overwrite=settings.overwrite, mode=mode)
    return ended(record, data, result) if written else record.finished("skipped", "up to date")


def is_up_to_date(job: Job, workshop: Workshop) -> bool:
    """Say whether a job's result is there already, as it would be made. Raises PhotoError, MaskError."""
    inputs = _inputs(*_read(job), workshop)
    return OutputFile.of_photo(job, workshop.journals).is_up_to_date(inputs)


def _read(job: Job) -> tuple[bytes, bytes | None]:
    """Return the files of the photo and of its mask. Raises PhotoError, MaskError."""
    return read_bytes(job.photo), None if job.mask is None else read_mask_bytes(job.mask)


def _inputs(data: bytes, mask: bytes | None, workshop: Workshop) -> bytes:
    """Return the digest of all that decides the bytes of a result."""
    key = workshop.settings.key(sniff(data) or "")
    return digest_of(data, mask or b"", workshop.models, key)


def restore_bytes(data: bytes, mask: bytes | None, workshop: Workshop, record: Record) -> bytes:
    """Return the restored photo's file; both arguments are files, without a mask the damage is found.

    Notes in the record what was found. Raises PhotoError, MaskError.
    """
    settings, name = workshop.settings, str(record.outcome.photo)
    with record.timed("seconds_read"):
        photo = decode_photo(data, name=name, max_pixels=settings.masks.max_pixels)
        _check_proof(photo.format, photo.name, settings)
        output_format(photo, settings.format)
        given = None if mask is None else given_damage(photo, mask, str(record.outcome.mask), settings.masks)
    with record.timed("seconds"):
        damage = _damage(photo, given, record.outcome.mask, workshop)
        record.note(coverage=damage.coverage, mask_source=damage.source)
        record.masks = damage.masks
        pages = [
            workshop.restorer.restore(page.pixels, hole, hidden(page)) if hole.any() else page.pixels
            for page, hole in zip(photo.pages, damage.masks, strict=True)
        ]
    with record.timed("seconds_write"):
        result = encode_photo(photo, pages, damage.masks, format=settings.format)
        if settings.verify:
            record.note(changed=_proven(photo, result, damage, settings.masks.max_pixels))
    return result


def check_format(format_name: str, data: bytes, name: str, settings: RestoreSettings) -> None:
    """Raise PhotoError where a photo can't be written as is wanted, as far as that shows without decoding it.

    data: all of the file, as for `check_header`.
    """
    _check_proof(format_name, name, settings)
    check_target(format_name, settings.target(format_name), data, name=name)


def _check_proof(format_name: str, name: str, settings: RestoreSettings) -> None:
    """Raise PhotoError where `--verify` can't prove what becomes of a photo of that format."""
    if settings.verify and settings.target(format_name) == "JPEG" != format_name:
        raise PhotoError(
            f"{name}: --verify can't prove a conversion to JPEG, which changes every value a little;"
            " use --format png, or leave --verify out"
        )


def _damage(photo: Photo, given: Damage | None, mask: Path | None, workshop: Workshop) -> Damage:
    """Take the given mask, what is found, or both together; refuse what would restore too much."""
    settings = workshop.settings.masks
    if given is not None and settings.mode != "subtract":
        check_share(given, mask, settings)
    if given is not None and settings.mode == "only":
        return given
    if given is None:
        damage = find_damage(photo, workshop.detector)
    else:
        damage = combined(given, detected(photo, workshop.detector), settings.mode)
    check_share(damage, None, settings)
    return damage


def ended(record: Record, data: bytes, result: bytes) -> Outcome:
    """Return the outcome of a photo that was written: `copied` where nothing was damaged."""
    if record.outcome.coverage or result != data:
        return record.finished("restored")
    return record.finished("copied", "mask is empty" if record.outcome.mask_source == "file" else "clean")


def read_mask_bytes(mask: Path) -> bytes:
    """Read a mask's file. Raises MaskError."""
    try:
        return read_bytes(mask)
    except PhotoError as error:
        raise MaskError(f"mask {error}") from error


def _proven(photo: Photo, result: bytes, damage: Damage, max_pixels: int) -> int:
    """Return 0, or refuse a result that differs outside the mask."""
    found = verify(photo.source, result, damage.masks, max_pixels=max_pixels)
    changed = found.changed_values if found.changed_blocks is None else found.changed_blocks
    if not found.kept:
        what = found.problem or f"{changed} {'values' if found.changed_blocks is None else 'blocks'} changed"
        raise PhotoError(f"{photo.name}: --verify found that outside the mask {what}; it is not written")
    return changed
