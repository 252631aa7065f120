"""Bring what was found to the edge of what was painted: damage of one colour ends where its colour ends.

A network says where damage is, within a pixel or two. Whatever it leaves out keeps its colour beside the
restored pixels, and is continued into them; whatever it takes too much of is lost. A piece of damage of one
plain colour with a hard edge (ink, paint, a hole in the emulsion) shows its exact extent itself, and goes on
as far as its colour does, also where the network has lost it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.detection.cleanup import grown, grown_from_hard_edge, pieces_with
from inpaint_cli.detection.detection import Bools, Floats, Labels
from inpaint_cli.detection.nearest import nearest_piece

WINDOW, MARGIN = 512, 32
"""Colours are compared within windows: a long scratch may change its colour along its way."""
SURE = 0.9
"""Probability from which a pixel shows its piece's colour."""
REACH = 3
"""Pixels around what was found in which a piece may go on; further only where PLAUSIBLE."""
PLAUSIBLE = 0.05
CONCEIVABLE = 0.003
"""Probability of what still may belong to a piece that it is connected with by exactly its colour ..."""
CONTINUED_AT_MOST = 8.0
"""... up to so many times the piece's size; a colour that goes on further is the photo's."""
BESIDE = 2.5
"""Pixels within which fewer sure pixels than show a colour go with the piece that they lie beside."""
LARGE = 120
"""Pixels of a piece that is looked for past smaller ones that lie nearer."""
MOST_SPREAD = 0.045
"""Standard deviation (0..1) of a colour that counts as plain; grain and JPEG leave about half of it."""
SPREADS, SLACK = 4.0, 0.02
"""A pixel has the piece's colour within so many standard deviations and so much more ..."""
EXACT_SPREADS, EXACT_SLACK = 3.0, 0.012
"""... or, where nothing else speaks for it, within these."""
FEWEST, ENOUGH = 5, 10
"""Pixels that a colour is taken from, at least, and for a piece that is continued or parted from another."""
ENCLOSED = 7.5 / 9
"""Share of a pixel's square of 3 by 3 that is in where all its neighbours are."""
DISTINCT = 0.1
"""Difference (0..1) from its surroundings at which a pixel is no rim of a piece."""
SOFT = 0.2
"""Share of the piece's colour in the pixels around it, from which its edge counts as soft."""
MOSTLY = 0.5
"""Share of what was found in a window that is in pieces with a hard edge, above which all others have one."""
CONTRAST = 0.03
"""Squared distance of the piece's colour from its surroundings that is needed to tell that share."""


@dataclass(frozen=True)
class _Pieces:
    """Pieces of damage by label, 0 = none.

    labels: of the sure pixels (h, w); of each piece (n,) size in sure pixels, whether it is brighter than its
    surroundings, colour (n, 3), spread and whether it is plain.
    """

    labels: Labels
    size: npt.NDArray[np.int64]
    brighter: Bools
    colour: Floats
    spread: Floats
    plain: Bools

    def alike(self, photo: Floats, nearest: Labels, where: Bools, spreads: float, slack: float) -> Bools:
        """Of the pixels of `where` (h, w): those with the colour of the piece whose label `nearest` gives."""
        labels = nearest[where]
        furthest = _furthest(photo[where] - self.colour[labels])
        same = np.zeros_like(where)
        same[where] = furthest <= (spreads * self.spread + slack)[labels]
        return same


def snapped(photo: Floats, probability: Floats, found: Bools, grow: int) -> Bools:
    """Return the mask (h, w) with plain pieces brought to their edge, all others as found.

    photo: (h, w, 3) in 0..1; found: what was cut out of the probability, not widened yet. Pieces with a soft
    edge or of changing colour are widened by `grow` pixels, those with a hard one by `grow` - 1; so are all
    where most of what was found nearby has a hard one.
    """
    result = np.zeros_like(found)
    height, width = found.shape
    for top in range(0, height, WINDOW):
        for left in range(0, width, WINDOW):
            around = (
                slice(max(top - MARGIN, 0), min(top + WINDOW + MARGIN, height)),
                slice(max(left - MARGIN, 0), min(left + WINDOW + MARGIN, width)),
            )
            if not found[around].any():
                continue
            part = _snapped(photo[around], probability[around], found[around], grow)
            inner = slice(top - around[0].start, None), slice(left - around[1].start, None)
            window = slice(top, top + WINDOW), slice(left, left + WINDOW)
            result[window] = part[inner][:WINDOW, :WINDOW]
    return result


