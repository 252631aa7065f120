"""A recorded step does what the step itself does. Needs a CUDA device."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from training.loop import Sources, Trainer
from training.networks import NetworkConfig
from training.optimizers import Muon, set_rate
from training.presets import TrainingConfig
from training.recorded import RecordedStep
from training.sources import PictureBank

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def test_replays_draw_what_the_generator_is_seeded_with() -> None:
    generator = torch.Generator("cuda")
    draw = RecordedStep(lambda: torch.rand(3, generator=generator, device="cuda"), generator)

    drawn = []
    for seed in (1, 2, 3, 4, 5, 1, 5):
        generator.manual_seed(seed)
        drawn.append(draw().tolist())

    assert drawn[0] == drawn[5]
    assert drawn[4] == drawn[6]
    assert len({tuple(each) for each in drawn}) == 5


def test_replays_learn_at_the_rate_that_was_set_last() -> None:
    weight = nn.Parameter(torch.zeros(2, device="cuda"))
    optimizer = Muon([weight], lr=torch.tensor(0.0, device="cuda"))

    def learn() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = functional.mse_loss(weight, torch.ones_like(weight))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    step = RecordedStep(learn, torch.Generator("cuda"))
    seen = []
    for rate in (0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.2):
        set_rate(optimizer, rate)
        step()
        seen.append(weight[0].item())

    # Adam's first steps with a constant gradient are as long as the rate
    assert seen[:6] == pytest.approx([0, 0, 0, 0, 0.1, 0.1], abs=1e-4)
    assert seen[6] > 0.28


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_a_recorded_run_has_the_losses_of_one_that_is_not(optimizer: str, tmp_path: Path) -> None:
    plain, recorded = (_losses(optimizer, compiled=compiled) for compiled in (False, True))
    assert recorded == pytest.approx(plain, rel=2e-3)

    begun = _trainer(optimizer, compiled=True)
    begun.advance(8)
    begun.save(tmp_path)
    resumed = _trainer(optimizer, compiled=True)
    resumed.resume(tmp_path)
    before = float(resumed.loss_sum)
    resumed.advance(1)
    assert float(resumed.loss_sum) - before == pytest.approx(plain[8], rel=2e-3)


def _losses(optimizer: str, *, compiled: bool) -> list[float]:
    trainer = _trainer(optimizer, compiled=compiled)
    losses = []
    for _ in range(12):
        before = float(trainer.loss_sum)
        trainer.advance(1)
        losses.append(float(trainer.loss_sum) - before)
    return losses


def _trainer(optimizer: str, *, compiled: bool) -> Trainer:
    network = NetworkConfig(
        architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=True, sees_guide=True,
        guess="learned-spectral", iterations=2,
    )  # fmt: skip
    config = TrainingConfig(
        network=network, epochs=1, optimizer=optimizer, warmup=3, batch_size=32, average=0.9, flips=True,
        turns=True, channel_shuffle=True, photo_share=0.5, guided_share=0.5, depth_power=0.5,
    )  # fmt: skip
    drawn = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (64, 3, 32, 32), dtype=torch.uint8, generator=drawn)
    tiles = torch.randint(0, 256, (64, 3, 40, 40), dtype=torch.uint8, generator=drawn)
    sources = Sources(PictureBank(pictures), PictureBank(tiles, torch.linspace(1, 2, 64)))
    return Trainer("photo", config, sources, pictures[:8], torch.device("cuda"), compiled=compiled)
