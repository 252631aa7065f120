"""The learned detector: a network that says for each pixel how likely it is damaged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from inpaint_cli.backends import Network
from inpaint_cli.detection.border import without_border
from inpaint_cli.detection.cleanup import Cleanup, grown_from_hard_edge, hysteresis, long_and_thin
from inpaint_cli.detection.cracks import continued
from inpaint_cli.detection.detection import Bools, Detection, Floats, Pixels, as_colour
from inpaint_cli.detection.exact import find_constant_strokes
from inpaint_cli.detection.lettering import Lettering
from inpaint_cli.detection.odds import log_odds
from inpaint_cli.detection.one_hue import has_one_hue
from inpaint_cli.detection.piece_judge import PieceJudge
from inpaint_cli.detection.pieces import Pieces, candidates, measured
from inpaint_cli.detection.print_rows import cut_in_rows, has_rows, likelier_in_rows
from inpaint_cli.detection.score import photo_score, share_from
from inpaint_cli.detection.snap import snapped
from inpaint_cli.detection.windows import over_windows

WINDOW, MARGIN = 768, 48
COARSER_FROM = 1600
"""Photos whose longer side reaches this are also looked at half as large: old scans have wide scratches."""
HALF_SURE_IN_COLOUR = 0.0037
"""Share of certain pixels at which a photo in colour is as likely damaged as clean; see `photo_score`.

Of the 34 clean photos that it was chosen on none has more: the largest are 0.0035 and 0.0015.
"""
SECOND_LOOK = 0.75
"""What the second look counts in the mean of both: it finds more, the first one alone errs less."""
IN_DOUBT = 8.0
"""A photo with less than this part of so many certain pixels at the first look needs no second one."""
OLD_PRINT = 12.0
"""A photo of one hue counts as so many times likelier damaged: old prints are, and clean ones are rare."""
ROWS_OF_PRINT = 4.0
"""A photo with rows of what may be letters counts as so many times likelier damaged; see `has_rows`.

One in 146 photos without print over them has such rows: with a leniency of 4 it still counts as clean.
"""
LIKELY, MUCH_DAMAGE = 0.97, 0.02
"""Share of pixels of such a probability from which any other is likelier damaged; see `cut_knowing`."""
OTHER_SCALES = (0.7, 1.4)
"""Sizes in which a photo of one hue is looked at as well: prints are scanned at any resolution."""
LAXER_IN_PRINTS = 2.0
"""Log-odds by which what is long and thin may be less certain in a damaged photo of one hue: prints crack."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for damage: probability (h, w), 0 in a plain border, and whether there is one hue."""

    probability: Floats
    one_hue: bool

    def cut(self, how: Cleanup) -> Bools:
        """Cut out what may be damage, (h, w), not widened yet."""
        return hysteresis(self.probability, how.high, how.low, how.min_size)

    def cut_knowing(self, found: Bools, how: Cleanup) -> Bools:
        """Cut again, (h, w), knowing how much was found: where there is much, less is asked of the rest.

        The odds that any pixel is damaged are those of the photo; so the odds that the thresholds ask for
        fall as much as the share of likely ones exceeds MUCH_DAMAGE; in rows of print, as much as more print
        is likelier there.
        """
        laxer = self._likelier(found)
        if laxer > 0:
            how = how.laxer(laxer)
            found = self.cut(how)
        in_rows = likelier_in_rows(found)
        if in_rows is not None:
            found = cut_in_rows(self.probability, how, np.maximum(in_rows - np.float32(laxer), 0))
        return found

    def with_cracks(self, taken: Bools, found: Bools, how: Cleanup) -> Bools:
        """What was taken of a print (h, w), and its cracks: what is long and thin, and where that goes on.

        found: what was cut out first; thresholds are LAXER_IN_PRINTS lower for cracks.
        """
        laxer = self._likelier(found) + LAXER_IN_PRINTS
        faint = long_and_thin(self.cut(how.laxer(laxer)), how.min_size)
        taken = taken | faint
        cracks = continued(long_and_thin(taken, how.min_size), self.probability)
        return taken | long_and_thin(cracks, how.min_size)

    def _likelier(self, found: Bools) -> float:
        """Log-odds by which any pixel is likelier damaged for what was found, 0 or more."""
        return math.log(max(share_from(LIKELY, self.probability, found) / MUCH_DAMAGE, 1.0))

    def score(self, found: Bools, leniency: float = 1.0) -> float:
        """How sure it is that the photo is damaged, from what hysteresis kept; see `photo_score`.

        leniency: so many times fewer certain pixels suffice.
        """
        if self.one_hue:
            leniency *= OLD_PRINT
        if has_rows(found):
            leniency *= ROWS_OF_PRINT
        return photo_score(self.probability, found, HALF_SURE_IN_COLOUR / leniency)


@dataclass(frozen=True, kw_only=True)
class Judging:
    """Which pieces are taken: found ones that are damage with a probability of `keep`, others with `add`.

    add_in_doubt: the latter for photos that may only look damaged. Others are pieces of at least `min_size`
    pixels, some of which reach `high` and all `low`.
    """

    judge: PieceJudge
    keep: float
    add: float
    add_in_doubt: float
    high: float
    low: float
    min_size: int

    def pieces(self, photo: Floats, probability: Floats, found: Bools) -> Pieces:
        """Measure what was found and what else may be damage; see `measured`."""
        return measured(
            photo, probability, found, candidates(probability, found, self.high, self.low, self.min_size)
        )

    def taken(self, pieces: Pieces, *, sure: bool) -> Bools:
        """Where the pieces are that are taken, (h, w); sure: whether the photo is surely damaged."""
        least = np.where(pieces.found, self.keep, self.add if sure else self.add_in_doubt)
        return pieces.where(self.judge.probability(pieces.features) >= least)


