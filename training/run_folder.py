"""The folder of one training run.

Its configuration, losses, pictures and checkpoints, and a lock on them all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inpaint_cli.errors import RunFolderError
from training.checkpoints import STATE_FILE, WEIGHTS_FILE
from training.files import write_bytes
from training.loop import EpochFigures
from training.run_files import CONFIG_NAME, LOSSES_NAME, PANEL_NAME, PLOT_NAME

LOCK_NAME = ".lock"
COLUMNS = tuple(field.name for field in fields(EpochFigures))


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run lie, and how they are read and written. Every write is atomic."""

    path: Path

    @property
    def config_file(self) -> Path:
        """What was asked for, as JSON."""
        return self.path / CONFIG_NAME

    @property
    def losses_file(self) -> Path:
        """A row for each epoch."""
        return self.path / LOSSES_NAME

    @property
    def plot_file(self) -> Path:
        """The losses as a plot."""
        return self.path / PLOT_NAME

    @property
    def panel_file(self) -> Path:
        """Damaged, restored and true pictures."""
        return self.path / PANEL_NAME

    @property
    def weights_file(self) -> Path:
        """The checkpoint to export."""
        return self.path / WEIGHTS_FILE

    @property
    def has_state(self) -> bool:
        """Is there something to resume?"""
        return (self.path / STATE_FILE).is_file()

    @property
    def holds_run(self) -> bool:
        """Was a run begun here?"""
        return self.has_progress or self.config_file.exists()

    @property
    def has_progress(self) -> bool:
        """Was anything saved that a run learned here?"""
        return self.has_state or self.losses_file.exists()

    def read_config(self) -> dict[str, Any]:
        """Read what `write_config` wrote. Raises RunFolderError where it isn't there, or isn't that."""
        try:
            config = json.loads(self.config_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunFolderError(
                f"{self.config_file} can't be read ({error}); choose another folder"
            ) from error
        if not isinstance(config, dict) or "model" not in config:
            raise RunFolderError(
                f"{self.config_file} is not the configuration of a run; choose another folder"
            )
        return config

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write the configuration, plain data with at least ``model``, see `write_bytes`."""
        write_bytes(self.config_file, (json.dumps(config, indent=2) + "\n").encode())

    def read_losses(self, last_epoch: int | None = None) -> list[EpochFigures]:
        """Read the epochs so far, up to ``last_epoch``; what came after it is trained again.

        Raises RunFolderError for what `write_losses` has not written.
        """
        if not self.losses_file.is_file():
            return []
        with self.losses_file.open(newline="", encoding="utf-8") as handle:
            try:
                rows = [_parse_row(row) for row in csv.DictReader(handle)]
            except (KeyError, TypeError, ValueError) as error:
                raise RunFolderError(f"{self.losses_file} is not a table of losses: move it away") from error
        return [row for row in rows if last_epoch is None or row.epoch <= last_epoch]

    def write_losses(self, rows: Sequence[EpochFigures]) -> None:
        """Write all epochs so far, see `write_bytes`."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
        write_bytes(self.losses_file, text.getvalue().encode())


@contextmanager
def claim(path: Path) -> Iterator[RunFolder]:
    """Create the folder and hold it for this process alone; a killed process lets go of it.

    A folder made for a run that fails before it has written anything is removed again. Raises RunFolderError
    where another run holds the folder, or where it can't be written.
    """
    created = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / LOCK_NAME, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise RunFolderError(
            f"{path} is in use by another run; wait for it or choose another with -o"
        ) from error
    except OSError as error:
        raise RunFolderError(f"{path} can't be written ({error.strerror}); choose another with -o") from error
    try:
        yield RunFolder(path)
    except BaseException:
        _remove_unused(path, created)
        raise
    finally:
        lock.release()


def _remove_unused(path: Path, created: Sequence[Path]) -> None:
    """Remove these folders, innermost first, if nothing but the lock is there; it is held meanwhile."""
    with suppress(OSError):
        if created and [file.name for file in path.iterdir()] == [LOCK_NAME]:
            (path / LOCK_NAME).unlink()
            for folder in created:
                folder.rmdir()


def check_fresh(folder: RunFolder) -> None:
    """Raise RunFolderError where the folder already holds a run that has saved something, or other files."""
    if folder.has_progress:
        raise RunFolderError(
            f"{folder.path} holds a run already: continue it with --resume or choose another folder with -o"
        )
    if folder.config_file.exists():  # of a run that was killed before it saved anything
        folder.read_config()
        return
    for file in (folder.weights_file, folder.plot_file, folder.panel_file):
        if file.exists():
            raise RunFolderError(f"{file} is there already, and would be lost; choose another folder with -o")


def check_resumable(folder: RunFolder, model: str) -> dict[str, Any]:
    """Return the configuration of the run to continue.

    Raises RunFolderError where there is none or it is another model's.
    """
    if not folder.holds_run:
        raise RunFolderError(f"{folder.path} holds no run to resume; leave --resume out to start one")
    config = folder.read_config()
    if config["model"] != model:
        raise RunFolderError(
            f"{folder.path} holds a run of {config['model']!r}, not of {model!r};"
            " choose another folder with -o"
        )
    return config


def check_same_data(folder: RunFolder, pictures: Sequence[int]) -> None:
    """Raise RunFolderError where a run that is resumed has more or fewer pictures than it began with.

    pictures: how many each source has; runs that are older than this check don't tell.
    """
    begun = folder.read_config().get("pictures") if folder.has_progress else None
    if begun is not None and begun != list(pictures):
        raise RunFolderError(
            f"{folder.path} was begun with {begun} pictures or tiles, now there are {list(pictures)};"
            " put the data back as it was or start another run with -o and --start-from"
        )


def _parse_row(row: Mapping[str, str]) -> EpochFigures:
    numbers = {name: float(row[name]) for name in COLUMNS if name != "epoch"}
    return EpochFigures(epoch=int(row["epoch"]), **numbers)
