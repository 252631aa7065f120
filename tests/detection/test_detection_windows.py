from itertools import pairwise

import numpy as np
import pytest

from inpaint_cli.detection.windows import over_windows, spans


@pytest.mark.parametrize(
    ("length", "window", "margin"), [(64, 64, 8), (96, 64, 8), (512, 128, 16), (800, 256, 48)]
)
def test_spans_cover_everything_once_with_margins(length, window, margin):
    cover = spans(length, window, margin)
    assert cover[0].begin == 0 and cover[-1].end == length
    for before, after in pairwise(cover):
        assert before.end == after.begin
        assert before.start + window - before.end >= margin
        assert after.begin - after.start >= margin
    for span in cover:
        assert 0 <= span.start <= span.begin < span.end <= span.start + window <= length


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (33, 64), (200, 150), (513, 90)])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_pixelwise_network_gives_the_same_over_windows(size, threads):
    photo = np.random.default_rng(0).random((*size, 3), dtype=np.float32)
    seen = []

    def brightest(parts):
        part = parts["photo"]
        seen.append(part.shape)
        return part.max(axis=1, keepdims=True)

    answer = over_windows({"photo": photo}, brightest, window=128, margin=16, threads=threads)
    assert (answer[..., 0] == photo.max(axis=2)).all()
    for n, channels, height, width in seen:
        assert (n, channels) == (1, 3)
        assert height % 32 == width % 32 == 0
        assert height <= 128 and width <= 128


def test_a_network_that_looks_around_sees_no_seams():
    """A window's edge spoils what is near it; the margin keeps that out of the answer."""
    photo = np.random.default_rng(1).random((200, 300, 3), dtype=np.float32)

    def mean_around(parts):
        padded = np.pad(parts["photo"][:, :1], ((0, 0), (0, 0), (4, 4), (4, 4)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (9, 9), axis=(2, 3))
        return windows.mean(axis=(4, 5), dtype=np.float32)

    whole = over_windows({"photo": photo}, mean_around, window=512, margin=8)
    pieces = over_windows({"photo": photo}, mean_around, window=96, margin=8)
    assert np.abs(whole - pieces)[4:-4, 4:-4].max() < 1e-6
