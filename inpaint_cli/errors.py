"""Every error that a user can meet, each with the exit code that it ends the program with.

InpaintError                  70  a bug of ours: nothing below applies
├── UsageError                 2  options that contradict each other or make no sense
│   └── RunFolderError         2  a training run folder of another model, or in use
├── PhotoError                 1  a photo that can't be read or written
│   ├── UnsupportedPhotoError  1  a kind of photo that is refused by name
│   └── DecompressionBombError 1  a photo with more pixels than allowed
├── MaskError                  1  a mask that is missing, unreadable or of another size
├── NothingToDoError           3  no photo was found
├── ModelError                 4  a model, checkpoint or card that can't be used
├── BackendError               4  a backend or device that is not there
└── TrainingDataError          5  training data that can't be used
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process ends with."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    NOTHING_TO_DO = 3
    MODEL_OR_BACKEND = 4
    TRAINING_DATA = 5
    BUG = 70
    INTERRUPTED = 130


NO_MEMORY = "not enough memory; use --jobs 1, and where that is not enough, a machine with more of it"
"""Of a photo. A lower --max-pixels would only refuse it sooner."""


class InpaintError(Exception):
    """Base of every error that is told to the user in one line."""

    exit_code = ExitCode.BUG


class UsageError(InpaintError):
    """Options that contradict each other or make no sense."""

    exit_code = ExitCode.USAGE


class RunFolderError(UsageError):
    """A training run folder that belongs to another model or is in use."""


class PhotoError(InpaintError):
    """A photo that can't be read or written."""

    exit_code = ExitCode.SOME_FAILED


class UnsupportedPhotoError(PhotoError):
    """A kind of photo that is refused by name, because it could not be kept whole."""


class DecompressionBombError(PhotoError):
    """A photo with more pixels than `--max-pixels` allows."""


class MaskError(InpaintError):
    """A mask that is missing, unreadable, of another size or suspicious."""

    exit_code = ExitCode.SOME_FAILED


class NothingToDoError(InpaintError):
    """No photo was found."""

    exit_code = ExitCode.NOTHING_TO_DO


class ModelError(InpaintError):
    """A model, checkpoint or card that can't be used."""

    exit_code = ExitCode.MODEL_OR_BACKEND


class BackendError(InpaintError):
    """A backend or device that is not there."""

    exit_code = ExitCode.MODEL_OR_BACKEND


class TrainingDataError(InpaintError):
    """Training data that can't be used."""

    exit_code = ExitCode.TRAINING_DATA
