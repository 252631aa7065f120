"""Compilation that fails is told in one line that says what to do."""

from __future__ import annotations

import pytest
from torch._inductor.exc import InvalidCxxCompiler

from inpaint_cli.errors import BackendError
from training.compilation import compilation_told


def test_a_missing_compiler_is_told_in_one_line() -> None:
    told = pytest.raises(BackendError, match=r"can't compile here \(No working C\+\+ .*--no-compile$")
    with told, compilation_told():
        raise InvalidCxxCompiler


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match=r"^the graph is not connected$"), compilation_told():
        raise RuntimeError("the graph is not connected")
