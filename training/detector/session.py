"""One training run of the detector, from request to finished run folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from inpaint_cli.backends.cores import free_cores
from inpaint_cli.errors import RunFolderError, TrainingDataError, UsageError
from training.checkpoints import read_start
from training.compilation import compilation_told
from training.detector.elements import ElementBank
from training.detector.samples import SampleMaker, read_photos
from training.detector.shapes import Plane
from training.detector.teachers import Teachers
from training.detector.trainer import DetectorConfig, DetectorFigures, DetectorTrainer
from training.distributed import world_size
from training.memory import shortage_told
from training.run_folder import RunFolder, check_fresh, check_resumable, check_same_data, claim
from training.run_request import RunRequest, as_tuple, refuse_other_files, refuse_other_settings
from training.session import find_device

VALID_EVERY = 16
"""Where no photos are given to validate with, every so manieth is held back for it."""


@dataclass(frozen=True, kw_only=True)
class DetectorRequest(RunRequest):
    """What one `inpaint-cli train --model detector` asks for.

    photos: folders of undamaged photos; elements: scanned damage as KIND/*.png, 255 = opaque; teachers:
    checkpoints of detectors whose answers are learned as well.
    """

    photos: tuple[Path, ...]
    elements: Path | None = None
    teachers: tuple[Path, ...] = ()


def train_detector(
    request: DetectorRequest,
    started: Callable[[DetectorTrainer, str], None],
    told: Callable[[DetectorFigures], None],
    usual: DetectorConfig | None = None,
) -> RunFolder:
    """Train to the end, keeping the run folder current; a killed run is continued with ``resume``.

    started: is told the trainer and what it trains on; told: the figures, now and then and at the end; usual:
    the settings that the request of a new run changes.
    """
    if world_size() > 1:
        raise UsageError("the detector trains in one process: start it without torchrun")
    device = find_device(request.device)
    with claim(request.folder) as folder, shortage_told(), compilation_told():
        request, config = _settle(request, folder, usual or DetectorConfig())
        start = None if folder.has_state else read_start(request.start_from)
        elements = ElementBank.read(request.elements) if request.elements else None
        training, validating = _photos(request)
        sizes = [len(training) + len(validating)]
        check_same_data(folder, sizes)
        trainer = DetectorTrainer(
            config,
            SampleMaker(training, elements, config.samples),
            SampleMaker(validating, elements, config.samples),
            device,
            workers=0 if device.type == "cpu" else max(free_cores() - 1, 1),
            teachers=Teachers.read(request.teachers, device),
            compiled=request.compiles_on(device),
        )
        if folder.has_state:
            trainer.resume(folder.path)
        elif start is not None:
            trainer.start_from(start)
        names = " + ".join(path.resolve().name for path in request.photos)
        described = f"{len(training)} photos ({names})" + (", with scanned damage" if elements else "")
        folder.write_config(
            {
                "model": "detector",
                "training": config.as_dict(),
                "data": [str(path.absolute()) for path in request.photos],
                "valid": str(request.valid.absolute()) if request.valid else None,
                "elements": str(request.elements.absolute()) if request.elements else None,
                "data_description": described,
                "pictures": sizes,
                "started_from": [str(file.absolute()) for file in request.start_from],
                "teachers": [str(file.absolute()) for file in request.teachers],
                "device": str(device),
            }
        )
        started(trainer, described)
        cv2.setNumThreads(1)
        trainer.run(told, lambda: trainer.save(folder.path))
        return folder


def _settle(
    request: DetectorRequest, folder: RunFolder, usual: DetectorConfig
) -> tuple[DetectorRequest, DetectorConfig]:
    """The request with its data, and all settings: those that a run which is resumed began with."""
    if not request.resume:
        check_fresh(folder)
        return request, replace(usual, **request.changes)
    stored = check_resumable(folder, "detector")
    try:
        begun = DetectorConfig.from_dict(stored["training"])
        photos = tuple(Path(path) for path in stored["data"])
        valid, elements = (Path(stored[name]) if stored[name] else None for name in ("valid", "elements"))
        start_from = tuple(map(Path, stored["started_from"]))
        teachers = tuple(map(Path, stored.get("teachers", ())))
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{folder.config_file} is not the configuration of a run ({error})") from error
    if folder.has_progress:
        refuse_other_settings(folder.path, request.changes, vars(begun))
    refuse_other_files(folder.path, "--data", request.photos, photos)
    refuse_other_files(folder.path, "--valid", as_tuple(request.valid), as_tuple(valid))
    refuse_other_files(folder.path, "--elements", as_tuple(request.elements), as_tuple(elements))
    refuse_other_files(folder.path, "--start-from", request.start_from, start_from)
    refuse_other_files(folder.path, "--teacher", request.teachers, teachers)
    resumed = replace(
        request,
        photos=request.photos or photos,
        valid=request.valid or valid,
        elements=request.elements or elements,
        start_from=request.start_from or start_from,
        teachers=request.teachers or teachers,
    )
    return resumed, replace(begun, **request.changes)


def _photos(request: DetectorRequest) -> tuple[list[Plane], list[Plane]]:
    """The photos to train on and those that validate."""
    if not request.photos:
        raise UsageError("the detector is trained on photos of yours: give --data a folder of undamaged ones")
    photos = [photo for folder in request.photos for photo in read_photos(folder)]
    if request.valid is not None:
        return photos, read_photos(request.valid)
    if len(photos) < 2:
        raise TrainingDataError(
            f"{request.photos[0]}: one photo can't both train and validate; give more, or others with --valid"
        )
    return [photo for i, photo in enumerate(photos) if i % VALID_EVERY], photos[::VALID_EVERY]
