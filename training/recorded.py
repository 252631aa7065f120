"""A training step as a CUDA graph: recorded once and replayed, so that Python launches no kernel of it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

WARM_UP = 3
"""Steps that run as they are, before one is recorded: compilation and the optimiser's first step allocate."""


class RecordedStep:
    """Calls a step as it is at first, then replays what it recorded: a CUDA graph of all the step launches.

    The step may not wait for the device nor take a number from Python that changes between calls: learning
    rates are tensors, and random numbers come from ``generator`` alone, which may be seeded anew before each
    call. What the step returns is overwritten by the next call.
    """

    def __init__(self, step: Callable[[], Tensor], generator: torch.Generator) -> None:
        self._step, self._generator = step, generator
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._answer: Tensor | None = None

    def __call__(self) -> Tensor:
        """Do one step."""
        if self._calls < WARM_UP:
            self._calls += 1
            return self._beside()
        if self._graph is None or self._answer is None:
            self._graph, self._answer = self._record()
        self._graph.replay()
        return self._answer

    def _beside(self) -> Tensor:
        """One step on a stream of its own, as a later recording needs it."""
        own, usual = torch.cuda.Stream(), torch.cuda.current_stream()  # type: ignore[no-untyped-call]
        own.wait_stream(usual)
        with torch.cuda.stream(own):
            answer = self._step()
        usual.wait_stream(own)
        return answer

    def _record(self) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._generator)
        with torch.cuda.graph(graph):
            answer = self._step()
        return graph, answer
