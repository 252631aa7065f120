"""The three files of an exported model, and what they may replace."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError

from inpaint_cli.backends import ModelCard, read_card
from inpaint_cli.errors import ModelError, UsageError
from training.tensor_files import opened_tensors

WEIGHTS_KEYS = frozenset({"model", "config"})
"""Metadata of a model's weights; a run's state and checkpoint have more."""


def model_files(target: Path) -> tuple[Path, Path, Path]:
    """The weights for torch, the model, and its card."""
    return target.with_suffix(".safetensors"), target, target.with_suffix(".json")


def check_replaceable(target: Path, source: Path | None = None) -> None:
    """Raise UsageError where one of a model's files would replace its own source, or no model's file of ours.

    source: the checkpoint that is exported.
    """
    for file in model_files(target):
        if not file.exists():
            continue
        if source is not None and source.exists() and file.samefile(source):
            raise UsageError(
                f"{file} is the checkpoint itself, which the model's weights would replace;"
                " choose another name with -o"
            )
        if not _is_of_a_model(file):
            raise UsageError(
                f"{file} is there already and is no exported model's file, so it isn't replaced;"
                " choose another name with -o, or move it away"
            )


def _is_of_a_model(file: Path) -> bool:
    """Whether an earlier export wrote the file."""
    try:
        if file.suffix == ".onnx":
            read_card(file.read_bytes(), source=str(file))
        elif file.suffix == ".json":
            ModelCard.from_json(file.read_bytes())
        else:
            with opened_tensors(file, "numpy") as opened:
                return (opened.metadata() or {}).keys() == WEIGHTS_KEYS
    except (ModelError, SafetensorError, OSError, ValueError):
        return False
    return True
