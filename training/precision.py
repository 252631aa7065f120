"""The arithmetic that a forward pass computes in."""

from __future__ import annotations

import torch

PRECISIONS = ("float32", "bfloat16")


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Compute what is inside in a precision, ``float32`` or ``bfloat16``; the latter only where it pays.

    Weights and gradients stay float32. A device that has no bfloat16 arithmetic computes in float32.
    """
    return torch.autocast(
        device.type, torch.bfloat16, enabled=precision == "bfloat16" and has_bfloat16(device)
    )


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself; where it is emulated, it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())
