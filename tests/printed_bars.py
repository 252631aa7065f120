"""A row of print to test with: plain bars over a photo with grain."""

import numpy as np

HEIGHT, WIDTH = 80, 160


def ground(seed=0):
    """A photo with grain, (h, w, 3) in 0..1, around 0.4."""
    grain = np.random.default_rng(seed).normal(0, 0.05, (HEIGHT, WIDTH, 3))
    return (0.4 + grain).clip(0, 1).astype(np.float32)


def bars(*, count=10, height=12):
    """Letters 4 wide, 8 apart, from row 30 on: a mask for each."""
    masks = []
    for k in range(count):
        mask = np.zeros((HEIGHT, WIDTH), np.bool_)
        mask[30 : 30 + height, 20 + 12 * k : 24 + 12 * k] = True
        masks.append(mask)
    return masks


def printed(photo, mask, value=0.9):
    """The photo with a value where the mask is."""
    return np.where(mask[..., None], np.float32(value), photo)


LETTERS = bars()
ALL = np.logical_or.reduce(LETTERS)
MISSED = LETTERS[4]
