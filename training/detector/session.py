"""One training run of the detector, from request to finished run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import cv2

from inpaint_cli.cores import free_cores
from inpaint_cli.errors import TrainingDataError, UsageError
from inpaint_cli.paths import real_path
from training.checkpoints import checkpoint_file, read_start
from training.compilation import compilation_told
from training.data.pictures import Pixels
from training.detector.elements import ElementBank
from training.detector.samples import SampleMaker, read_photos
from training.detector.teachers import Teachers
from training.detector.trainer import DetectorConfig, DetectorFigures, DetectorTrainer
from training.devices import find_device
from training.distributed import world_size
from training.memory import DATA, shortage_told
from training.run_folder import RunFolder, check_fresh, check_same_data, claim
from training.run_request import RunRequest, as_tuple
from training.settling import settle

VALID_EVERY = 16
"""Where no photos are given to validate with, every so manieth is held back for it."""


@dataclass(frozen=True, kw_only=True)
class DetectorRequest(RunRequest):
    """What one `inpaint-cli train --model detector` asks for.

    photos: folders of undamaged photos; elements: scanned damage as KIND/*.png, 255 = opaque; teachers:
    checkpoints, or folders of runs, of detectors whose answers are learned as well.
    """

    photos: tuple[Path, ...]
    elements: Path | None = None
    teachers: tuple[Path, ...] = ()

    @property
    def files(self) -> dict[str, tuple[Path, ...]]:
        """The files that are asked for, by the option that names them."""
        own = {"--elements": as_tuple(self.elements), "--teacher": tuple(map(checkpoint_file, self.teachers))}
        return {"--data": self.photos, **super().files, **own}

    def completed(self, begun: Self) -> Self:
        """Return the request with what a run began with wherever no files are asked for."""
        return replace(
            super().completed(begun),
            photos=self.photos or begun.photos,
            elements=self.elements or begun.elements,
            teachers=self.teachers or begun.teachers,
        )


def train_detector(
    request: DetectorRequest,
    started: Callable[[DetectorTrainer, str], None],
    told: Callable[[DetectorFigures], None],
    usual: DetectorConfig | None = None,
) -> RunFolder:
    """Train to the end, keeping the run folder current; a killed run is continued with ``resume``.

    started: is told the trainer and what it trains on; told: the figures, now and then and at the end; usual:
    the settings that the request of a new run changes. Raises UsageError (RunFolderError for what is wrong
    with the folder), TrainingDataError, ModelError for a checkpoint, BackendError for the device.
    """
    if world_size() > 1:
        raise UsageError("the detector trains in one process: start it without torchrun")
    device = find_device(request.device)
    with claim(request.folder) as folder, shortage_told(), compilation_told():
        if not request.resume:
            check_fresh(folder)
        request, config = settle(request, folder, "detector", lambda: usual or DetectorConfig(), _begun)
        start = None if folder.has_state else read_start(request.start_from)
        elements = ElementBank.read(request.elements) if request.elements else None
        with shortage_told(DATA):
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
        names = " + ".join(real_path(path).name for path in request.photos)
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


def _begun(request: DetectorRequest, stored: Mapping[str, Any]) -> tuple[DetectorRequest, DetectorConfig]:
    """The request as it was when the run began, and its settings, out of the run's configuration."""
    valid, elements = (Path(stored[name]) if stored[name] else None for name in ("valid", "elements"))
    first = replace(
        request,
        photos=tuple(map(Path, stored["data"])),
        valid=valid,
        elements=elements,
        start_from=tuple(map(Path, stored["started_from"])),
        teachers=tuple(map(Path, stored.get("teachers", ()))),  # older runs had none
    )
    return first, DetectorConfig.from_dict(stored["training"])


def _photos(request: DetectorRequest) -> tuple[list[Pixels], list[Pixels]]:
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
