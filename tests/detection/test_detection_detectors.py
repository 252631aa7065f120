from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from inpaint_cli.backends import ModelCard, find_model
from inpaint_cli.detection import DETECTORS, open_detector, resolve_detector
from inpaint_cli.detection.cleanup import grown
from inpaint_cli.errors import ModelError, PhotoError, UsageError


def card(kind, output):
    return ModelCard(name=kind, kind=kind, inputs=("photo",), output=output, sees_mask=False, parameters=0)


@dataclass
class FindsWhite:
    """Says that white is damaged, with a probability of 0.999, and all else is not."""

    card: ModelCard = field(default_factory=lambda: card("detector", "probability"))
    device: str = "cpu"

    def __call__(self, inputs):
        return (inputs["photo"].min(axis=1, keepdims=True) > 0.98).astype(np.float32) * 0.999


@dataclass
class PaintsBlackGrey:
    """A blind network that only knows how to restore black."""

    card: ModelCard = field(default_factory=lambda: card("vanilla", "restored"))
    device: str = "cpu"

    def __call__(self, inputs):
        return np.where(inputs["photo"] < 0.02, np.float32(0.5), inputs["photo"])


def scene(height=120, width=160):
    """Rolling hills with grain, nothing thin, nothing black or white."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:height, 0:width]
    base = 120 + 40 * np.sin(x / 25.0) + 40 * np.cos(y / 19.0)
    return np.clip(base[..., None] + rng.normal(0, 3, (height, width, 3)), 30, 225).astype(np.uint8)


def scene_in_colour(height=128, width=160):
    """The same hills, half of them with less red."""
    photo = scene(height, width)
    photo[:, : width // 2, 0] = photo[:, : width // 2, 0] * 0.6
    return photo


def scratched(colour, thickness=3):
    photo, line = scene(), np.zeros((120, 160), np.uint8)
    cv2.line(line, (12, 30), (150, 95), 1, thickness)
    noise = np.random.default_rng(4).integers(0, 3, photo.shape)
    photo[line > 0] = np.clip(colour + (noise if colour < 128 else -noise), 0, 255)[line > 0]
    return photo, line > 0


def detectors():
    return [
        (open_detector("learned", network=FindsWhite(), threads=1), 255),
        (open_detector("vanilla", network=PaintsBlackGrey(), threads=1), 0),
        (open_detector("classical"), 255),
    ]


@pytest.mark.parametrize(("detector", "colour"), detectors(), ids=DETECTORS)
def test_a_scratch_is_found_and_the_rest_is_not(detector, colour):
    photo, line = scratched(colour)
    detection = detector.find(photo)
    assert detection.mask.shape == detection.probability.shape == (120, 160)
    assert detection.probability.dtype == np.float32
    assert detection.mask[line].mean() > 0.8
    near = cv2.dilate(line.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert not detection.mask[~near].any()
    assert 0.5 < detection.score <= 1


@pytest.mark.parametrize(("detector", "_"), detectors(), ids=DETECTORS)
def test_a_clean_photo_is_clean(detector, _):
    detection = detector.find(scene())
    assert detection.clean
    assert not detection.mask.any()
    assert detection.score < 0.5


@pytest.mark.parametrize(("detector", "colour"), detectors(), ids=DETECTORS)
def test_grey_and_16_bit_photos_give_the_same_mask(detector, colour):
    photo, _ = scratched(colour)
    grey = photo[..., 1]
    expected = detector.find(np.repeat(grey[..., None], 3, axis=2)).mask
    assert expected.any()
    assert (detector.find(grey).mask == expected).all()
    assert (detector.find(grey[..., None]).mask == expected).all()
    assert (detector.find(grey.astype(np.uint16) * 257).mask == expected).all()


@pytest.mark.parametrize(("detector", "_"), detectors(), ids=DETECTORS)
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (31, 2), (65, 33), (1, 1700), (3, 1700)])
def test_photos_of_any_size(detector, _, size):
    assert detector.find(np.full((*size, 3), 90, np.uint8)).mask.shape == size


@pytest.mark.parametrize(("detector", "colour"), detectors(), ids=DETECTORS)
def test_the_photo_is_only_read(detector, colour):
    photo, _ = scratched(colour)
    photo.setflags(write=False)
    assert (detector.find(photo).mask == detector.find(photo).mask).all()


def test_what_is_no_photo_is_refused():
    detector = open_detector("classical")
    for wrong in (
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ):
        with pytest.raises(PhotoError):
            detector.find(wrong)


def test_the_white_border_of_a_print_is_no_damage():
    photo = np.pad(scene(), ((9, 9), (12, 12), (0, 0)), constant_values=255)
    detection = open_detector("learned", network=FindsWhite()).find(photo)
    assert detection.clean and not detection.mask.any() and not detection.probability.any()


def test_a_single_certain_speck_is_not_worth_touching_the_photo():
    photo = scene()
    photo[60, 80:83] = 255
    assert open_detector("learned", network=FindsWhite()).find(photo).clean


def test_sensitivity_moves_from_the_obvious_to_every_trace():
    """Fainter and fainter strokes: more sensitive finds at least as much, and the ends differ."""

    @dataclass
    class Ramp(FindsWhite):
        def __call__(self, inputs):
            return inputs["photo"][:, :1]

    photo = np.random.default_rng(5).integers(0, 255, (128, 320, 3)).astype(np.uint8)
    photo[..., 0] = 0
    for k, level in enumerate((20, 60, 110, 150, 190, 220, 240, 255)):
        photo[16:112, 20 + 36 * k : 24 + 36 * k, 0] = level
    found = [
        int(open_detector("learned", network=Ramp(), sensitivity=s).find(photo).mask.sum())
        for s in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert found == sorted(found)
    assert found[0] < found[2] < found[4]


def test_sizes_can_be_given():
    photo, _ = scratched(255)
    narrow = open_detector("learned", network=FindsWhite(), grow=0).find(photo).mask
    wide = open_detector("learned", network=FindsWhite(), grow=3).find(photo).mask
    assert (wide | narrow == wide).all() and wide.sum() > narrow.sum() > 0
    assert open_detector("learned", network=FindsWhite(), min_size=10_000).find(photo).clean


def test_strokes_of_one_exact_colour_are_found_whatever_the_network_says():
    photo, line = scene(), np.zeros((120, 160), np.uint8)
    cv2.line(line, (20, 20), (140, 60), 1, 3)
    photo[line > 0] = (0, 128, 255)
    for grow, radius in ((0, 0), (1, 0), (2, 1)):  # its edge is exact
        detection = open_detector("learned", network=FindsWhite(), grow=grow).find(photo)
        assert (detection.mask == grown(line > 0, radius)).all()


@dataclass
class FindsLight(FindsWhite):
    """Takes what is nearly white for damaged as well, but with a probability of 0.98 only."""

    def __call__(self, inputs):
        nearly = (inputs["photo"].min(axis=1, keepdims=True) > 0.9).astype(np.float32) * np.float32(0.98)
        return np.maximum(super().__call__(inputs), nearly)


def cutting(network):
    """The learned detector as it cuts out pieces, before it judges them."""
    return replace(open_detector("learned", network=network, threads=1), judging=None)


def bars(count):
    """White bars of 2x8 pixels on a grey photo of 19,200, and beside each one that is nearly white."""
    photo = scene()
    grain = np.random.default_rng(4).integers(0, 3, (2, 8, 3))
    for k in range(count):
        photo[10 + 20 * k : 12 + 20 * k, 40:48] = 255 - grain
        photo[10 + 20 * k : 12 + 20 * k, 80:88] = 237 - grain
    return photo


def test_of_a_photo_in_doubt_only_what_is_certain_is_masked():
    detector = cutting(FindsLight())
    doubtful, sure = detector.find(bars(1)), detector.find(bars(5))
    assert 0.5 <= doubtful.score < 0.85 <= sure.score
    assert doubtful.mask[10:12, 40:48].all() and not doubtful.mask[:, 60:].any()
    assert all(sure.mask[10 + 20 * k : 12 + 20 * k, [40, 47, 80, 87]].all() for k in range(5))


@dataclass
class FindsFaint(FindsWhite):
    """Takes what is nearly white for damaged as well, but with a probability of 0.93 only."""

    def __call__(self, inputs):
        nearly = (inputs["photo"].min(axis=1, keepdims=True) > 0.9).astype(np.float32) * np.float32(0.93)
        return np.maximum(super().__call__(inputs), nearly)


@pytest.mark.parametrize(("rows", "found"), [(2, False), (6, True)])
def test_where_much_is_damaged_less_is_asked_of_the_rest(rows, found):
    photo, grain = scene(), np.random.default_rng(4).integers(0, 3, (rows, 160, 3))
    photo[20 : 20 + rows] = 255 - grain  # 320 or 960 of 19,200 pixels are surely damaged
    photo[60:62, 40:48] = 237 - grain[:2, :8]
    mask = cutting(FindsFaint()).find(photo).mask
    assert mask[20 : 20 + rows].all()
    assert mask[60:62, 40:48].all() == found


@pytest.mark.parametrize("tint", [1.0, 0.6])
def test_a_faint_crack_is_masked_in_a_print_of_one_hue_and_not_in_a_photo_in_colour(tint):
    photo, grain = scene(), np.random.default_rng(4).integers(0, 3, (6, 160, 3))
    photo[:, :80, 0] = (photo[:, :80, 0] * tint).astype(np.uint8)
    photo[20:26] = 255 - grain  # 960 of 19,200 pixels are surely damaged
    photo[60:62, 20:100] = 237 - grain[:2, :80]
    photo[80:90, 20:30] = 237 - np.random.default_rng(5).integers(0, 3, (10, 10, 3))
    mask = cutting(FindsVague()).find(photo).mask
    assert mask[60:62, 20:100].all() == (tint == 1.0)
    assert not mask[82:88, 22:28].any()


def test_cracks_in_a_print_stay_whatever_is_said_of_their_pieces():
    grain = np.random.default_rng(5).integers(0, 3, (6, 160, 3))
    photo = scene()
    photo[...] = photo.mean(axis=2, keepdims=True)
    photo[20:26] = 255 - grain
    photo[60:62, 20:100] = 237 - grain[:2, :80]
    detector = open_detector("learned", network=FindsVague(), threads=1)
    mask = replace(detector, judging=replace(detector.judging, keep=1.1, add=1.1)).find(photo).mask
    assert mask[60:62, 20:100].all()
    assert not mask[80:].any()


@dataclass
class FindsVague(FindsWhite):
    """Takes what is nearly white for damaged as well, but with a probability of 0.915 only."""

    def __call__(self, inputs):
        nearly = (inputs["photo"].min(axis=1, keepdims=True) > 0.9).astype(np.float32) * np.float32(0.915)
        return np.maximum(super().__call__(inputs), nearly)


def colourful():
    """A photo of two hues, equally bright, (120, 320)."""
    photo = np.full((120, 320, 3), (90, 120, 170), np.uint8)
    photo[:, 160:] = 170, 120, 90
    return photo


def stroke(white):
    """A letter: 6x2 pixels, not all of exactly the same colour."""
    return white - np.random.default_rng(4).integers(0, 3, (6, 2, 3))


@pytest.mark.parametrize(("top", "found"), [(50, True), (100, False)])
def test_a_faint_letter_is_masked_in_a_row_of_print_and_not_beside_it(top, found):
    photo = colourful()
    for left in range(20, 260, 6):
        photo[50:56, left : left + 2] = stroke(255)
    photo[50:56, 140:142] = 90, 120, 170
    photo[top : top + 6, 140:142] = stroke(237)
    mask = cutting(FindsVague()).find(photo).mask
    assert mask[50:56, 20:22].all()
    assert mask[top : top + 6, 140:142].all() == found


@dataclass
class FindsWhiteAndHesitates(FindsWhite):
    """Gives what is light, and not quite white, a probability of 0.05."""

    def __call__(self, inputs):
        light = (inputs["photo"].min(axis=1, keepdims=True) > 0.8).astype(np.float32) * np.float32(0.05)
        return np.maximum(super().__call__(inputs), light)


@pytest.mark.parametrize("sure_from", [0.0, 1.0])
def test_a_letter_that_the_network_missed_is_completed_in_a_row_also_of_a_photo_in_doubt(sure_from):
    photo, missed, rows = colourful(), np.s_[50:64, 136:140], range(40, 280, 12)
    grain = np.random.default_rng(4).integers(0, 3, (14, 4, 3))
    for left in rows:
        photo[50:64, left : left + 4] = 255 - grain
    photo[missed] = 225 - grain
    detector = replace(cutting(FindsWhiteAndHesitates()), sure_from=sure_from)
    assert detector.find(photo).mask[missed].all()
    assert not replace(detector, lettering=None).find(photo).mask[missed].any()


def test_a_photo_with_a_row_of_print_is_likelier_damaged():
    in_a_row, scattered = colourful(), colourful()
    for k in range(20):
        in_a_row[50:56, 20 + 6 * k : 22 + 6 * k] = stroke(255)
        top, left = 10 + 20 * (k // 4), 20 + 80 * (k % 4)
        scattered[top : top + 6, left : left + 2] = stroke(255)
    detector = open_detector("learned", network=FindsWhite(), threads=1)
    assert detector.find(scattered).score < 0.85 < detector.find(in_a_row).score


@dataclass
class CountsLooks(FindsWhite):
    """Sees the left half of what it is shown less surely than the right one, and counts."""

    looks: int = 0

    def __call__(self, inputs):
        self.looks += 1
        width = inputs["photo"].shape[3]
        return super().__call__(inputs) * np.where(np.arange(width) < width // 2, 0.99, 0.998).astype(
            np.float32
        )


def test_only_a_photo_that_is_not_clean_is_looked_at_again_in_the_mirror():
    clean, damaged = CountsLooks(), CountsLooks()
    assert open_detector("learned", network=clean, threads=1).find(scene_in_colour()).clean
    photo = scene_in_colour()
    cv2.line(photo, (12, 30), (150, 95), (255, 255, 254), 3)
    found = open_detector("learned", network=damaged, threads=1).find(photo)
    assert (clean.looks, damaged.looks) == (1, 2)
    left, right = (side[side > 0.5] for side in np.split(found.probability, 2, axis=1))
    assert np.allclose(left, 0.999 * (0.25 * 0.99 + 0.75 * 0.998))  # the mean of both views
    assert np.allclose(right, 0.999 * (0.25 * 0.998 + 0.75 * 0.99))


def test_the_second_look_is_told_what_the_first_one_found():
    told = []

    @dataclass
    class Remembers(FindsWhite):
        def __call__(self, inputs):
            told.append(inputs["earlier"][0, 0])
            return super().__call__(inputs)

    photo = scene_in_colour()
    cv2.line(photo, (12, 30), (150, 95), (255, 255, 254), 3)
    open_detector("learned", network=Remembers(), threads=1).find(photo)
    first, second = told
    assert not first.any()
    assert np.allclose(second[:, ::-1], 0.999 * (photo.min(axis=2) > 0.98 * 255))


@dataclass
class SeesMoreWhen(FindsWhite):
    """Finds a vague stripe only in photos of some widths, and notes the widths that it is shown."""

    widths: tuple[int, ...] = ()
    shown: list[int] = field(default_factory=list)

    def __call__(self, inputs):
        width = inputs["photo"].shape[3]
        self.shown.append(width)
        vague = (inputs["photo"].max(axis=1, keepdims=True) < 0.06).astype(np.float32)
        return np.maximum(super().__call__(inputs), vague * np.float32(0.99 if width in self.widths else 0.6))


def print_with_stripes():
    """A photo of one hue, (128, 160), with a white stripe and a black one; what the black one covers."""
    photo = scene(128, 160)
    photo[...] = photo.mean(axis=2, keepdims=True)
    grain = np.random.default_rng(4).integers(0, 3, (8, 160, 3))
    photo[20:28], photo[80:88] = 255 - grain, grain
    return photo, np.s_[82:86, 8:-8]


def test_a_print_is_looked_at_smaller_and_larger_as_well():
    photo, _ = print_with_stripes()
    network = SeesMoreWhen()
    cutting(network).find(photo)
    assert sorted(set(network.shown)) == [128, 160, 224]  # 0.7 of 160 is 112, and is padded


@pytest.mark.parametrize(("sizes", "found"), [((128,), 0.92), ((128, 224), 0.99), ((160,), 0.99)])
def test_what_is_seen_in_a_print_in_one_other_size_counts_by_half(sizes, found):
    photo, stripe = print_with_stripes()
    probability = cutting(SeesMoreWhen(widths=sizes)).find(photo).probability[stripe]
    assert np.allclose(probability, found, atol=0.01)  # log-odds of 0.99 and 0.6: their mean is that of 0.92


@pytest.mark.parametrize(("count", "followed"), [(1, False), (5, True)])
def test_cracks_are_looked_for_in_prints_that_are_surely_damaged(count, followed):
    photo = bars(count)
    photo[...] = photo.mean(axis=2, keepdims=True)
    photo[112:114, 20:100] = 237 - np.random.default_rng(5).integers(0, 3, (2, 80, 3))
    detection = cutting(FindsVague()).find(photo)
    assert (detection.score >= 0.9) == followed
    assert detection.mask[112:114, 20:100].all() == followed


def test_nothing_in_a_print_is_judged_as_in_doubt():
    photo = bars(1)
    photo[...] = photo.mean(axis=2, keepdims=True)
    detector = open_detector("learned", network=FindsVague(), threads=1)
    never = replace(detector.judging, keep=0.0, add=1.1, add_in_doubt=0.0)
    always = replace(detector.judging, keep=0.0, add=0.0, add_in_doubt=1.1)
    assert 0.5 <= detector.find(photo).score < 0.85
    assert not replace(detector, judging=never).find(photo).mask[10:12, 80:88].any()
    assert replace(detector, judging=always).find(photo).mask[10:12, 80:88].all()


def test_wide_scratches_of_large_scans_are_seen_at_a_coarser_scale():
    contrasts = []

    @dataclass
    class Remembers(FindsWhite):
        def __call__(self, inputs):
            contrasts.append(float(inputs["photo"].std()))
            return np.zeros_like(inputs["photo"][:, :1])

    stripes = np.full((64, 1600, 3), 60, np.uint8)
    stripes[:, ::2] = 120
    open_detector("learned", network=Remembers(), threads=1).find(stripes)
    assert max(contrasts) > 0.1
    assert min(contrasts) < 0.01  # halved, two stripes of one pixel are one grey


def test_unknown_detectors_and_values_are_refused_by_name():
    with pytest.raises(UsageError, match="learned, vanilla, classical"):
        open_detector("magic")
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(UsageError, match="sensitivity"):
            open_detector("classical", sensitivity=wrong)
    with pytest.raises(UsageError, match="grow"):
        open_detector("classical", grow=-1)


def test_a_model_that_restores_finds_no_damage():
    for model in ("photo", "vanilla"):
        with pytest.raises(ModelError, match="needed is one of"):
            open_detector(str(find_model(model).onnx))


def test_a_path_to_a_model_is_a_learned_detector(tmp_path):
    shipped = find_model("detector")
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(shipped.onnx.read_bytes())
    assert resolve_detector(str(mine)) == ("learned", str(mine))
    photo, line = scratched(255)
    found = open_detector(str(mine), threads=1).find(photo)
    assert (found.mask == open_detector("learned", threads=1).find(photo).mask).all()
    assert found.mask[line].mean() > 0.9


def test_a_missing_model_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        open_detector(str(tmp_path / "none.onnx"))
