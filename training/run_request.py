"""What any training run is asked for, and what of it a run that is resumed may be asked anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from inpaint_cli.errors import RunFolderError
from inpaint_cli.paths import real_path
from training.checkpoints import checkpoint_file

LENGTHS = ("epochs", "minutes")


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What every run can be asked for; None means: as the preset (or the run to continue) says.

    resume: continue the run in the folder. Its preset, its data and other files must be those that it began
    with; so must all settings but its length, once a step of it is saved.
    valid: pictures that validate; start_from: checkpoints, or folders of runs, to begin with, of several
    their mean.
    compiled: compile the network first; None: where it pays, on CUDA.
    """

    folder: Path
    valid: Path | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    minutes: float | None = None
    device: str = "auto"
    compiled: bool | None = None
    resume: bool = False
    start_from: tuple[Path, ...] = ()

    @property
    def changes(self) -> dict[str, Any]:
        """The settings that are asked for, by name."""
        return self._given("batch_size", "learning_rate", "seed", "minutes")

    @property
    def files(self) -> dict[str, tuple[Path, ...]]:
        """The files that are asked for, by the option that names them."""
        return {"--valid": as_tuple(self.valid), "--start-from": tuple(map(checkpoint_file, self.start_from))}

    def refuse_others(self, folder: Path, begun: Self) -> None:
        """Raise RunFolderError where other files are asked for than a run began with."""
        for option, asked in self.files.items():
            refuse_other_files(folder, option, asked, begun.files[option])

    def completed(self, begun: Self) -> Self:
        """Return the request with what a run began with wherever no files are asked for."""
        return replace(self, valid=self.valid or begun.valid, start_from=self.start_from or begun.start_from)

    def compiles_on(self, device: torch.device) -> bool:
        """Whether the network is compiled on this device."""
        return device.type == "cuda" if self.compiled is None else self.compiled

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def refuse_other_settings(folder: Path, asked: Mapping[str, Any], begun: Mapping[str, Any]) -> None:
    """Raise RunFolderError where other settings are asked for than a run began with.

    Only how long it is may be changed.
    """
    for name, value in asked.items():
        if name not in LENGTHS and value != begun[name]:
            raise RunFolderError(
                f"{folder} was begun with {name.replace('_', ' ')} {begun[name]}, not {value};"
                " leave the option out or start another run with -o"
            )


def refuse_other_files(folder: Path, option: str, asked: Sequence[Path], begun: Sequence[Path]) -> None:
    """Raise RunFolderError where a run is to go on with other files than it began with.

    Those that aren't there any more may be given anew: they have been moved.
    """
    same = len(asked) == len(begun) and all(
        real_path(mine) == real_path(first) or not first.exists()
        for mine, first in zip(asked, begun, strict=False)
    )
    if asked and not same:
        how = f"with {option} {' and '.join(map(str, begun))}" if begun else f"without {option}"
        raise RunFolderError(f"{folder} was begun {how}; leave the option out or start another run with -o")


def as_tuple(path: Path | None) -> tuple[Path, ...]:
    """Return a path that may be left out as a sequence of one or none."""
    return () if path is None else (path,)
