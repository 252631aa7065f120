"""Letters that a network has missed or smeared are made whole where others stand in rows."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from printed_bars import ALL, HEIGHT, LETTERS, MISSED, WIDTH, ground, printed

from inpaint_cli.detection.cleanup import grown
from inpaint_cli.detection.lettering import Lettering
from inpaint_cli.detection.letters import FEATURES, WEIGHTS
from inpaint_cli.detection.piece_judge import PieceJudge, shipped_judge


def cross(left):
    """A letter 7 wide and 12 high, from row 30 on."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[30:42, left + 2 : left + 5] = True
    mask[35:38, left : left + 7] = True
    return mask


def as_high_as_others():
    """Takes what is as high as the letters around it, within a fifth."""
    hidden = np.zeros((len(FEATURES), 2))
    hidden[FEATURES.index("height")] = [1, -1]
    count = len(FEATURES)
    return PieceJudge(
        np.zeros(count), np.ones(count), hidden, np.zeros(2), np.array([-50.0, -50.0]), np.array(10.0),
        features=FEATURES,
    )  # fmt: skip


BY_HEIGHT = Lettering(as_high_as_others(), 0.5)


def test_a_letter_that_was_missed_is_completed_to_its_edge():
    photo = printed(ground(), ALL)
    probability = np.where(ALL & ~MISSED, 0.99, 0.01).astype(np.float32)
    probability[36, 70] = 0.05  # a pixel of the missed letter
    assert (BY_HEIGHT.completed(photo, probability, ALL & ~MISSED, grow=1) == ALL).all()


def test_what_was_smeared_around_letters_goes_and_what_is_sure_stays():
    photo = printed(ground(), ALL)
    smear, speck = np.zeros((2, HEIGHT, WIDTH), np.bool_)
    smear[30:40, 24:30] = True
    speck[50:52, 60:62] = True
    probability = np.where(ALL, 0.99, np.where(smear, 0.85, np.where(speck, 0.95, 0.01))).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, ALL | smear | speck, grow=1) == ALL | speck).all()


def test_what_was_found_far_from_the_rows_stays():
    photo = printed(ground(), ALL)
    far = np.zeros((HEIGHT, WIDTH), np.bool_)
    far[2:5, 2:150] = True
    probability = np.where(ALL, 0.99, np.where(far, 0.85, 0.01)).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, ALL | far, grow=1) == ALL | far).all()


def test_letters_with_a_soft_edge_take_nothing_away():
    opacity = cv2.GaussianBlur(ALL.astype(np.float32), (0, 0), 0.8)[..., None]
    photo = (ground() * (1 - opacity) + 0.9 * opacity).astype(np.float32)
    found = grown(ALL, 1)
    probability = np.where(ALL, 0.99, np.where(found, 0.85, 0.01)).astype(np.float32)
    completed = BY_HEIGHT.completed(photo, probability, found, grow=1)
    assert completed[found].all()


def test_letters_are_widened_as_everything_with_a_hard_edge_is():
    photo = printed(ground(), ALL)
    probability = np.where(ALL, 0.99, 0.01).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, ALL, grow=2) == grown(ALL, 1)).all()


def test_without_rows_nothing_changes():
    few = np.logical_or.reduce(LETTERS[:4])
    photo = printed(ground(), few)
    probability = np.where(few, 0.99, 0.5).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, few, grow=1) == few).all()
    nothing = np.zeros_like(few)
    assert not BY_HEIGHT.completed(ground(), nothing.astype(np.float32), nothing, grow=1).any()


def test_specks_are_sure_however_small_unless_a_size_is_asked_for():
    photo = printed(ground(), ALL)
    speck = np.zeros_like(ALL)
    speck[2:4, 60:62] = True
    probability = np.where(ALL | speck, 0.99, 0.01).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, ALL, grow=1) == ALL | speck).all()
    larger = Lettering(as_high_as_others(), 0.5, min_size=5)
    assert (larger.completed(photo, probability, ALL, grow=1) == ALL).all()


def test_what_was_not_found_far_from_the_rows_is_no_speck():
    photo = printed(ground(), ALL)
    piece = np.zeros_like(ALL)
    piece[3:5, 60:64] = True  # 8 pixels
    probability = np.where(ALL | piece, 0.99, 0.01).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, ALL, grow=1) == ALL).all()


def test_what_is_sure_only_because_it_lies_beside_a_letter_goes():
    photo = printed(ground(), ALL)
    probability = np.where(grown(ALL, 1), 0.99, 0.01).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, grown(ALL, 1), grow=1) == ALL).all()


def test_a_pixel_of_coarser_grain_at_a_letters_rim_belongs_to_it():
    photo = printed(ground(), ALL, value=0.85)
    photo[30, 20] = 0.85 - 14 / 255  # beyond the tolerances of a piece, and far from what is behind
    probability = np.where(ALL, 0.99, 0.01).astype(np.float32)
    assert (BY_HEIGHT.completed(photo, probability, ALL, grow=1) == ALL).all()


def test_a_letter_that_runs_into_something_of_its_colour_is_found_by_its_shape():
    letters = [cross(20 + 12 * k) for k in range(10)]
    everything, missed = np.logical_or.reduce(letters), letters[4]
    photo = printed(ground(), everything)
    photo[30:33, 63:] = 0.9  # as bright as the letters, from the top of the missed one on
    probability = np.where(everything & ~missed, 0.99, 0.02).astype(np.float32)
    probability[:, 74:] = np.where(everything[:, 74:], 0.99, 0.001)
    completed = BY_HEIGHT.completed(photo, probability, everything & ~missed, grow=1)
    assert completed[missed].all()
    assert not completed[:28].any()


def test_rows_may_run_upright():
    photo = printed(ground(), ALL)
    probability = np.where(ALL & ~MISSED, 0.99, 0.01).astype(np.float32)
    probability[36, 70] = 0.05
    upright = BY_HEIGHT.completed(
        photo.transpose(1, 0, 2).copy(), probability.T.copy(), (ALL & ~MISSED).T.copy(), grow=1
    )
    assert (upright == ALL.T).all()


def test_what_ships_completes_a_caption_and_leaves_the_pattern_behind_it():
    rng = np.random.default_rng(5)
    photo = (0.35 + 0.2 * (np.indices((120, 320)).sum(0) // 20 % 2)[..., None]).repeat(3, 2)
    photo = (cv2.GaussianBlur(photo, (0, 0), 1.0) + rng.normal(0, 0.015, photo.shape)).astype(np.float32)
    page = Image.new("L", (320, 120))
    ImageDraw.Draw(page).text(
        (10, 45), "summer at the old lake 1957", fill=255, font=ImageFont.load_default(22)
    )
    ink = np.array(page) > 96
    photo = np.where(ink[..., None], 0.92 + rng.normal(0, 0.01, photo.shape), photo).astype(np.float32)
    _, letters = cv2.connectedComponents(ink.astype(np.uint8))
    missed = np.isin(letters, np.unique(letters[ink])[5:9])
    probability = cv2.GaussianBlur(np.where(ink & ~missed, 1, 0).astype(np.float32), (0, 0), 0.6)
    probability = np.where(ink & ~missed, 0.99, np.maximum(0.6 * probability, 0.04)).astype(np.float32)
    lettering = Lettering(shipped_judge(WEIGHTS, FEATURES), 0.3)
    completed = lettering.completed(photo, probability, ink & ~missed, grow=1)
    assert (completed & missed).sum() > 0.9 * missed.sum()
    assert (completed & ~grown(ink, 1)).sum() < 0.02 * ink.sum()
