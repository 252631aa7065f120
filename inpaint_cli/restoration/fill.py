"""Fill the damaged pixels of one picture, holes of any width."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inpaint_cli.backends.card import INPUT_CHANNELS
from inpaint_cli.backends.network import Network
from inpaint_cli.errors import ModelError
from inpaint_cli.restoration import pyramid
from inpaint_cli.restoration.blend import Blender
from inpaint_cli.restoration.pyramid import Region
from inpaint_cli.restoration.tiles import TILE, Placement, cut, place_tiles
from inpaint_cli.restoration.values import Floats, Mask, Pixels, copy_where, floats_of, from_floats, to_floats

BATCH = 256
"""Tiles given to the network at once; it runs them in smaller chunks, several at a time."""


@dataclass(frozen=True)
class Filler:
    """Fills holes with a network; `core` is the side of the part of a tile that damage is covered by.

    In its methods picture is (h, w, channels) uint8, uint16 or float32 in 0..1; missing is (h, w), True where
    the value is not known; wanted is (h, w), the part of missing that is asked for. What else is missing may
    get other values: those that the tiles over the wanted pixels see there.
    """

    network: Network
    core: int

    def fill(self, picture: Pixels, missing: Mask, wanted: Mask) -> None:
        """Replace the wanted pixels in place, whatever the width of the holes; some pixel must be known.

        Raises ModelError for a network that gives no numbers.
        """
        # A blind network doesn't know what is missing, at no level; it gets the damage as it is.
        regions = pyramid.wide_regions(missing) if self.network.card.sees_mask else []
        regions = [region for region in regions if region.of(wanted).any()]
        if regions:
            self._fill_wide(picture, missing, wanted, regions)
        else:
            self._predict(picture, missing, wanted, near=missing)

    @property
    def _takes_guide(self) -> bool:
        return "guide" in self.network.card.inputs

    def _fill_wide(self, picture: Pixels, missing: Mask, wanted: Mask, regions: list[Region]) -> None:
        """Take what is far from known pixels from the coarser level, and predict the rim between the two.

        A network that takes a guide sees the whole hole as missing, with the coarser level's answer under all
        of it as its guide. To any other, what is far counts as known from here on.

        That far inside nothing at this level says more than the coarser one knew; predicted all the same,
        with the guide, the tiles would show, because each level repeats the errors of the one before.
        """
        near = missing.copy()
        passages = [self._fill_deep(r.of(picture), r.of(missing), r.of(near), r.of(wanted)) for r in regions]
        self._predict(picture, missing if self._takes_guide else near, wanted & near, near)
        for region, passage in zip(regions, passages, strict=True):
            passage.apply(region.of(picture))

    def _fill_deep(self, picture: Pixels, missing: Mask, near: Mask, wanted: Mask) -> _Passage:
        """Give pixels far from known ones the coarser level's answer, and take them out of `near`."""
        depth = pyramid.depth_of(missing)
        deep = depth > pyramid.REACH
        passing = depth > pyramid.REACH - pyramid.RAMP
        seen = pyramid.in_sight_of(wanted)
        looked_at, filled = (missing, missing) if self._takes_guide else (passing, deep)
        looked_at, filled = looked_at & seen, filled & seen
        rows, columns = np.nonzero(passing & ~deep & wanted)
        share = (depth[rows, columns] - (pyramid.REACH - pyramid.RAMP)) / np.float32(pyramid.RAMP + 1)
        del depth
        small = self._coarser(picture, missing, looked_at)
        coarse = np.zeros((len(rows), picture.shape[2]), dtype=np.float32)
        for band, large in pyramid.double(small, looked_at):
            copy_where(filled[band], from_floats(large, picture.dtype), picture[band])
            inside = slice(*np.searchsorted(rows, (band.start, band.stop)).tolist())
            coarse[inside] = large[rows[inside] - band.start, columns[inside]]
        near[deep] = False
        return _Passage(rows, columns, coarse, share[:, None])

    def _coarser(self, picture: Pixels, missing: Mask, wanted: Mask) -> Floats:
        """Return the picture at half its size, filled where enlarging it to the wanted pixels looks."""
        small, gone = pyramid.halve(picture, missing)
        near = cv2.dilate(pyramid.halve_any(wanted).view(np.uint8), np.ones((5, 5), dtype=np.uint8))
        self.fill(small, gone, near.view(np.bool_) & gone)
        return small

    def _predict(self, picture: Pixels, missing: Mask, wanted: Mask, near: Mask) -> None:
        """Run the network on tiles over the wanted pixels and blend its answers into the picture.

        near: the part of missing that is near to known pixels; tiles with more than that get a guide.
        """
        height, width = missing.shape
        if height < TILE or width < TILE:
            self._predict_small(picture, missing, wanted, near)
            return
        placement = place_tiles(wanted, self.core)
        blender = Blender(picture)
        buffers = _buffers(self.network, min(BATCH, len(placement)))
        for start in range(0, len(placement), BATCH):
            part = placement.part(start, start + BATCH)
            inputs = {name: buffer[: len(part)] for name, buffer in buffers.items()}
            _load(inputs, picture, missing, near, part)
            blender.add(part, cut(wanted, part), self._answers(inputs, picture.shape[2]))
            following = start + BATCH
            last = following >= len(placement)
            blender.flush(height if last else int(placement.tops[following]), force=last)

    def _answers(self, inputs: dict[str, Floats], channels: int) -> Floats:
        answers = self.network(inputs)
        if not np.isfinite(answers).all():
            raise ModelError(f"model {self.network.card.name!r} gave values that are no numbers")
        if channels == 1:
            answers = np.asarray(answers.mean(axis=1, keepdims=True), dtype=np.float32)
        return answers

    def _predict_small(self, picture: Pixels, missing: Mask, wanted: Mask, near: Mask) -> None:
        """Pad a picture that is smaller than a tile: its edges are repeated, as values that are not known."""
        height, width = missing.shape
        around = ((0, max(TILE - height, 0)), (0, max(TILE - width, 0)))
        padded = np.pad(picture, (*around, (0, 0)), mode="edge")
        unknown, beside = (np.pad(mask, around, constant_values=True) for mask in (missing, near))
        self._predict(padded, unknown, np.pad(wanted, around), beside)
        picture[wanted] = padded[:height, :width][wanted]


