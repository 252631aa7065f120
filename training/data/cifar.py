"""CIFAR-10 in its official binary format: a batch file, a folder of batches, or the archive of them.

A batch is any whole number of records of 3,073 bytes: a label, then the red, green and blue planes of 32x32
(Krizhevsky 2009). Only bytes are read; the pickled edition is refused, for a pickle can run any code.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
import torch
from torch import Tensor

from inpaint_cli.errors import TrainingDataError
from inpaint_cli.paths import refuse_endless

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar")
TRAIN_BATCHES = re.compile(r"^data_batch\w*\.bin$")
VALID_BATCH, TEST_BATCH = "valid_batch.bin", "test_batch.bin"
_REMEDY = "give cifar-10-binary.tar.gz, its unpacked folder, or one of its *.bin files"


def parse_batch(data: bytes, name: str) -> Tensor:
    """Turn the bytes of a batch into pictures, uint8 (n, 3, 32, 32). ``name`` is what errors call it.

    Raises TrainingDataError for bytes that are no whole batch.
    """
    if not data:
        raise TrainingDataError(f"{name} is empty; {_REMEDY}")
    whole, rest = divmod(len(data), RECORD)
    if rest:
        raise TrainingDataError(
            f"{name} is {len(data):,} bytes, not a whole number of {RECORD}-byte records"
            f" ({whole:,} and {rest} bytes over): it is truncated or no CIFAR-10 batch; fetch it again"
        )
    records = np.frombuffer(data, np.uint8).reshape(whole, RECORD)
    if int(records[:, 0].max()) > 9:
        raise TrainingDataError(f"{name} is no CIFAR-10 batch (labels above 9); {_REMEDY}")
    return torch.from_numpy(records[:, 1:].reshape(whole, 3, SIDE, SIDE).copy())


def read_batch(file: Path) -> Tensor:
    """Read one batch file: uint8 (n, 3, 32, 32). Raises TrainingDataError for one that can't be used."""
    try:
        refuse_endless(file)
        return parse_batch(file.read_bytes(), str(file))
    except OSError as error:
        raise TrainingDataError(f"{file} can't be read: {error.strerror}; {_REMEDY}") from error


def batches_folder(folder: Path) -> Path:
    """Where the batches of a folder lie: in the one that the official archive makes, or in itself."""
    nested = folder / "cifar-10-batches-bin"
    return nested if nested.is_dir() else folder


def read_batches(folder: Path) -> tuple[Tensor, Tensor | None] | None:
    """Read a folder's batches: (training pictures, validation pictures or None); None where it has none.

    Training takes ``data_batch*.bin``, or every other ``*.bin`` where there is none of that name. The test
    batch is never trained on. Raises TrainingDataError for a batch that can't be used, and where all that
    there is validates or tests.
    """
    folder = batches_folder(folder)
    files = {file.name: file for file in sorted(folder.glob("*.bin"))}
    if not files:
        return None
    names = _training_names(list(files), str(folder))
    valid = read_batch(files[VALID_BATCH]) if VALID_BATCH in files else None
    return torch.cat([read_batch(files[name]) for name in names]), valid


def read_archive(file: Path) -> tuple[Tensor, Tensor | None]:
    """Read the training (and, where there is one, validation) batches of an archive without unpacking it.

    Raises TrainingDataError for an archive or a batch that can't be used, and where none is to train on.
    """
    batches = archive_batches(file)
    names = _training_names(sorted(batches), str(file))
    pictures = torch.cat([parse_batch(batches[name], f"{file}:{name}") for name in names])
    valid = parse_batch(batches[VALID_BATCH], f"{file}:{VALID_BATCH}") if VALID_BATCH in batches else None
    return pictures, valid


def archive_batches(file: Path) -> dict[str, bytes]:
    """Read all ``*.bin`` files of an archive: their names and bytes.

    Raises TrainingDataError for an archive that can't be read, has none, or is the pickled edition.
    """
    batches: dict[str, bytes] = {}
    try:
        refuse_endless(file)
        with _opened(file) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                name = Path(member.name).name
                if member.isfile() and name.endswith(".bin"):
                    content = archive.extractfile(member)
                    batches[name] = content.read() if content else b""
                elif member.isfile() and re.fullmatch(r"data_batch_\d", name):
                    raise TrainingDataError(
                        f"{file} is the pickled edition of CIFAR-10, which is not read (a pickle can run any"
                        " code); give cifar-10-binary.tar.gz"
                    )
            while stream.read(1 << 20):
                pass  # gzip compares its checksum only at the very end
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TrainingDataError(f"{file} is truncated or corrupt ({error}); fetch it again") from error
    except OSError as error:
        raise TrainingDataError(f"{file} can't be read: {error.strerror}; {_REMEDY}") from error
    if not batches:
        raise TrainingDataError(f"{file} has no *.bin batches in it; {_REMEDY}")
    return batches


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb") if file.suffix.lower() == ".tar" else cast(IO[bytes], gzip.open(file))


def _training_names(names: list[str], where: str) -> list[str]:
    chosen = [name for name in names if TRAIN_BATCHES.match(name)]
    chosen = chosen or [name for name in names if name not in (VALID_BATCH, TEST_BATCH)]
    if not chosen:
        raise TrainingDataError(f"{where} has no training batch (data_batch_*.bin); {_REMEDY}")
    return chosen
