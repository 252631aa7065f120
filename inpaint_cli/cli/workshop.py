"""Opens what the jobs of a run share: the network, the detector, and what identifies them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inpaint_cli.backends import RESTORING, check_device, find_model
from inpaint_cli.batch.cores import Share
from inpaint_cli.batch.damage import MaskSettings
from inpaint_cli.batch.digest import digest_of, file_digest
from inpaint_cli.batch.own_code import backend_digest, code_digest
from inpaint_cli.batch.restore_photo import RestoreSettings, Workshop
from inpaint_cli.cli.selection import wanted_format
from inpaint_cli.detection import (
    DEFAULT_DETECTOR,
    DEFAULT_SENSITIVITY,
    Detector,
    MarkerDetector,
    open_detector,
    parse_colour,
    resolve_detector,
)
from inpaint_cli.detection.factory import CALIBRATIONS, MODELS
from inpaint_cli.restoration import Restorer
from inpaint_cli.restoration.quality import find_quality

if TYPE_CHECKING:
    from inpaint_cli.cli.checks import Finding
    from inpaint_cli.cli.restore import RestoreOptions


def check_workshop(options: RestoreOptions) -> None:
    """Look for model and device without opening them. Raises what `open_workshop` would."""
    for tier in find_quality(options.quality).tiers_with(options.model):
        find_model(tier.model, kinds=RESTORING).weights(options.backend)
    check_device(options.device, backend=options.backend)
    if options.finds_damage:
        check_detector_model(options)


def check_detector_model(options: Finding) -> None:
    """The same for `open_detector_of`: a detector without a network runs everywhere."""
    if options.mask_color is not None:
        return
    kind, model = resolve_detector(options.detector or DEFAULT_DETECTOR)
    if model is not None:
        find_model(model, kinds=(MODELS[kind],)).weights(options.backend)
        check_device(options.device, backend=options.backend)


def open_workshop(options: RestoreOptions, share: Share) -> Workshop:
    """Open the network, and the detector where there are no masks. Raises ModelError, BackendError."""
    quality = find_quality(options.quality)
    restorer = Restorer(
        options.model,
        quality=options.quality,
        backend=options.backend,
        device=options.device,
        threads=share.threads if options.backend == "onnx" else share.threads_of_each,
    )
    detector = open_detector_of(options, share) if options.finds_damage else None
    return Workshop(
        settings=settings_of(options),
        restorer=restorer,
        detector=detector,
        models=digest_of(
            *(_model_digest(tier.model) for tier in quality.tiers_with(options.model)),
            code_digest(),
            backend_digest(options.backend),
            restorer.device.encode(),
            quality.key,
            b"" if detector is None else detector_key(options, detector),
        ),
        model=options.model or restorer.card.name,
        quality=options.quality,
        backend=options.backend,
        device=restorer.device,
    )


def settings_of(options: RestoreOptions) -> RestoreSettings:
    """Return what the flags say about masks and outputs."""
    return RestoreSettings(
        masks=MaskSettings(
            invert=options.invert_mask,
            resize=options.resize_mask,
            max_damage=options.max_damage,
            max_pixels=options.max_pixels,
            mode=options.mask_mode,
        ),
        format=wanted_format(options),
        verify=options.verify,
        overwrite=options.overwrite,
    )


def open_detector_of(options: Finding, share: Share) -> Detector:
    """Open the detector that the flags name. Raises ModelError, BackendError, UsageError.

    Unlike the restorer's in onnxruntime, its threads are for each photo, so they are divided among the jobs.
    """
    if options.mask_color is not None:
        return MarkerDetector(
            parse_colour(options.mask_color),
            options.mask_tolerance,
            min_size=options.min_size or 1,
            grow=options.grow or 0,
        )
    return open_detector(
        options.detector or DEFAULT_DETECTOR,
        backend=options.backend,
        device=options.device,
        threads=share.threads_of_each,
        sensitivity=_sensitivity(options),
        min_size=options.min_size,
        grow=options.grow,
    )


def detector_key(options: Finding, detector: Detector) -> bytes:
    """Return everything that decides what is found by the detector that was opened as the flags say.

    What the flags mean counts, and not how they are typed: whoever spells a default out changes nothing.
    """
    if isinstance(detector, MarkerDetector):
        return repr(detector).encode()
    kind, used = resolve_detector(options.detector or DEFAULT_DETECTOR)
    sensitivity = _sensitivity(options)
    cleanup = CALIBRATIONS[kind].cleanup(sensitivity, options.min_size, options.grow)
    model = b"" if used is None else _model_digest(used)
    return model + repr((kind, sensitivity, cleanup, detector.device)).encode()


def _sensitivity(options: Finding) -> float:
    return DEFAULT_SENSITIVITY if options.sensitivity is None else options.sensitivity


def _model_digest(model: str | Path) -> bytes:
    """Return a digest of the weights, whatever the card says about them."""
    files = find_model(model)
    digests = [file_digest(file) for file in (files.onnx, files.safetensors) if file is not None]
    return digest_of(*(digest for digest in digests if digest is not None))
