"""Pictures to train on: CIFAR-10's official binary files, or any folder of pictures cut into tiles."""

from training.data.cifar import parse_batch
from training.data.download import cache_folder, fetch_cifar10
from training.data.load import (
    SourceOption,
    TrainingData,
    load_training_data,
    read_source,
    read_test_pictures,
)

__all__ = [
    "SourceOption",
    "TrainingData",
    "cache_folder",
    "fetch_cifar10",
    "load_training_data",
    "parse_batch",
    "read_source",
    "read_test_pictures",
]
