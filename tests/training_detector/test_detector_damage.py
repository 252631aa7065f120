import os

import cv2
import numpy as np
import pytest

from inpaint_cli.errors import TrainingDataError
from training.detector.aging import age, scan
from training.detector.elements import ElementBank
from training.detector.paint import Painted, judge, paint, relief
from training.detector.samples import SHARES, SampleConfig, SampleMaker, cut, read_photos
from training.detector.shapes import SHAPES, several
from training.detector.text import burnt_in_date, rows_of_text

DRAWERS = {**SHAPES, "rows-of-text": rows_of_text, "burnt-in-date": burnt_in_date}


def photo(height=160, width=200, seed=0):
    return np.random.default_rng(seed).integers(60, 180, (height, width, 3)).astype(np.uint8)


@pytest.fixture
def elements(tmp_path):
    (tmp_path / "hair").mkdir()
    hair = np.zeros((90, 70), np.uint8)
    cv2.line(hair, (5, 5), (60, 80), 255, 2)
    cv2.imwrite(str(tmp_path / "hair" / "one.png"), hair)
    return ElementBank.read(tmp_path)


@pytest.mark.parametrize("name", DRAWERS)
def test_a_shape_fits_the_crop_and_leaves_most_of_it(name):
    planes = [DRAWERS[name](96, 128, np.random.default_rng(seed)) for seed in range(12)]
    assert all(plane.shape == (96, 128) and plane.dtype == np.uint8 for plane in planes)
    shares = [float((plane > 96).mean()) for plane in planes]
    assert max(shares) > 0
    assert np.median(shares) < 0.6


@pytest.mark.parametrize("name", DRAWERS)
def test_the_same_seed_draws_the_same_shape(name):
    one, other = (DRAWERS[name](96, 96, np.random.default_rng(7)) for _ in range(2))
    assert (one == other).all()


def test_a_larger_crop_gets_as_many_more_shapes():
    rng = np.random.default_rng(0)
    assert {several(3, 160, 160, rng) for _ in range(50)} == {1, 2, 3}
    assert {several(3, 320, 320, rng) for _ in range(50)} == {4, 8, 12}
    assert {several(3, 32, 32, rng) for _ in range(50)} == {1}


def test_every_share_is_drawn_by_something():
    assert set(SHARES) == {*DRAWERS, "elements"}
    assert min(SHARES.values()) > 0


def test_elements_are_placed_at_many_places(elements):
    planes = [elements.draw(64, 64, np.random.default_rng(seed)) for seed in range(20)]
    assert sum(plane.any() for plane in planes) > 10
    assert len({plane.tobytes() for plane in planes}) > 10


def test_a_folder_without_elements_or_photos_is_refused(tmp_path):
    with pytest.raises(TrainingDataError, match="no damage elements"):
        ElementBank.read(tmp_path / "nowhere")
    with pytest.raises(TrainingDataError, match="no photos"):
        read_photos(tmp_path)


def test_an_element_that_can_not_be_read_is_named(tmp_path, elements):
    (tmp_path / "hair" / "two.png").write_bytes(b"no picture")
    with pytest.raises(TrainingDataError, match=r"hair.two\.png can't be read"):
        ElementBank.read(tmp_path)


def test_a_pipe_among_elements_is_not_waited_for(tmp_path, elements):
    os.mkfifo(tmp_path / "hair" / "pipe.png")
    with pytest.raises(TrainingDataError, match=r"pipe\.png can't be read \(it is a pipe"):
        ElementBank.read(tmp_path)


def test_paint_changes_only_what_is_not_surely_clean():
    base = photo(96, 96).astype(np.float32)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        painted = paint(base, SHAPES["lines"](96, 96, rng), rng)
        held_clean = (painted.label == 0) & (painted.weight >= 1)
        assert np.abs(painted.photo - base).max(-1)[held_clean].max(initial=0) <= 0.04 * 255 + 1
        assert painted.photo.min() >= 0 and painted.photo.max() <= 255


def test_what_can_not_be_seen_counts_only_beside_what_can():
    before = np.full((40, 80, 3), 255, np.float32)
    opacity = np.zeros((40, 80), np.float32)
    opacity[20, 10:30] = 1
    opacity[20, 60:70] = 1
    after = before.copy()
    after[20, 10:20] = 0
    label, weight = judge(before, after, opacity)
    assert label[20, 10:30].all() and label[20, 60:70].all()
    assert (weight[20, 10:20] == 2).all()
    assert (weight[20, 20:28] == 0.25).all()
    assert (weight[20, 60:70] == 0).all()


