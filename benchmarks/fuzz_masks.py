"""Fuzzing of masks: a sound photo is restored with a mutated mask file. See `benchmarks.fuzz`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.fuzz_mutations import mutated, with_right_checksums
from benchmarks.fuzz_photos import MAX_PIXELS, check_message
from benchmarks.fuzz_pictures import masks, photos
from inpaint_cli.batch.damage import MaskSettings
from inpaint_cli.batch.restore_photo import RestoreSettings, Workshop, restore_bytes
from inpaint_cli.errors import InpaintError


class _HalfAsBright:
    def restore(self, pixels: Any, mask: Any, hidden: Any = None) -> Any:
        """Return the photo with half the brightness where the mask is True."""
        restored = pixels.copy()
        restored[mask] //= 2
        return restored


def make(number: int) -> tuple[str, bytes]:
    """Return the name of the seed and the mutated file of a number."""
    name, data, generator = mutated(number, masks())
    if name.startswith("png") and generator.random() < 0.8:
        data = with_right_checksums(data)
    return name, bytes(data)


def target(data: bytes) -> str:
    """Restore a photo with `data` as its mask, scaled where it must be; raise for a bug of ours."""
    settings = MaskSettings(resize=True, invert=bool(data[-1] & 1), max_damage=1.0, max_pixels=MAX_PIXELS)
    workshop = Workshop(settings=RestoreSettings(masks=settings, verify=True), restorer=_HalfAsBright())
    record = workshop.begin(Path("photo.png"), None, Path("fuzz"))
    try:
        restore_bytes(photos()["bmp-24"], data, workshop, record)
    except InpaintError as error:
        check_message(error)
        return type(error).__name__
    return "restored"
