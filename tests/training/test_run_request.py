"""What a run is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training.run_request import RunRequest


@pytest.mark.parametrize(
    ("asked", "device", "compiles"),
    [(None, "cpu", False), (None, "cuda", True), (True, "cpu", True), (False, "cuda", False)],
)
def test_a_network_is_compiled_on_cuda_or_where_it_is_asked_for(
    asked: bool | None, device: str, compiles: bool
) -> None:
    request = RunRequest(folder=Path("run"), compiled=asked)
    assert request.compiles_on(torch.device(device)) is compiles