def test_what_lies_right_beside_damage_counts_more():
    before = np.full((9, 40, 3), 100, np.float32)
    opacity = np.zeros((9, 40), np.float32)
    opacity[:, 20] = 1
    _, weight = judge(before, before + 15 * opacity[..., None], opacity)
    assert weight[4, 15:26].tolist() == [1, 1, 1, 2.5, 2.5, 1, 2.5, 2.5, 1, 1, 1]


def test_a_soft_rim_is_held_against_nobody():
    before = np.zeros((9, 9, 3), np.float32)
    opacity = np.full((9, 9), 0.1, np.float32)
    label, weight = judge(before, before + 25, opacity)
    assert not label.any() and not weight.any()


def test_a_second_damage_keeps_what_the_first_one_says_of_its_own_pixels():
    picture = np.zeros((1, 8, 3), np.float32)
    first = Painted(picture, np.float32([[1, 1, 0, 0, 0, 0, 1, 0]]), np.float32([[2, 2, 0, 2.5, 1, 0, 0, 1]]))
    second = Painted(picture, np.float32([[0, 1, 0, 0, 0, 1, 0, 0]]), np.float32([[1, 0, 1, 1, 1, 2, 1, 0]]))
    both = second.over(first)
    assert both.label.tolist() == [[1, 1, 0, 0, 0, 1, 1, 0]]
    assert both.weight.tolist() == [[2, 2, 0, 2.5, 1, 2, 0, 0]]


def test_ageing_and_scanning_keep_shape_and_range():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        done = scan(age(photo(64, 64).astype(np.float32), rng), rng)
        assert done.shape == (64, 64, 3) and done.dtype == np.float32
        assert done.min() >= 0 and done.max() <= 255
        assert (done == np.rint(done)).all()


def test_some_photos_are_burnt_out_to_plain_white_and_black():
    shares = []
    for seed in range(60):
        aged = age(photo(64, 64).astype(np.float32), np.random.default_rng(seed))
        shares.append(float(((aged == aged.max()) | (aged == aged.min())).mean()))
    assert 0.02 < np.mean(np.array(shares) > 0.3) < 0.3


@pytest.mark.parametrize("size", [(40, 300), (128, 128), (500, 600)])
def test_crops_have_the_side_whatever_the_photo(size):
    for seed in range(10):
        crop = cut(photo(*size), 64, np.random.default_rng(seed))
        assert crop.shape == (64, 64, 3) and crop.dtype == np.uint8


def test_samples_say_which_are_clean(elements):
    maker = SampleMaker([photo(), photo(seed=1)], elements, SampleConfig(side=64))
    samples = maker.make(32, np.random.default_rng(0))
    assert samples.photo.shape == (32, 3, 64, 64) and samples.label.shape == (32, 1, 64, 64)
    assert samples.photo.min() >= 0 and samples.photo.max() <= 1
    assert 0 < samples.clean.sum() < 32
    assert not samples.label[samples.clean].any()
    assert (samples.label[~samples.clean].max(axis=(1, 2, 3)) > 0).mean() > 0.8
    assert set(np.unique(samples.label)) == {0.0, 1.0}


def test_the_same_generator_makes_the_same_samples(elements):
    maker = SampleMaker([photo()], elements, SampleConfig(side=32))
    one, other = (maker.make(4, np.random.default_rng(3)) for _ in range(2))
    assert (one.photo == other.photo).all() and (one.label == other.label).all()


def test_relief_is_bright_on_one_side_and_dark_on_the_other():
    opacity = np.zeros((40, 40), np.float32)
    opacity[:, 18:22] = 1
    shade = relief(opacity, np.random.default_rng(0))
    assert shade.shape == (40, 40)
    left, right = shade[20, :20], shade[20, 20:]
    assert np.sign(left.sum()) == -np.sign(right.sum()) != 0
    assert 10 < np.abs(shade).max() <= 90
    assert (shade[:, :14] == 0).all() and (shade[:, 26:] == 0).all()
