"""Optimisers and learning-rate schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from inpaint_cli.errors import UsageError

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration (Jordan et al. 2024)."""


def orthogonalise(gradient: Tensor, steps: int = 5) -> Tensor:
    """Bring all singular values of a matrix (rows, columns) near 1 by Newton-Schulz iteration, in float32.

    torch's own Muon does this in bfloat16, which CPUs without such arithmetic emulate slowly.
    """
    a, b, c = NEWTON_SCHULZ
    wide = gradient.shape[0] <= gradient.shape[1]
    x = gradient if wide else gradient.mT
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x if wide else x.mT
    return result


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz for kernels (Jordan et al. 2024), Adam for all else.

    Kernels are taken as matrices (outputs, inputs x window). The step of a kernel is scaled to the size that
    Adam's steps have (Liu et al. 2025, section 2.2), so that one learning rate serves both.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "betas": (0.9, 0.99)})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    update = self._kernel_step if parameter.ndim == 4 else self._adam_step
                    parameter.add_(update(parameter, group), alpha=-group["lr"])

    def _kernel_step(self, kernel: Tensor, group: dict[str, float]) -> Tensor:
        state, gradient = self.state[kernel], kernel.grad
        assert gradient is not None
        if not state:
            state["momentum"] = torch.zeros_like(kernel)
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(state["momentum"], group["momentum"])
        update = orthogonalise(ahead.reshape(len(kernel), -1))
        return update.mul(0.2 * max(update.shape) ** 0.5).reshape(kernel.shape)

    def _adam_step(self, parameter: Tensor, group: dict[str, tuple[float, float]]) -> Tensor:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state.update(
                mean=torch.zeros_like(parameter), square=torch.zeros_like(parameter), step=torch.zeros(())
            )
        first, second = group["betas"]
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].lerp_(gradient.square(), 1 - second)
        mean: Tensor = state["mean"] / (1 - first ** state["step"])
        square: Tensor = state["square"] / (1 - second ** state["step"])
        return mean / (square.sqrt() + 1e-8)


OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter], float], torch.optim.Optimizer]] = {
    "adam": lambda parameters, rate: torch.optim.Adam(parameters, lr=rate),
    "muon": lambda parameters, rate: Muon(parameters, lr=rate),
}


def scheduled_rate(schedule: str, step: int, total: int, warmup: int = 0) -> float:
    """The share (0..1) of the learning rate to use at a step (from 0) of ``total``.

    ``constant``; ``cosine`` (down to 0 at the end); ``trapezoid``: constant, then linear to 0 over the last
    quarter. Each rises linearly over the first ``warmup`` steps.
    """
    if schedule not in ("constant", "cosine", "trapezoid"):
        raise UsageError(f"no schedule {schedule!r}; there are: constant, cosine, trapezoid")
    rise = min(1.0, (step + 1) / warmup) if warmup else 1.0
    if schedule == "constant":
        return rise
    if schedule == "cosine":
        return rise * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * step / total))))
    return min(rise, (total - step) / (0.25 * total))