@dataclass(frozen=True)
class LearnedDetector:
    """Looks at the photo in windows and cuts out the mask; a photo that looks clean as a whole is left alone.

    One that may be damaged is looked at a second time, mirrored, with what was found before to complete, and
    the mean of both looks decides: what only looks like damage seldom does so both ways. One of one hue is
    also looked at in OTHER_SCALES.

    clean_below: photos with a lower score count as clean. sure_from: photos with at least this score are
    surely damaged, and their masks cut out by `cleanup`, more of it the more there is; those between the two
    by `strict`. judging: how the pieces of what was cut out are judged then, in prints as in surely damaged
    photos; None: they are all taken. Cracks in prints are not judged: what little is seen of them looks like
    much else. lettering: how rows of print in it are completed; None: they are not.
    """

    network: Network
    cleanup: Cleanup
    clean_below: float
    strict: Cleanup
    sure_from: float
    judging: Judging | None = None
    lettering: Lettering | None = None
    name: str = "learned"
    threads: int = 1

    @property
    def device(self) -> str:
        """Where the network really runs."""
        return self.network.device

    def find(self, pixels: Pixels) -> Detection:
        """Find the damage, see `Detector`."""
        photo = as_colour(pixels)
        evidence, core = self.gather(photo)
        score = evidence.score(core)
        found = self.decided(evidence, core, score)
        sure = score >= self.sure_from
        if self.judging is not None and score >= self.clean_below:
            pieces = self.judging.pieces(photo, evidence.probability, found)
            found = self.judging.taken(pieces, sure=sure or evidence.one_hue)
        if sure and evidence.one_hue:
            found = evidence.with_cracks(found, core, self.cleanup)
        grow = self.cleanup.grow
        mask = snapped(photo, evidence.probability, found, grow)
        if self.lettering is not None:
            mask = self.lettering.completed(photo, evidence.probability, mask, grow)
        strokes = find_constant_strokes(pixels)
        if strokes.any():
            mask, score = mask | grown_from_hard_edge(strokes, grow), 1.0
        return Detection(mask, evidence.probability, score)

    def decided(self, evidence: Evidence, core: Bools, score: float) -> Bools:
        """What is cut out of a photo of this score, (h, w); `core`: what `gather` cut out."""
        if score < self.clean_below:
            return np.zeros_like(core)
        if score < self.sure_from:
            return evidence.cut(self.strict)
        return evidence.cut_knowing(core, self.cleanup)

    def gather(self, photo: Floats) -> tuple[Evidence, Bools]:
        """Return what the decision is made from, and what `cleanup` cuts out of it (h, w).

        photo: (h, w, 3) in 0..1, see `as_colour`.
        """
        evidence = self._look(photo)
        core = evidence.cut(self.cleanup)
        if evidence.score(core, IN_DOUBT) < self.clean_below:
            return evidence, core
        evidence = self._look_again(photo, evidence)
        return evidence, evidence.cut(self.cleanup)

    def _look(self, photo: Floats) -> Evidence:
        probability = self._probability(photo, np.zeros(photo.shape[:2], np.float32))
        return Evidence(without_border(photo, probability), has_one_hue(photo))

    def _look_again(self, photo: Floats, first: Evidence) -> Evidence:
        """Take the mean with what the network makes of the photo in the mirror and of the first look."""
        mirrored = self._probability(photo[:, ::-1], first.probability[:, ::-1])[:, ::-1]
        probability = first.probability + np.float32(SECOND_LOOK) * (mirrored - first.probability)
        if first.one_hue and max(photo.shape[:2]) < COARSER_FROM:
            others = [self._at_other_scale(photo, first.probability, scale) for scale in OTHER_SCALES]
            probability = np.maximum(probability, _agreed([probability, *others]))
        return replace(first, probability=without_border(photo, probability))

    def _at_other_scale(self, photo: Floats, earlier: Floats, scale: float) -> Floats:
        """What the network makes of the photo in another size and in the mirror, in the photo's own size."""
        height, width = photo.shape[:2]
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        smooth = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        resized = np.clip(cv2.resize(photo[:, ::-1], size, interpolation=smooth), 0, 1).astype(np.float32)
        before = cv2.resize(earlier[:, ::-1], size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
        answer = self._at_one_scale(resized, before)
        return cv2.resize(answer, (width, height), interpolation=cv2.INTER_LINEAR)[:, ::-1].astype(np.float32)

    def _probability(self, photo: Floats, earlier: Floats) -> Floats:
        """The probability of damage of each pixel, (h, w) float32: the largest that any scale gives."""
        height, width = photo.shape[:2]
        result = self._at_one_scale(photo, earlier)
        while max(photo.shape[:2]) >= COARSER_FROM and min(photo.shape[:2]) > 1:
            photo, earlier = _halved(photo), _halved(earlier)
            coarse = self._at_one_scale(photo, earlier)
            np.maximum(
                result, cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), out=result
            )
        return result

    def _at_one_scale(self, photo: Floats, earlier: Floats) -> Floats:
        seen = {"photo": photo, "earlier": earlier[..., None]}
        answer = over_windows(seen, self.network, window=WINDOW, margin=MARGIN, threads=self.threads)
        return np.clip(answer[..., 0], 0, 1)


def _agreed(looks: Sequence[Floats]) -> Floats:
    """What two of several looks say: of each pixel's two highest probabilities the mean, in log-odds."""
    odds = log_odds(np.sort(np.stack(looks), axis=0)[-2:]).mean(axis=0)
    agreed: Floats = 1 / (1 + np.exp(-odds))
    return agreed


def _halved(plane: Floats) -> Floats:
    return cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32)
