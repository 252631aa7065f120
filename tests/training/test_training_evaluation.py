import json

import numpy as np
import pytest
from tiny_training import tiny_checkpoint

from inpaint_cli.backends import open_network
from inpaint_cli.errors import TrainingDataError, UsageError
from training.benchmark_masks import DENSITIES, RATIO_BINS, SHAPES, line_mask, ratio_mask
from training.classical import METHODS, available_methods, find_methods
from training.evaluation import (
    Candidate,
    CifarOptions,
    classical_candidate,
    evaluate_cifar,
    line_cases,
    network_candidates,
    work_of,
)
from training.export import export
from training.scores import mean_score, score

RAMP = np.linspace(10, 220, 32).astype(np.uint8)
GRADIENT = np.broadcast_to(RAMP[None, :, None], (32, 32, 3)).copy()
GREY = np.full((4, 32, 32, 3), 90, np.uint8)
BIHARMONIC = classical_candidate("biharmonic", METHODS["biharmonic"])
UNTOUCHED = Candidate("untouched", "classical", lambda pixels, mask: pixels)


def cross() -> np.ndarray:
    mask = np.zeros((32, 32), bool)
    mask[15:17], mask[:, 8] = True, True
    return mask


@pytest.mark.parametrize("name", available_methods())
def test_a_classical_method_changes_damaged_pixels_only(name):
    photo = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    photo[cross()] = 0
    before = photo.copy()
    filled = METHODS[name].fill(photo, cross())
    assert filled.dtype == np.uint8
    assert np.array_equal(photo, before)
    assert np.array_equal(filled[~cross()], photo[~cross()])
    assert not np.array_equal(filled[cross()], photo[cross()])


@pytest.mark.parametrize("name", ["biharmonic", "harmonic", "ns"])
def test_a_constant_picture_is_restored_exactly(name):
    damaged = np.where(cross()[..., None], 0, GREY[0]).astype(np.uint8)
    assert np.array_equal(METHODS[name].fill(damaged, cross()), GREY[0])


@pytest.mark.parametrize("name", ["biharmonic", "harmonic"])
def test_a_gradient_is_continued_across_a_hole_inside_it(name):
    mask = np.zeros((32, 32), bool)
    mask[10:14, 12:16] = True
    damaged = np.where(mask[..., None], 0, GRADIENT).astype(np.uint8)
    filled = METHODS[name].fill(damaged, mask).astype(int)
    assert np.abs(filled - GRADIENT).max() <= 2


@pytest.mark.parametrize("name", ["biharmonic", "harmonic"])
@pytest.mark.parametrize("damage", [False, True])
def test_nothing_missing_and_everything_missing_are_no_errors(name, damage):
    assert METHODS[name].fill(GRADIENT, np.full((32, 32), damage)).shape == GRADIENT.shape


def test_an_unknown_method_lists_the_choices():
    with pytest.raises(UsageError, match="biharmonic, harmonic, ns, telea, fsr"):
        find_methods(["patchmatch"])
    assert list(find_methods(["ns"])) == ["ns"]
    assert find_methods([]) == {}


@pytest.mark.parametrize(("most", "share"), [(9, 0.154), (5, 0.097), (3, 0.065)])
def test_lines_cover_what_the_protocol_says(most, share):
    covered = np.mean([line_mask(np.random.default_rng([1, i]), most).mean() for i in range(500)])
    assert covered == pytest.approx(share, abs=0.002)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("low", "high"), RATIO_BINS)
def test_a_hole_covers_what_its_range_says(shape, low, high):
    for seed in range(5):
        mask = ratio_mask(shape, low, high, np.random.default_rng(seed))
        assert mask.dtype == bool
        assert max(low, 0.01) <= mask.mean() < high


