"""What a detector in 8 bits is fitted to, and by what its loss is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from inpaint_cli.backends import Network, Tiles
from inpaint_cli.errors import ModelError
from training.detector.samples import SampleConfig, SampleMaker, Samples
from training.photo_benchmark import CleanPhoto
from training.quantisation import Fit, Fitting, Kernels, finest_width

ALLOWED_LOSS = 0.01
"""Of F1 (0..1) on pixels."""
WAY_DOWN = ("/encoder.1/", "/down.1/")
"""Parts of the second level that stay in float32.

With them in 8 bits as well, for 7 % more speed, the answers were eleven times as far from those in float32.
"""
FITTED_TO, MEASURED_ON, AT_ONCE = 32, 96, 8
"""Samples, and how many of them the network sees at once."""
SURE = 0.9
"""Probability from which a pixel counts as found."""


def fit_to_samples(photos: Iterable[CleanPhoto]) -> Fit:
    """Fit a detector to samples of undamaged photos, as it is trained on, and measure it on other ones.

    The fit raises ModelError where there are no photos.
    """

    def fit(floating: Network, name: str) -> Fitting:
        pixels = [photo.pixels for photo in photos]
        if not pixels:
            raise ModelError(f"{name}: there are no photos for --int8")
        maker = SampleMaker(pixels, None, SampleConfig())
        seen = [look for samples in _samples(maker, FITTED_TO, seed=0) for look in looks(floating, samples)]
        return Fitting(
            batches=seen,
            score=lambda network: f1(network, _samples(maker, MEASURED_ON, seed=1)),
            unit="of F1",
            allowed=ALLOWED_LOSS,
            choices=(_near_the_pixels,),
        )

    return fit


def _near_the_pixels(kernels: Kernels) -> list[str]:
    """What belongs to the finest level, leads to or from it, or on from the second level."""
    width = finest_width(kernels)
    return [
        name
        for name, kernel in kernels.items()
        if kernel is None or min(kernel[:2]) <= width or any(part in name for part in WAY_DOWN)
    ]


def _samples(maker: SampleMaker, count: int, seed: int) -> Iterator[Samples]:
    rng = np.random.default_rng(seed)
    for _ in range(count // AT_ONCE):
        yield maker.make(AT_ONCE, rng)


def looks(network: Network, samples: Samples) -> Iterator[Mapping[str, Tiles]]:
    """Yield what the network is given at the first look, and at the second, in the mirror."""
    first = {"photo": samples.photo, "earlier": np.zeros_like(samples.label)}
    yield first
    found = network(first)
    yield {name: np.ascontiguousarray(each[..., ::-1]) for name, each in {**first, "earlier": found}.items()}


def f1(network: Network, batches: Iterable[Samples]) -> float:
    """F1 of the second look, pixel by pixel; what isn't held against an answer in training isn't here."""
    agreed = found = damaged = 0
    for samples in batches:
        *_, second = looks(network, samples)
        sure = network(second)[..., ::-1] >= SURE
        counts, label = samples.weight > 0, samples.label > 0
        agreed += int((sure & label & counts).sum())
        found += int((sure & counts).sum())
        damaged += int((label & counts).sum())
    return 2 * agreed / max(found + damaged, 1)
