import numpy as np
import pytest

from inpaint_cli.errors import UsageError
from training.classical import METHODS
from training.evaluation import Candidate, classical_candidate
from training.photo_benchmark import (
    CleanPhoto,
    damage_photo,
    evaluate_kind,
    find_kinds,
    keep_crops,
    photo_panel,
    shown_rows,
)
from training.photo_damage import KINDS, draw_mask

WAVES = (
    127 + 100 * np.sin(np.arange(160) / 9)[None, :, None] * np.cos(np.arange(120) / 7)[:, None, None]
).repeat(3, 2)
PHOTO = CleanPhoto("waves.png", WAVES.astype(np.uint8))
NS = classical_candidate("ns", METHODS["ns"])
KNOWS = Candidate("knows", "photo", lambda pixels, mask: PHOTO.pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_visible_seeded_and_nowhere_but_under_its_mask(kind):
    case, again, other = (damage_photo(PHOTO, kind, seed) for seed in (1, 1, 2))
    assert 0 < case.mask.mean() < 1
    assert np.array_equal(case.damaged[~case.mask], PHOTO.pixels[~case.mask])
    assert np.abs(case.damaged[case.mask].astype(int) - PHOTO.pixels[case.mask]).mean() > 20
    assert np.array_equal(case.damaged, again.damaged)
    assert not np.array_equal(case.mask, other.mask)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(5, 9), (1, 40), (1, 5), (5, 1), (1, 2), (33, 32)])
def test_small_photos_are_damaged_too_but_never_wholly(kind, size):
    for seed in range(20):
        mask = draw_mask(kind, *size, np.random.default_rng(seed))
        assert mask.shape == size
        assert mask.any() and not mask.all()


def test_of_one_pixel_no_part_can_be_damaged():
    with pytest.raises(ValueError, match="one pixel"):
        draw_mask("dust", 1, 1, np.random.default_rng(0))


def test_each_kind_is_scored_against_the_classical_methods_and_shown():
    report = evaluate_kind("lines", [PHOTO], [KNOWS, NS], seed=1)
    assert [row.candidate for row in report.rows] == ["knows", "ns"]
    assert report.rows[0].score.error == 0
    assert report.rows[1].score.error > 0
    assert [title for title, _ in report.crops] == ["damaged", "knows", "ns", "truth"]
    assert shown_rows(report, ["knows"]) == ("knows", "ns")
    assert [title for title, _ in keep_crops(report, ["ns"]).crops] == ["damaged", "ns", "truth"]
    assert photo_panel([report]).startswith(b"\x89PNG")
    assert report.as_dict()["methods"][0]["name"] == "knows"


def test_an_unknown_kind_lists_the_choices():
    assert find_kinds(None) == tuple(KINDS)
    with pytest.raises(UsageError, match="lines, scratch, text, dust, blotch, hole"):
        find_kinds(["mould"])