def _snapped(photo: Floats, probability: Floats, found: Bools, grow: int) -> Bools:
    surroundings = _surroundings(photo, ~grown(found, 2))
    sure = found & (probability >= SURE)
    pieces = _pieces(photo, sure, surroundings)
    if not pieces.plain.any():
        return grown(found, grow)
    _, nearest = nearest_piece(pieces.labels)
    plain = pieces.plain[nearest]
    plausible = plain & (grown(found, REACH) | (probability >= PLAUSIBLE))
    alike = pieces.alike(photo, nearest, plausible, SPREADS, SLACK)
    exact = _filled(pieces_with(sure, alike)) & plain
    hard_pieces = pieces.plain & ~_soft_pieces(photo, exact, surroundings, pieces, nearest)
    extent = np.bincount(nearest[exact], minlength=len(hard_pieces))
    hard_pieces &= extent <= (1 + CONTINUED_AT_MOST) * pieces.size
    hard = hard_pieces[nearest]
    mostly_hard = np.count_nonzero(found & hard) > MOSTLY * np.count_nonzero(found)
    widened = grown_from_hard_edge if mostly_hard else grown
    mask = grown_from_hard_edge(exact & hard, grow) | widened(found & ~hard, grow)
    return mask | _continuations(photo, probability, mask, pieces, hard_pieces)


def _continuations(
    photo: Floats, probability: Floats, mask: Bools, pieces: _Pieces, hard_pieces: Bools
) -> Bools:
    """What is connected with a piece of hard edges by exactly its colour, and not in the mask.

    Compared are the nearest pieces, brighter and darker ones, of any size and large ones: what is nearest may
    be another scratch, or no damage.
    """
    result = np.zeros_like(mask)
    conceivable = mask | (probability >= CONCEIVABLE)
    for brighter in (pieces.brighter, ~pieces.brighter):
        for least in (ENOUGH, LARGE):
            chosen = hard_pieces & brighter & (pieces.size >= least)
            if not chosen.any():
                continue
            seeds = chosen[pieces.labels]
            _, nearest = nearest_piece(np.where(seeds, pieces.labels, 0))
            alike = pieces.alike(photo, nearest, conceivable, EXACT_SPREADS, EXACT_SLACK)
            further = pieces_with(seeds & alike, alike) & ~mask
            count = np.bincount(nearest[further], minlength=len(chosen))
            result |= further & (count <= CONTINUED_AT_MOST * pieces.size)[nearest]
    return result


def _surroundings(photo: Floats, outside: Bools) -> Floats:
    """The mean colour of the undamaged pixels around each pixel; the photo itself where there are none."""
    weight = outside.astype(np.float32)
    total = cv2.blur(weight, (15, 15))[..., None]
    mean = cv2.blur(photo * weight[..., None], (15, 15)) / np.maximum(total, 1e-3)
    return np.where(total > 1e-3, mean, photo)


