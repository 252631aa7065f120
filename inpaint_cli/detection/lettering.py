"""Print in a mask made whole: every letter in rows of print, to its very edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from inpaint_cli.detection.cleanup import grown, grown_from_hard_edge, pieces_with
from inpaint_cli.detection.detection import Bools, Floats
from inpaint_cli.detection.glyphs import glyphs_of, standing_elsewhere
from inpaint_cli.detection.letters import Letters, measured_letters
from inpaint_cli.detection.odds import log_odds
from inpaint_cli.detection.piece_judge import PieceJudge
from inpaint_cli.detection.piece_pixels import Places, around, mean_colours
from inpaint_cli.detection.print_rows import covered_by, letters_in_rows

SURE = 0.9
"""Probability from which what was found stays though no letter is there, and from which a letter's shape is
looked for elsewhere."""
SPECK = 8
"""Pixels from which what is SURE needs to be found to be taken, outside of rows: smaller pieces are parts of
letters that the photo's edge cuts off."""
PASSES = 2
"""How often letters with hard edges are looked for: those found first make rows longer, and more of them."""
GRAIN, EDGE = 16 / 255, 30 / 255
"""A pixel beside a letter is its grain where no channel differs by more from the letter's mean, and one does
by so much from each pixel around it that is no letter's."""


@dataclass(frozen=True)
class Lettering:
    """Takes as letters what `judge` gives a probability of `least`.

    min_size: pixels of what is taken beside letters because it is SURE, at least.
    """

    judge: PieceJudge
    least: float
    min_size: int = 1

    def completed(self, photo: Floats, probability: Floats, found: Bools, grow: int) -> Bools:
        """Complete the mask (h, w) of what was found where letters stand in rows.

        Letters with hard edges take the place of what was found in the rows, but for what is SURE and beside
        none of them: the rest is what is behind them. Specks that are SURE are taken everywhere. Letters with
        soft edges are added. photo: (h, w, 3) in 0..1; found:
        (h, w) brought to the edge of the damage; grow: see `Cleanup`.
        """
        measured: list[Letters] = []
        for _ in range(PASSES):
            rows = letters_in_rows(found)
            measured = list(measured_letters(photo, probability, found, rows, measured))
            likely = [
                np.where(pieces.in_row, self.judge.probability(pieces.features), 0) for pieces in measured
            ]
            letters = np.zeros_like(found)
            for pieces, each in zip(measured, likely, strict=True):
                letters |= (each >= self.least)[pieces.labels]
            if not any(pieces.hard for pieces in measured) or not letters.any():
                return found | grown(letters, grow)
            clear = [each >= SURE for each in likely]
            letters = _with_the_same_glyphs(photo, probability, letters, measured, clear)
            letters |= _grain(photo, letters)
            where, sure = covered_by(rows, found.shape), (probability >= SURE) & ~grown(letters, 1)
            specks = pieces_with(sure, sure, self.min_size) & (where | ~pieces_with(sure, sure, SPECK))
            found = specks | (found & ~where) | grown_from_hard_edge(letters, grow)
        return found


def _with_the_same_glyphs(
    photo: Floats,
    probability: Floats,
    letters: Bools,
    measured: Sequence[Letters],
    clear: Sequence[Bools],
) -> Bools:
    """Letters (h, w), and where those stand once more that are clear, (n,) of what was measured."""
    odds, taken = log_odds(probability), letters
    for upright in (False, True):
        axes = (1, 0) if upright else (0, 1)
        glyphs = [
            glyph
            for pieces, chosen in zip(measured, clear, strict=True)
            for glyph in glyphs_of(pieces.labels.transpose(axes), chosen & (pieces.upright == upright))
        ]
        turned = photo.transpose(*axes, 2), odds.transpose(axes), letters.transpose(axes)
        taken = taken | standing_elsewhere(*turned, glyphs).transpose(axes)
    return taken


def _grain(photo: Floats, letters: Bools) -> Bools:
    """Pixels beside letters (h, w) that are of no other colour than theirs but for grain: see GRAIN."""
    count, pieces = cv2.connectedComponents(letters.astype(np.uint8), connectivity=8)
    labels = np.asarray(pieces, np.int32)
    colours = mean_colours(labels[letters], photo[letters], count)
    rows, columns = np.nonzero(grown(letters, 1) & ~letters)
    letter = np.zeros(len(rows), np.int32)
    for here, there in around((rows, columns), letters.shape):
        letter[here] = np.maximum(letter[here], labels[there])
    alike = np.abs(photo[rows, columns] - colours[letter]).max(axis=1) <= GRAIN
    places = rows[alike], columns[alike]
    grain = np.zeros_like(letters)
    grain[places] = True
    grain[places] = _edge(photo, letters | grain, places) >= EDGE
    return grain


def _edge(photo: Floats, letters: Bools, places: Places) -> Floats:
    """How much some pixels (n,) differ from whichever pixel around them is most alike and no letter's."""
    pixels = photo[places]
    least = np.full(len(pixels), np.inf, np.float32)
    for here, there in around(places, letters.shape):
        change = np.abs(photo[there] - pixels[here]).max(axis=1)
        least[here] = np.minimum(least[here], np.where(letters[there], np.float32(np.inf), change))
    return least
