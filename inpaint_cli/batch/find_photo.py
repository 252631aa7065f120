"""One photo's work for `detect`: read, find, write the mask and a picture to look at."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.output_file import OutputFile
from inpaint_cli.batch.page_masks import Bools, Damage, MaskSettings, Pixels, find_damage
from inpaint_cli.batch.record import Record
from inpaint_cli.detection import Detector
from inpaint_cli.errors import PhotoError
from inpaint_cli.photos import Photo, read_photo

_TINT = np.array([255, 0, 96], np.float32)
_TINT_SHARE = 0.6
_OVERLAY_QUALITY = 90


@dataclass(frozen=True, kw_only=True)
class FindSettings:
    """How damage is searched for, and where it is shown.

    overlay: folder for pictures of the photos with the damage in red, None for none.
    """

    detector: Detector
    masks: MaskSettings
    overlay: Path | None = None
    overwrite: bool = False


def find_photo(job: Job, settings: FindSettings) -> Outcome:
    """Do one job; whatever goes wrong ends in a failed outcome, never in an exception."""
    record = Record(Outcome(photo=job.photo, output=job.output, status="failed"))
    return record.attempt(lambda: _find(job, settings, record))


def _find(job: Job, settings: FindSettings, record: Record) -> Outcome:
    if job.problem:
        raise PhotoError(job.problem)
    if job.output.exists() and not settings.overwrite:
        return record.finished(
            "skipped", "its mask is there already, perhaps edited; --overwrite replaces it"
        )
    with record.timed("seconds_read"):
        photo = read_photo(job.photo, max_pixels=settings.masks.max_pixels)
    with record.timed("seconds"):
        damage = find_damage(photo, settings.detector, settings.masks)
    record.note(coverage=damage.coverage, mask_source=damage.source)
    with record.timed("seconds_write"):
        if settings.overlay is not None:
            _put(settings.overlay, job.output_relative + ".jpg", _overlay(photo, damage))
        _put(Path(job.output_root), job.output_relative, _mask_file(damage, job.output.suffix))
    return record.finished("found") if damage.coverage else record.finished("clean", "nothing was found")


def _put(root: Path, relative: str, data: bytes) -> None:
    OutputFile(root, Path(relative), Journal()).put(data, b"", overwrite=True)


def _mask_file(damage: Damage, suffix: str) -> bytes:
    """Encode the masks of all pages, white = damage; black, to be edited too, where nothing was found."""
    pages = [Image.fromarray(mask.astype(np.uint8) * 255) for mask in damage.masks]
    file = BytesIO()
    if suffix == ".tif":
        pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate")
    elif len(pages) == 1:
        pages[0].save(file, "PNG", optimize=True)
    else:
        raise PhotoError(f"has {len(pages)} pages, and its mask can't be a PNG; give it a .tif suffix")
    return file.getvalue()


def _overlay(photo: Photo, damage: Damage) -> bytes:
    """Picture the first page that is damaged, with the damage in red, as a JPEG."""
    shown = next((at for at, mask in enumerate(damage.masks) if mask.any()), 0)
    file = BytesIO()
    Image.fromarray(tinted(photo.pages[shown].pixels, damage.masks[shown])).save(
        file, "JPEG", quality=_OVERLAY_QUALITY
    )
    return file.getvalue()


def tinted(pixels: Pixels, mask: Bools) -> npt.NDArray[np.uint8]:
    """Return (h, w, 3) uint8: the photo with damaged pixels mixed with red.

    pixels: (h, w, 1|3), uint8 or uint16; mask: (h, w), True = damaged.
    """
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    picture = np.broadcast_to(eight, (*mask.shape, 3)).astype(np.uint8)
    mixed = picture[mask] * (1 - _TINT_SHARE) + _TINT * _TINT_SHARE
    picture[mask] = np.rint(mixed).astype(np.uint8)
    return picture
