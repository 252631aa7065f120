"""The published networks have the published shape; every network keeps its promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from inpaint_cli.errors import ModelError
from training.networks import (
    PUBLISHED_CHANNELS,
    NetworkConfig,
    PartialUNet,
    ResidualUNet,
    VanillaAutoencoder,
    build_network,
    network_from_config,
)

RESIDUAL = NetworkConfig(architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=True)


def awake(network: nn.Module) -> nn.Module:
    """Give every zero weight a value, so that what a fresh network does not show becomes visible."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.1)
    return network.eval()


SPECTRAL = replace(RESIDUAL, guess="spectral")
MISFIT = replace(RESIDUAL, guess="spectral-with-misfit")
LEARNED = replace(RESIDUAL, guess="learned-spectral", iterations=3)
SEEING = {
    "published": PartialUNet((8, 8, 8, 8, 8)),
    "residual": ResidualUNet(RESIDUAL),
    "spectral": ResidualUNet(SPECTRAL),
    "spectral-with-misfit": ResidualUNet(MISFIT),
    "learned-spectral": ResidualUNet(LEARNED),
}


def test_the_published_autoencoder_goes_from_32_down_to_1_and_back() -> None:
    network = VanillaAutoencoder()
    assert PUBLISHED_CHANNELS == (32, 64, 128, 256, 512)
    shapes: list[torch.Size] = []
    for convolution in (*network.encoder, *network.decoder):
        convolution.register_forward_hook(lambda _module, _inputs, output: shapes.append(output.shape[1:]))
    restored = network(torch.rand(1, 3, 32, 32))
    assert [tuple(s) for s in shapes] == [
        (32, 32, 32), (64, 16, 16), (128, 8, 8), (256, 4, 4), (512, 2, 2),
        (256, 2, 2), (128, 4, 4), (64, 8, 8), (32, 16, 16), (3, 32, 32),
    ]  # fmt: skip
    assert restored.min() >= 0
    assert restored.max() <= 1


def test_the_published_partial_u_net_has_five_levels_down_and_five_up() -> None:
    network = PartialUNet()
    sizes: list[int] = []
    for block in (*network.encoder, *network.decoder, network.head):
        block.register_forward_hook(lambda _module, _inputs, output: sizes.append(output[0].shape[-1]))
    network(torch.rand(2, 3, 32, 32), torch.ones(2, 1, 32, 32))
    assert sizes == [16, 8, 4, 2, 1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("name", SEEING)
def test_a_network_that_sees_the_mask_ignores_the_values_under_the_hole(name: str) -> None:
    network = awake(SEEING[name])
    photo, valid = torch.rand(2, 3, 32, 32), (torch.rand(2, 1, 32, 32) > 0.3).float()
    other = torch.where(valid > 0, photo, torch.rand_like(photo))
    assert network(photo, valid).equal(network(other, valid))


@pytest.mark.parametrize("name", SEEING)
def test_a_tile_that_is_all_hole_gives_numbers(name: str) -> None:
    restored = awake(SEEING[name])(torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32))
    assert restored.isfinite().all()


def test_sizes_are_multiples_of_32() -> None:
    for network in (*SEEING.values(), VanillaAutoencoder((8, 8, 8, 8, 8))):
        inputs = (torch.rand(1, 3, 64, 96), torch.ones(1, 1, 64, 96))
        restored = network(*(inputs if network in SEEING.values() else inputs[:1]))
        assert restored.shape == (1, 3, 64, 96)


@pytest.mark.parametrize("config", [RESIDUAL, SPECTRAL, MISFIT, LEARNED], ids=lambda config: config.guess)
def test_a_fresh_residual_network_answers_with_its_first_guess(config: NetworkConfig) -> None:
    photo = torch.full((1, 3, 32, 32), 0.4)
    valid = torch.ones(1, 1, 32, 32)
    valid[..., 10:20, 10:20] = 0
    torch.testing.assert_close(build_network(config)(photo * valid, valid), photo, atol=1e-3, rtol=0)


def test_a_network_is_rebuilt_from_the_plain_data_of_its_configuration() -> None:
    fields = RESIDUAL.as_dict() | {"channels": [8, 16], "blocks": [1, 1, 1]}
    rebuilt = network_from_config(fields)
    rebuilt.load_state_dict(build_network(RESIDUAL).state_dict())


def test_a_guide_is_an_input_of_its_own() -> None:
    config = NetworkConfig(
        architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=True, sees_guide=True
    )
    assert config.inputs == ("photo", "valid", "guide")
    network = awake(build_network(config))
    photo, valid = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    assert not network(photo, valid, photo).equal(network(photo, valid, 1 - photo))


def test_a_fresh_guided_network_answers_with_the_guide_where_a_tile_has_one() -> None:
    network = build_network(replace(RESIDUAL, sees_guide=True))
    photo, valid = torch.full((2, 3, 32, 32), 0.4), torch.zeros(2, 1, 32, 32)
    valid[..., :16] = 1
    guide = torch.stack([photo[0].where(valid[0] > 0, torch.tensor(0.7)), torch.zeros(3, 32, 32)])
    restored = network(photo * valid, valid, guide)
    torch.testing.assert_close(restored[0], guide[0])
    torch.testing.assert_close(restored[1], photo[1])


def test_a_blind_network_can_take_what_is_black_for_missing() -> None:
    blind = awake(build_network(replace(MISFIT, sees_mask=False, black_is_missing=True)))
    told = build_network(MISFIT)
    told.load_state_dict(blind.state_dict())
    photo = torch.rand(2, 3, 32, 32) * 0.9 + 0.1
    valid = (torch.rand(2, 1, 32, 32) > 0.3).float()
    assert blind(photo * valid).equal(told(photo, valid))


def test_a_network_that_is_told_what_is_missing_does_not_also_guess_it() -> None:
    with pytest.raises(ModelError, match="cannot also take black for missing"):
        replace(MISFIT, black_is_missing=True)


def test_a_learned_guess_takes_at_least_one_iteration() -> None:
    with pytest.raises(ModelError, match="at least one of its iterations"):
        replace(LEARNED, iterations=0)


def test_all_that_a_first_guess_has_to_learn_is_reached_by_the_error() -> None:
    network = build_network(LEARNED)
    network(torch.rand(2, 3, 32, 32), (torch.rand(2, 1, 32, 32) > 0.3).float()).square().mean().backward()
    for name, parameter in network.named_parameters():
        if name.startswith("learned."):
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_an_unknown_first_guess_lists_those_that_are_there() -> None:
    with pytest.raises(ModelError, match=r"there are: push-pull, spectral, .*, learned-spectral"):
        build_network(replace(RESIDUAL, guess="fractal"))


def test_an_unknown_architecture_lists_those_that_are_there() -> None:
    with pytest.raises(ModelError, match="there are: vanilla-autoencoder, partial-unet, residual-unet"):
        build_network(NetworkConfig(architecture="transformer"))


@pytest.mark.parametrize(
    "fields", [{}, {"architecture": "residual-unet", "channels": [8], "blocks": [1], "colour": 1}]
)
def test_what_is_not_a_configuration_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="not the configuration of a network"):
        network_from_config(fields)
