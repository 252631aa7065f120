"""Sampling and augmenting pictures."""

from __future__ import annotations

import torch

from training.sources import PictureBank, augment, fade_colours


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_larger_pictures_are_cut_at_random_places() -> None:
    # Each pixel's value tells its place, so a cut shows where it came from.
    picture = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    cuts = PictureBank(picture).sample(200, 4, seeded())
    assert cuts.shape == (200, 3, 4, 4)
    corners = cuts[:, 0, 0, 0].int()
    assert set((corners % 16).tolist()) == set(range(13))
    offsets = cuts[:, 0].int() - corners.view(-1, 1, 1)
    assert (
        offsets == torch.tensor([[0, 1, 2, 3], [16, 17, 18, 19], [32, 33, 34, 35], [48, 49, 50, 51]])
    ).all()


def test_weights_say_how_often_a_picture_is_drawn() -> None:
    pictures = torch.stack([torch.full((3, 4, 4), value, dtype=torch.uint8) for value in (10, 20)])
    drawn = PictureBank(pictures, torch.tensor([1.0, 4.0])).sample(5000, 4, seeded())
    assert 0.78 < (drawn[:, 0, 0, 0] == 20).float().mean().item() < 0.82


def test_no_pictures_are_drawn_where_none_are_asked_for() -> None:
    pictures = torch.zeros((2, 3, 8, 8), dtype=torch.uint8)
    for weights in (None, torch.tensor([1.0, 2.0])):
        assert PictureBank(pictures, weights).sample(0, 4, seeded()).shape == (0, 3, 4, 4)


def test_without_augmentation_pictures_only_change_their_scale() -> None:
    pictures = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1)
    result = augment(pictures, seeded(), flips=False, turns=False, channel_shuffle=False)
    torch.testing.assert_close(result.flatten(), torch.tensor([0.0, 0.2, 1.0]))


def lays(*, turns: bool) -> set[tuple[int, ...]]:
    """All ways in which a picture with the values 0 1 / 2 3 is laid."""
    picture = torch.arange(4, dtype=torch.uint8).view(1, 1, 2, 2).expand(400, 3, 2, 2)
    laid = augment(picture, seeded(), flips=True, turns=turns, channel_shuffle=False).mul(255).round().int()
    return {tuple(each[0].flatten().tolist()) for each in laid}


def test_flips_mirror_left_to_right() -> None:
    assert lays(turns=False) == {(0, 1, 2, 3), (1, 0, 3, 2)}


def test_flips_and_turns_give_all_eight_ways_of_laying_a_picture() -> None:
    assert len(lays(turns=True)) == 8


def test_channel_shuffle_gives_all_six_orders() -> None:
    picture = torch.tensor([10, 20, 30], dtype=torch.uint8).view(1, 3, 1, 1).expand(200, 3, 1, 1)
    shuffled = augment(picture, seeded(), flips=False, turns=False, channel_shuffle=True)
    assert len({tuple(each.flatten().tolist()) for each in shuffled}) == 6


def test_fading_makes_some_pictures_grey_and_leaves_others_alone() -> None:
    pictures = torch.rand(300, 3, 4, 4, generator=seeded(1))
    faded = fade_colours(pictures, seeded(2))
    untouched = (faded == pictures).flatten(1).all(1)
    grey = (faded.amax(1) - faded.amin(1) < 1e-6).flatten(1).all(1)
    assert untouched.float().mean() > 0.3
    assert grey.any()
    assert faded.min() >= 0
    assert faded.max() <= 1