def test_scores_have_known_values():
    mask = np.zeros((32, 32), bool)
    mask[:16] = True
    wrong = GREY[0].copy()
    wrong[mask] += 51
    assert score(wrong, GREY[0], mask).error == pytest.approx(0.04 / 2)
    assert score(wrong, GREY[0], mask).psnr == pytest.approx(10 * np.log10(25))
    assert score(GREY[0], GREY[0], mask).ssim == pytest.approx(1.0)
    assert score(GREY[0], GREY[0], mask).error == 0
    both = mean_score([score(wrong, GREY[0], mask), score(GREY[0], GREY[0], mask)])
    assert (both.error, both.pictures) == (pytest.approx(0.01), 2)


def test_damage_is_black_and_the_same_for_the_same_seed():
    first, again, other = (line_cases(GREY, seed, 9) for seed in (1, 1, 2))
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.mask, b.mask) for a, b in zip(first, other, strict=True))
    assert all((case.damaged[case.mask] == 0).all() for case in first)
    assert all((case.damaged[~case.mask] == 90).all() for case in first)


def test_the_benchmark_gives_every_setting_with_its_ratio_to_biharmonic():
    pictures = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8).repeat(4, 1).repeat(4, 2)
    options = CifarOptions(seed=1, limit=3, hole_pictures=1)
    calls = []
    report = evaluate_cifar(pictures, [BIHARMONIC, UNTOUCHED], options, calls.append)
    assert report.pictures == 3
    assert [setting.name for setting in report.densities] == list(DENSITIES)
    assert len(report.holes) == len(SHAPES) * len(RATIO_BINS)
    assert sum(calls) == work_of(4, options, 2)
    for setting in report.densities:
        assert setting.row("biharmonic").ratio == 1.0
        ratio = setting.row("untouched").score.error / setting.row("biharmonic").score.error
        assert setting.row("untouched").ratio == pytest.approx(ratio)
    plain = json.loads(json.dumps(report.as_dict()))
    assert plain["densities"][0]["methods"][1]["name"] == "untouched"
    assert plain["densities"][0]["missing"] == pytest.approx(report.densities[0].coverage)


def test_a_constant_batch_costs_biharmonic_nothing():
    report = evaluate_cifar(GREY, [BIHARMONIC, UNTOUCHED], CifarOptions(hole_pictures=0))
    assert all(setting.row("biharmonic").score.error == 0 for setting in report.densities)
    first = report.densities[0]
    assert first.row("untouched").score.error == pytest.approx((90 / 255) ** 2 * first.coverage)
    assert first.row("untouched").ratio is None
    assert report.holes == ()


def test_a_blind_network_is_scored_raw_as_well(tmp_path):
    export(tiny_checkpoint(model="vanilla", sees_mask=False), tmp_path / "vanilla.onnx")
    export(tiny_checkpoint(), tmp_path / "pconv.onnx")
    blind = network_candidates(open_network(tmp_path / "vanilla.onnx"))
    assert [(each.name, each.raw) for each in blind] == [("vanilla", False), ("vanilla (raw)", True)]
    assert [each.name for each in network_candidates(open_network(tmp_path / "pconv.onnx"), "mine")] == [
        "mine"
    ]
    case = line_cases(GREY, 1, 9)[0]
    composite, raw = (each.restore(case.damaged, case.mask) for each in blind)
    assert (composite[~case.mask] == 90).all()
    assert not (raw[~case.mask] == 90).all()
    assert np.abs(composite[case.mask].astype(int) - raw[case.mask]).max() <= 1


def test_two_candidates_of_one_name_are_refused():
    ns = classical_candidate("ns", METHODS["ns"])
    with pytest.raises(UsageError, match="two to be compared are called 'ns'"):
        evaluate_cifar(np.zeros((1, 32, 32, 3), np.uint8), [ns, ns], CifarOptions())


def test_no_pictures_is_an_error():
    with pytest.raises(TrainingDataError, match="no pictures"):
        evaluate_cifar(GREY[:0], [BIHARMONIC], CifarOptions())
