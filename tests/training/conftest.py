"""Tiny data, made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny_training import batch_bytes


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """24 pictures to train on, 6 that validate, 5 to test on."""
    folder = tmp_path / "cifar"
    folder.mkdir()
    (folder / "data_batch_1.bin").write_bytes(batch_bytes(24, seed=1))
    (folder / "valid_batch.bin").write_bytes(batch_bytes(6, seed=2))
    (folder / "test_batch.bin").write_bytes(batch_bytes(5, seed=3))
    return folder


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """The networks here are tiny; more threads would only wait for each other."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
