"""Pixels and mask to pixels."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.backends import ModelCard, Network
from inpaint_cli.errors import MaskError, PhotoError, UsageError
from inpaint_cli.restoration.difficulty import open_tiers
from inpaint_cli.restoration.ensemble import SelfEnsemble
from inpaint_cli.restoration.fill import Filler
from inpaint_cli.restoration.quality import DEFAULT_QUALITY, QUALITIES, find_quality
from inpaint_cli.restoration.tiles import TILE
from inpaint_cli.restoration.tinting import keep_tint
from inpaint_cli.restoration.values import PHOTO_DTYPES, Mask, Pixels, copy_where
from inpaint_cli.restoration.within_known import WithinKnown

COLOURS = 3
"""Channels of a photo in colour."""


class Restorer:
    """Fills the damaged pixels of photos with a model; safe from several threads.

    >>> restored = Restorer().restore(photo, mask)  # doctest: +SKIP
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        quality: str = DEFAULT_QUALITY,
        backend: str = "onnx",
        device: str = "auto",
        threads: int | None = None,
        network: Network | None = None,
        core: int | None = None,
    ) -> None:
        """Open a model by name or path, see `open_network`; `network` is used in its place where given.

        quality: "fast", "standard" or "best", see QUALITIES; a model or network that is given takes the place
        of its models only.
        core: in place of the quality's: side in pixels of the part of a tile that damage is covered by;
        a smaller one gives each damaged pixel more to go by, and costs more tiles.
        Raises UsageError for a quality, core or argument that there is not, ModelError for a model that can't
        be used, BackendError for a backend or device that is not there.
        """
        _check_arguments(model, quality, threads, core)
        chosen = find_quality(quality)
        if core is None:
            core = chosen.core
        if not 2 <= core <= TILE or core % 2:
            raise UsageError(f"core {core} must be an even number from 2 to {TILE}")
        if network is None:
            network = open_tiers(chosen.tiers_with(model), backend=backend, device=device, threads=threads)
        self._network = network
        asked = network if chosen.ensemble == 1 else SelfEnsemble(network, chosen.ensemble)
        self._filler = Filler(WithinKnown(asked) if asked.card.sees_mask else asked, core)

    @property
    def card(self) -> ModelCard:
        """What the model says about itself."""
        return self._network.card

    @property
    def device(self) -> str:
        """Where the model really runs."""
        return self._network.device

    def restore(
        self, pixels: Pixels, mask: npt.NDArray[Any], hidden: npt.NDArray[Any] | None = None
    ) -> Pixels:
        """Return a copy of the photo in which only damaged pixels have new values.

        pixels: (h, w), (h, w, 1) grey or (h, w, 3) RGB, uint8 or uint16, the latter in any byte order, which
        the copy has too.
        mask: (h, w) bool, True = damaged. Where it is False every value stays as it is, bit for bit.
        hidden: (h, w) bool, True where nobody sees the photo, as its alpha is 0: no more is restored for it,
        and nothing is made of the colours there.
        Raises PhotoError or MaskError for arrays that are not so, MaskError where nothing is left to restore
        from, and ModelError for a model that gives no numbers.
        """
        _check(pixels, mask)
        if hidden is not None:
            _check_hidden(mask, hidden)
        restored = np.array(pixels, dtype=pixels.dtype.newbyteorder("="), order="C")
        if mask.any():
            hole: Mask = np.ascontiguousarray(mask)
            missing: Mask = hole if hidden is None else hole | hidden
            picture = restored.reshape(*mask.shape, -1)
            self._filler.fill(picture, missing, hole)
            if picture.shape[2] == COLOURS:
                keep_tint(picture, hole, missing)
            if missing is not hole:
                original = np.ascontiguousarray(pixels, dtype=picture.dtype).reshape(picture.shape)
                copy_where(missing & ~hole, original, picture)
        return restored.astype(pixels.dtype, copy=False)


def _check_arguments(model: object, quality: object, threads: object, core: object) -> None:
    if model is not None and not isinstance(model, str | os.PathLike):
        raise UsageError(f"model must be a name or a path, not {model!r}")
    if not isinstance(quality, str):
        raise UsageError(f"quality must be one of {', '.join(QUALITIES)}, not {quality!r}")
    for name, value in {"threads": threads, "core": core}.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, Integral)):
            raise UsageError(f"{name} must be a whole number, not {value!r}")


def _check(pixels: Pixels, mask: npt.NDArray[Any]) -> None:
    if not isinstance(pixels, np.ndarray):
        raise PhotoError(f"pixels must be a numpy array, not {type(pixels).__name__}")
    if not isinstance(mask, np.ndarray):
        raise MaskError(f"the mask must be a numpy array, not {type(mask).__name__}")
    if pixels.dtype.newbyteorder("=") not in PHOTO_DTYPES:
        raise PhotoError(f"pixels must be uint8 or uint16, not {pixels.dtype}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3)) or not pixels.size:
        raise PhotoError(f"pixels must be (height, width, 1 or 3) or (height, width), not {pixels.shape}")
    if mask.dtype != np.bool_:
        raise MaskError(
            f"the mask must be bool with True = damaged, not {mask.dtype}; of grey values take mask > 127"
        )
    if mask.ndim != 2:
        raise MaskError(f"the mask must have two dimensions, (height, width), not {mask.shape}")
    if mask.shape != pixels.shape[:2]:
        raise MaskError(
            f"the mask is {mask.shape[-1]}x{mask.shape[0]} pixels, the photo "
            f"{pixels.shape[1]}x{pixels.shape[0]}; they must be of one size"
        )
    if mask.all():
        raise MaskError(
            "the mask is all white: the whole photo counts as damaged, nothing is left to restore it from; "
            "is it inverted (--invert-mask)?"
        )


def _check_hidden(mask: npt.NDArray[Any], hidden: object) -> None:
    if not isinstance(hidden, np.ndarray) or hidden.dtype != np.bool_ or hidden.shape != mask.shape:
        raise MaskError("hidden must be a bool array of the mask's shape, True where nobody sees the photo")
    if (mask | hidden).all():
        raise MaskError("all beside the damage is transparent: nothing is left to restore the photo from")
