"""Optimisers and learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from inpaint_cli.errors import UsageError

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration (Jordan et al. 2024)."""
SCHEDULES = ("constant", "cosine", "trapezoid")
ITERATIONS = 5
MOMENTUM, BETAS = 0.95, (0.9, 0.99)
"""Of kernels; Adam's, of all else."""


def orthogonalise(gradient: Tensor) -> Tensor:
    """Bring all singular values of (..., rows, columns) near 1 by Newton-Schulz iteration, in float32.

    torch's own Muon does this in bfloat16, which CPUs without such arithmetic emulate slowly.
    """
    a, b, c = NEWTON_SCHULZ
    wide = gradient.shape[-2] <= gradient.shape[-1]
    x = gradient if wide else gradient.mT
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x if wide else x.mT
    return result


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz for kernels (Jordan et al. 2024), Adam for all else.

    Kernels are taken as matrices (outputs, inputs x window). The step of a kernel is scaled to the size that
    Adam's steps have (Liu et al. 2025, section 2.2), so that one learning rate serves both.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float | Tensor) -> None:
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient, those of one shape together."""
        for group in self.param_groups:
            for alike in _by_shape(p for p in group["params"] if p.grad is not None):
                update = self._kernel_steps if alike[0].ndim == 4 else self._adam_steps
                for parameter, step in zip(alike, update(alike), strict=True):
                    parameter.sub_(step * group["lr"])

    def _kernel_steps(self, kernels: list[nn.Parameter]) -> Tensor:
        gradients = _gradients(kernels)
        momentum = self._moved("momentum", kernels, gradients, 1 - MOMENTUM)
        ahead = gradients.lerp(momentum, MOMENTUM).flatten(2)
        if ahead.device.type == "cpu":  # where products of batches are slower than those of single matrices
            update = torch.stack([orthogonalise(matrix) for matrix in ahead])
        else:
            update = orthogonalise(ahead)
        scaled: Tensor = update * (0.2 * max(ahead.shape[1:]) ** 0.5)
        return scaled.view(gradients.shape)

    def _adam_steps(self, parameters: list[nn.Parameter]) -> Tensor:
        gradients = _gradients(parameters)
        first, second = BETAS
        updates = self._counted(parameters)
        mean = self._moved("mean", parameters, gradients, 1 - first)
        square = self._moved("square", parameters, gradients.square(), 1 - second)
        steps: Tensor = mean / (1 - first**updates) / ((square / (1 - second**updates)).sqrt() + 1e-8)
        return steps

    def _counted(self, parameters: list[nn.Parameter]) -> Tensor:
        """Count one more update of each parameter; their number, on the parameters' device."""
        for parameter in parameters:
            if "updates" not in self.state[parameter]:
                self.state[parameter]["updates"] = torch.zeros((), device=parameter.device)
        counts: list[Tensor] = [self.state[parameter]["updates"] for parameter in parameters]
        torch._foreach_add_(counts, 1)
        return counts[0]

    def _moved(self, name: str, parameters: list[nn.Parameter], towards: Tensor, share: float) -> Tensor:
        """Move a moment of each parameter, 0 at first, by a share towards new values, and stack them all."""
        for parameter in parameters:
            if name not in self.state[parameter]:
                self.state[parameter][name] = torch.zeros_like(parameter)
        moments = [self.state[parameter][name] for parameter in parameters]
        moved = torch.stack(moments).lerp_(towards, share)
        for moment, new in zip(moments, moved, strict=True):
            moment.copy_(new)
        return moved


def _by_shape(parameters: Iterable[nn.Parameter]) -> list[list[nn.Parameter]]:
    alike: dict[torch.Size, list[nn.Parameter]] = {}
    for parameter in parameters:
        alike.setdefault(parameter.shape, []).append(parameter)
    return list(alike.values())


def _gradients(parameters: list[nn.Parameter]) -> Tensor:
    return torch.stack([parameter.grad for parameter in parameters if parameter.grad is not None])


OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter], float | Tensor], torch.optim.Optimizer]] = {
    "adam": lambda parameters, rate: torch.optim.Adam(
        parameters, lr=rate, capturable=isinstance(rate, Tensor)
    ),
    "muon": lambda parameters, rate: Muon(parameters, lr=rate),
}
"""Each takes the parameters and the learning rate: a tensor on their device where steps are recorded."""


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Use this learning rate from the next step on."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def check_rate(learning_rate: float) -> None:
    """Raise UsageError where nothing can be learned at a rate."""
    if not 0 < learning_rate < math.inf:
        raise UsageError(f"--lr {learning_rate:g} must be greater than 0, and finite")


def scheduled_rate(schedule: str, step: int, total: int, warmup: int = 0) -> float:
    """The share (0..1) of the learning rate to use at a step (from 0) of ``total``.

    ``constant``; ``cosine`` (down to 0 at the end); ``trapezoid``: constant, then linear to 0 over the last
    quarter. Each rises linearly over the first ``warmup`` steps. Raises UsageError for any other schedule.
    """
    if schedule not in SCHEDULES:
        raise UsageError(f"no schedule {schedule!r}; there are: {', '.join(SCHEDULES)}")
    rise = min(1.0, (step + 1) / warmup) if warmup else 1.0
    if schedule == "constant":
        return rise
    if schedule == "cosine":
        return rise * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * step / total))))
    return min(rise, (total - step) / (0.25 * total))
