"""The adversary learns to tell restored from true, and its term pulls the network towards deceiving it."""

from __future__ import annotations

import torch
from torch import Tensor

from training.adversarial import Adversary, PatchDiscriminator


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(8, 3, 32, 32, generator=generator)
    valid = (torch.rand(8, 1, 32, 32, generator=generator) > 0.3).float()
    return truth, valid


def test_scores_are_of_patches() -> None:
    truth, valid = batch()
    assert PatchDiscriminator()(truth, valid).shape == (8, 1, 4, 4)


def test_the_adversary_learns_to_tell_grey_fills_from_the_truth() -> None:
    torch.manual_seed(0)
    adversary, (truth, valid) = Adversary(torch.device("cpu")), batch()
    composite = torch.where(valid > 0, truth, torch.full_like(truth, 0.5))
    for _ in range(60):
        adversary.term(composite, truth, valid)
    with torch.no_grad():
        true, restored = (adversary.discriminator(picture, valid).mean() for picture in (truth, composite))
    assert true - restored > 0.5


def test_the_term_reaches_the_restored_pixels_but_not_the_discriminator() -> None:
    adversary, (truth, valid) = Adversary(torch.device("cpu")), batch()
    composite = torch.full_like(truth, 0.5).requires_grad_()
    before = adversary.term(composite, truth, valid)
    adversary.optimizer.zero_grad(set_to_none=True)
    before.backward()  # type: ignore[no-untyped-call]
    assert composite.grad is not None
    assert composite.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in adversary.discriminator.parameters())