@dataclass(frozen=True)
class _Passage:
    """Pixels between what this level predicts and what the coarser one gave, with the latter's values."""

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    coarse: Floats
    share: Floats

    def apply(self, picture: Pixels) -> None:
        """Mix the coarser level's answer into the predictions: share (n, 1) in 0..1 of it."""
        fine = picture[self.rows, self.columns]
        floats = floats_of(fine)
        mixed = floats + (self.coarse - floats) * self.share
        picture[self.rows, self.columns] = from_floats(mixed, picture.dtype)


def _buffers(network: Network, count: int) -> dict[str, Floats]:
    return {
        name: np.empty((count, INPUT_CHANNELS[name], TILE, TILE), dtype=np.float32)
        for name in network.card.inputs
    }


def _load(inputs: dict[str, Floats], picture: Pixels, missing: Mask, near: Mask, part: Placement) -> None:
    """Write the tiles into the network's inputs; one that sees the mask gets 0 for what is missing."""
    photo = inputs["photo"]
    to_floats(cut(picture, part), photo)
    if "valid" not in inputs:
        return
    gone = cut(missing, part)
    if "guide" in inputs:
        guided = np.any(gone & ~cut(near, part), axis=(1, 2), keepdims=True)
        np.multiply(photo, guided[:, None], out=inputs["guide"])
    valid = inputs["valid"]
    np.logical_not(gone[:, None], out=valid, casting="unsafe")
    photo *= valid
