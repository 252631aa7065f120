"""Classical inpainting, to compare the networks with. Each method comes from a library where one has it.

Every method takes uint8 pixels (h, w, 3) and a bool mask (h, w), True = damaged, and returns uint8 (h, w,
3) whose values differ under the mask only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import label
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from skimage.restoration import inpaint_biharmonic

from inpaint_cli.errors import UsageError

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Fill = Callable[[Pixels, Mask], Pixels]

RADIUS = 3
"""Of the neighbourhood that cv2's two methods look at, in pixels."""


@dataclass(frozen=True)
class ClassicalMethod:
    """A method with its name in tables and where it comes from."""

    title: str
    source: str
    fill: Fill


def navier_stokes(pixels: Pixels, mask: Mask) -> Pixels:
    """Fluid dynamics (Bertalmio et al. 2001)."""
    return _pasted(pixels, mask, np.asarray(cv2.inpaint(pixels, _white(mask), RADIUS, cv2.INPAINT_NS)))


def telea(pixels: Pixels, mask: Mask) -> Pixels:
    """Fast marching (Telea 2004)."""
    return _pasted(pixels, mask, np.asarray(cv2.inpaint(pixels, _white(mask), RADIUS, cv2.INPAINT_TELEA)))


def biharmonic(pixels: Pixels, mask: Mask) -> Pixels:
    """The smoothest surface in the sense of the bilaplacian (Chui and Mhaskar 2010)."""
    if not mask.any() or mask.all():
        return pixels.copy()
    filled = inpaint_biharmonic(pixels, mask, channel_axis=2, split_into_regions=True)
    return _pasted(pixels, mask, _as_bytes(filled * 255))


def frequency_selective(pixels: Pixels, mask: Mask) -> Pixels:
    """Frequency selective reconstruction, the fast variant (Genser et al. 2018)."""
    known = np.where(mask, 0, 255).astype(np.uint8)
    result = np.zeros_like(pixels)
    xphoto: Any = getattr(cv2, "xphoto")  # noqa: B009 - OpenCV without contrib lacks it, its types too
    xphoto.inpaint(pixels, known, result, xphoto.INPAINT_FSR_FAST)
    return _pasted(pixels, mask, result)


def harmonic(pixels: Pixels, mask: Mask) -> Pixels:
    """Laplace's equation with the hole's rim as boundary: heat that has settled. No library has it."""
    solvable = mask & ~_enclosed(mask)
    if not solvable.any():
        return pixels.copy()
    index = np.full(mask.shape, -1, np.int64)
    index[solvable] = np.arange(int(solvable.sum()))
    y, x = np.nonzero(solvable)
    here = index[y, x]
    degree = np.zeros(len(here))
    known = np.zeros((len(here), pixels.shape[2]))
    rows, columns = [], []
    for step_y, step_x in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        y2, x2 = y + step_y, x + step_x
        inside = (y2 >= 0) & (y2 < mask.shape[0]) & (x2 >= 0) & (x2 < mask.shape[1])
        degree += inside
        there = index[y2[inside], x2[inside]]
        unknown = there >= 0
        rows.append(here[inside][unknown])
        columns.append(there[unknown])
        known[here[inside][~unknown]] += pixels[y2[inside][~unknown], x2[inside][~unknown]]
    row, column = np.concatenate([*rows, here]), np.concatenate([*columns, here])
    values = np.concatenate([-np.ones(len(row) - len(here)), degree])
    matrix = coo_matrix((values, (row, column))).tocsc()
    solved = np.asarray(spsolve(matrix, known)).reshape(len(here), -1)
    result = pixels.copy()
    result[y, x] = _as_bytes(solved)
    return result


METHODS: Mapping[str, ClassicalMethod] = MappingProxyType(
    {
        "biharmonic": ClassicalMethod("biharmonic", "scikit-image", biharmonic),
        "harmonic": ClassicalMethod("harmonic (Laplace)", "own, sparse solver of scipy", harmonic),
        "ns": ClassicalMethod("Navier-Stokes", "OpenCV, radius 3", navier_stokes),
        "telea": ClassicalMethod("Telea", "OpenCV, radius 3", telea),
        "fsr": ClassicalMethod("FSR (fast)", "OpenCV contrib", frequency_selective),
    }
)


def available_methods() -> tuple[str, ...]:
    """Names of the methods that work here: FSR needs opencv-contrib."""
    has_contrib = hasattr(cv2, "xphoto")
    return tuple(name for name in METHODS if name != "fsr" or has_contrib)


def find_methods(names: Sequence[str] | None) -> dict[str, ClassicalMethod]:
    """Look methods up by name; None means all that work here, an empty list none.

    Raises UsageError for one that there is not, or not here.
    """
    for name in names or ():
        if name not in METHODS:
            raise UsageError(f"no method {name!r}; there are: {', '.join(METHODS)}")
        if name not in available_methods():
            raise UsageError("fsr needs OpenCV's contrib modules: pip install opencv-contrib-python-headless")
    return {name: METHODS[name] for name in (available_methods() if names is None else names)}


def _enclosed(mask: Mask) -> Mask:
    """Where a hole touches no known pixel at all (only where everything is damaged)."""
    holes, count = label(mask)
    grown = np.zeros(count + 1, bool)
    for axis in (0, 1):
        a, b = np.moveaxis(holes, axis, 0)[:-1], np.moveaxis(holes, axis, 0)[1:]
        grown[np.concatenate([a[b == 0], b[a == 0]])] = True
    return np.asarray(mask & ~grown[holes])


def _white(mask: Mask) -> Pixels:
    return np.where(mask, 255, 0).astype(np.uint8)


def _as_bytes(values: npt.NDArray[np.float64]) -> Pixels:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def _pasted(pixels: Pixels, mask: Mask, filled: npt.NDArray[np.generic]) -> Pixels:
    return np.where(mask[..., None], filled, pixels).astype(np.uint8)
