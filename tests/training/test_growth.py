"""A larger network that starts from a smaller one answers as that one did, and can still learn everything."""

from dataclasses import replace

import pytest
import torch

from inpaint_cli.errors import RunFolderError
from training.detector.network import DamageUNet
from training.growth import grow
from training.networks import NetworkConfig, build_network

SMALL = NetworkConfig(architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=True)


def trained(config: NetworkConfig) -> torch.nn.Module:
    torch.manual_seed(1)
    network = build_network(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network


@pytest.mark.parametrize(
    "larger",
    [
        SMALL,
        replace(SMALL, channels=(12, 24)),
        replace(SMALL, blocks=(2, 3, 2)),
        replace(SMALL, channels=(12, 24), blocks=(2, 1, 2), sees_guide=True),
    ],
)
def test_a_grown_network_answers_as_the_one_it_grew_from(larger: NetworkConfig) -> None:
    small, large = trained(SMALL), build_network(larger)
    grow(small, large)
    photo, valid = torch.rand(2, 3, 32, 32), (torch.rand(2, 1, 32, 32) > 0.3).float()
    inputs = (photo, valid, torch.zeros_like(photo))[: len(larger.inputs)]
    torch.testing.assert_close(large(*inputs), small(photo, valid), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("guess", ["spectral", "spectral-with-misfit", "learned-spectral"])
def test_what_is_seen_beside_the_guess_keeps_its_place_where_a_guide_is_added(guess: str) -> None:
    config = replace(SMALL, guess=guess, iterations=2)
    small, large = trained(config), build_network(replace(config, channels=(12, 16), sees_guide=True))
    grow(small, large)
    photo, valid = torch.rand(2, 3, 32, 32), (torch.rand(2, 1, 32, 32) > 0.3).float()
    answer = large(photo, valid, torch.zeros_like(photo))
    torch.testing.assert_close(answer, small(photo, valid), atol=1e-5, rtol=1e-4)


def test_a_detector_with_a_wider_first_level_finds_what_the_smaller_one_did() -> None:
    torch.manual_seed(1)
    small, large = DamageUNet((8, 16), (1, 1, 1)), DamageUNet((12, 16), (1, 1, 1))
    with torch.no_grad():
        for parameter in small.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    grow(small, large)
    photo, earlier = torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32)
    torch.testing.assert_close(large(photo, earlier), small(photo, earlier), atol=1e-5, rtol=1e-4)


def test_a_network_with_another_first_guess_keeps_what_was_learned() -> None:
    small, large = trained(SMALL), build_network(replace(SMALL, guess="spectral"))
    grow(small, large)
    old, new = small.state_dict()["stem.weight"], large.state_dict()["stem.weight"]
    assert new[:, : old.shape[1]].equal(old)
    assert not new[:, old.shape[1] :].any()  # the pyramid beside the new guess is not read yet


def test_every_new_channel_can_learn() -> None:
    large = build_network(replace(SMALL, channels=(12, 24)))
    grow(trained(SMALL), large)
    large(torch.rand(2, 3, 32, 32), torch.ones(2, 1, 32, 32)).square().mean().backward()
    kernel = dict(large.named_parameters())["encoder.0.0.first.weight"]
    assert kernel.grad is not None
    assert (kernel.grad[:8].abs().sum((0, 2, 3)) > 0).all()


@pytest.mark.parametrize(
    "other",
    [replace(SMALL, channels=(4, 16)), replace(SMALL, blocks=(0, 1, 1)), replace(SMALL, sees_mask=False)],
)
def test_a_network_does_not_shrink(other: NetworkConfig) -> None:
    with pytest.raises(RunFolderError, match=r"is of another network: .* does not fit"):
        grow(trained(SMALL), build_network(other))


def test_a_network_with_batch_normalisation_is_taken_whole() -> None:
    config = NetworkConfig(architecture="partial-unet", sees_mask=True, channels=(4, 4, 4, 4, 4))
    trained, fresh = build_network(config), build_network(config)
    trained.get_buffer("encoder.1.norm.num_batches_tracked").fill_(7)
    grow(trained, fresh)
    assert all(torch.equal(new, trained.state_dict()[name]) for name, new in fresh.state_dict().items())
