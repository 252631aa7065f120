"""What the detector's training minimises."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def damage_loss(
    logits: Tensor, label: Tensor, weight: Tensor, focus: float = 1.0, overlap: float = 0.5
) -> Tensor:
    """Focal cross-entropy (Lin et al. 2017) plus `overlap` times one minus the soft Dice of the batch.

    logits, label (1 = damaged), weight: float32 (n, 1, h, w). `focus` 0: plain cross-entropy.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, label, reduction="none")
    probability = logits.sigmoid()
    wrong = (probability - label).abs()
    focal = (entropy * wrong.detach().pow(focus) * weight).sum() / weight.sum().clamp_min(1)
    agreed = (probability * label * weight).sum()
    dice = (2 * agreed + 1) / ((probability * weight).sum() + (label * weight).sum() + 1)
    return focal * (1 + focus) + overlap * (1 - dice)