def _pieces(photo: Floats, sure: Bools, surroundings: Floats) -> _Pieces:
    """Part the sure pixels into connected pieces, brighter and darker than their surroundings apart.

    What another line of another colour crosses is a piece of its own: pixels that have neither the colour of
    their piece nor that of their surroundings.
    """
    brighter = _sum(photo) > _sum(surroundings)
    labels, sides = _labelled(np.zeros(sure.shape, np.int32), [False], sure, brighter)
    pieces = _measured(photo, sure, labels, sides)
    other = sure & pieces.plain[labels] & (_furthest(photo - surroundings) > DISTINCT)
    other &= ~pieces.alike(photo, labels, other, SPREADS, SLACK)
    wide = cv2.erode(other.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0  # soft rims are not
    other = pieces_with(wide, other, ENOUGH)
    if not other.any():
        return pieces
    return _measured(photo, sure, *_labelled(labels, sides, other, brighter))


def _sum(colours: Floats) -> Floats:
    """Sum up the three channels (..., 3): numpy is slow along so short an axis."""
    total: Floats = colours[..., 0] + colours[..., 1] + colours[..., 2]
    return total


def _furthest(differences: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """The largest absolute value of the three channels (..., 3)."""
    size = np.abs(differences)
    largest: npt.NDArray[np.floating[Any]] = np.maximum(np.maximum(size[..., 0], size[..., 1]), size[..., 2])
    return largest


def _labelled(labels: Labels, sides: list[bool], of: Bools, brighter: Bools) -> tuple[Labels, list[bool]]:
    """Give the connected pieces of some pixels new labels, and say of each whether it is brighter."""
    labels, sides = labels.copy(), list(sides)
    for side in (True, False):
        count, piece = cv2.connectedComponents((of & (brighter == side)).astype(np.uint8), connectivity=8)
        labels[piece > 0] = piece[piece > 0] + len(sides) - 1
        sides += [side] * (count - 1)
    return labels, sides


def _measured(photo: Floats, sure: Bools, labels: Labels, sides: list[bool]) -> _Pieces:
    """Measure the pieces that have labels."""
    colour, spread, plain = _colours(photo[sure], labels[sure], len(sides))
    size = np.bincount(labels[sure], minlength=len(sides))
    labels = _without_crumbs(labels, size)
    return _Pieces(labels, size, np.array(sides), colour, spread, plain)


def _without_crumbs(labels: Labels, size: npt.NDArray[np.int64]) -> Labels:
    """Clear the labels of a few pixels at the rim of a piece: most of them are the photo's."""
    large = (labels > 0) & (size >= FEWEST)[labels]
    if not large.any():
        return labels
    away = cv2.distanceTransform((~large).astype(np.uint8), cv2.DIST_L2, 5)
    return np.where(large | (away > BESIDE), labels, 0).astype(np.int32)


def _colours(values: Floats, labels: Labels, count: int) -> tuple[Floats, Floats, Bools]:
    """Mean and spread of each piece's colour, without what differs most, as the pixels of its rim do."""
    total = np.bincount(labels, minlength=count)
    weight = np.ones(len(labels))
    for _ in range(4):
        used = np.bincount(labels, weight, count)
        sums = np.stack([np.bincount(labels, weight * values[:, c], count) for c in range(3)], 1)
        mean = sums / np.maximum(used, 1)[:, None]
        squares = np.bincount(labels, weight * ((values - mean[labels]) ** 2).mean(axis=1), count)
        spread = np.sqrt(squares / np.maximum(used, 1))
        furthest = _furthest(values - mean[labels])
        weight = (furthest <= np.maximum(2 * spread[labels], 0.04)).astype(np.float64)
    plain = (used >= FEWEST) & (used >= 0.5 * total) & (spread <= MOST_SPREAD)
    plain[0] = False
    return mean.astype(np.float32), spread.astype(np.float32), plain


def _filled(mask: Bools) -> Bools:
    """Take in pixels with all eight neighbours in: noise has left them out.

    What lies in the nooks of a ragged edge is the photo's, and tells most about what is under the damage.
    """
    return mask | (cv2.blur(mask.astype(np.float32), (3, 3), borderType=cv2.BORDER_CONSTANT) > ENCLOSED)


def _soft_pieces(
    photo: Floats, exact: Bools, surroundings: Floats, pieces: _Pieces, nearest: Labels
) -> Bools:
    """By label: whether the pixels right around a piece show its colour through, mixed with the photo."""
    ring = grown(exact, 1) & ~exact
    labels, beside = nearest[ring], surroundings[ring]
    difference = pieces.colour[labels] - beside
    strength = (difference**2).sum(axis=1)
    telling = strength > CONTRAST
    share = ((photo[ring] - beside) * difference).sum(axis=1)[telling] / strength[telling]
    labels, count = labels[telling], len(pieces.plain)
    shares = np.bincount(labels, np.clip(share, -0.5, 1), count)
    soft: Bools = shares / np.maximum(np.bincount(labels, minlength=count), 1) > SOFT
    return soft
