"""A model whose convolutions compute in whole numbers of 8 bits, and what that loses."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

from inpaint_cli.backends import ModelCard, Network, Tiles, embed_card, open_network
from inpaint_cli.errors import ModelError
from inpaint_cli.restoration import Restorer
from training.evaluation import Case
from training.photo_benchmark import CleanPhoto, damage_photo, middle
from training.photo_damage import KINDS
from training.scores import score

ALLOWED_LOSS = 0.04
"""dB of PSNR in the hole, on the mean of the photos, that a model that restores may lose."""
PERCENTILES = (99.99, 99.999)
"""Of what a convolution sees, in percent: the few values above would make all others coarser.

The better one counts: `photo`, with all but the outermost convolutions and the next ones in 8 bits, loses
0.034 dB with the first and 0.010 dB with the second; other networks lost less with the first.
"""
SIDE = 512
"""Pixels of the middle of a photo that are used: more of the same photo tells little more."""

_BATCH = 64
_MOST_TILES = 256
_FIRST_DOWN_AND_UP = "/encoder.0/encoder.0.0/first/", "/decoder.0/decoder.0.0/first/"

Kernels = Mapping[str, Sequence[int] | None]
"""Of each convolution by name, the shape of its kernel: channels out, in, and its sides; None: not known."""
FloatChoice = Callable[[Kernels], list[str]]
"""Chooses the convolutions that stay in float32."""


def outermost(kernels: Kernels) -> list[str]:
    """Those that take pixels in or give them out: between levels, none has another number of channels."""
    widths = _widths(kernels)
    return [name for name, kernel in kernels.items() if kernel is None or not widths >= set(kernel[:2])]


def outermost_and_next(kernels: Kernels) -> list[str]:
    """Those, and the finest level's first convolution on each way, down and up."""
    return outermost(kernels) + [name for name in kernels if name.startswith(_FIRST_DOWN_AND_UP)]


def finest(kernels: Kernels) -> list[str]:
    """The outermost, and those with no more channels in and out than the finest level has."""
    width, outer = finest_width(kernels), outermost(kernels)
    return [
        name for name, kernel in kernels.items() if name in outer or (kernel and max(kernel[:2]) <= width)
    ]


def finest_width(kernels: Kernels) -> int:
    """Return the number of channels of the finest level; 0 where there are no levels."""
    return min(_widths(kernels), default=0)


def _widths(kernels: Kernels) -> set[int]:
    """The numbers of channels of the levels: within them as many go in as come out."""
    return {kernel[0] for kernel in kernels.values() if kernel is not None and kernel[0] == kernel[1]}


@dataclass(frozen=True)
class Loss:
    """What a model loses in 8 bits, in which unit."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{round(self.amount, 3) + 0.0:.3f} {self.unit}"  # no -0.000


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """What the 8-bit form of a model is fitted to, and by what its loss is measured.

    batches: inputs as the model meets them, by which the ranges of what its convolutions see are measured;
    all that these see is held in memory at once.
    score: of a network, in `unit`; the more the better; allowed: what may be lost of it.
    choices: from the fastest to the most careful; the first that loses no more than is allowed counts.
    """

    batches: Sequence[Mapping[str, Tiles]]
    score: Callable[[Network], float]
    unit: str
    allowed: float
    choices: Sequence[FloatChoice]


Fit = Callable[[Network, str], Fitting]
"""Finds the fitting of a float model; its name is for messages."""


def quantise(model: bytes, fit: Fit, name: str) -> tuple[bytes, Loss]:
    """Turn a model into its 8-bit form; returns it with what it loses.

    model: with its card, which the 8-bit form keeps. Raises ModelError where the loss is above what the
    fitting allows, and what the fit raises.

    Weights take 7 bits of the 8: on processors without an instruction that adds products of bytes in 32
    bits, sums of two products would overflow otherwise, and a photo would look different there.
    """
    with tempfile.TemporaryDirectory(prefix="inpaint-int8-") as folder:
        source, prepared, target = (Path(folder, f"{form}.onnx") for form in ("float", "prepared", "int8"))
        source.write_bytes(model)
        floating = open_network(source, device="cpu")
        fitting = fit(floating, name)
        before = fitting.score(floating)
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        kernels = _kernels(onnx.load(prepared))
        for choice in fitting.choices:
            attempts = []
            for percentile in PERCENTILES:
                _quantise_file(prepared, target, fitting.batches, choice(kernels), percentile)
                quantised, _ = embed_card(target.read_bytes(), floating.card)
                target.write_bytes(quantised)
                lost = before - fitting.score(open_network(target, device="cpu"))
                attempts.append((Loss(lost, fitting.unit), quantised))
            best, quantised = min(attempts, key=lambda attempt: attempt[0].amount)
            if best.amount <= fitting.allowed:
                return quantised, best
    raise ModelError(
        f"{name}: in 8 bits it loses {best} on these photos (allowed: {fitting.allowed:g});"
        " nothing was written; export it without --int8"
    )


def fit_to_photos(photos: Iterable[CleanPhoto]) -> Fit:
    """Fit a model that restores to damaged copies of photos, and measure it on copies with other damage.

    The fit raises ModelError where the photos give no tiles.
    """

    def fit(floating: Network, name: str) -> Fitting:
        chosen = [CleanPhoto(photo.name, middle(photo.pixels, SIDE)) for photo in photos]
        tiles = _calibration_tiles(floating, _cases(chosen, seed=0))
        count = len(tiles["photo"])
        if not count:
            raise ModelError(f"{name}: the photos for --int8 gave no tiles; give larger ones")
        whole = count - count % _BATCH or count  # the library takes no shorter batch after others
        batches = [
            {key: batch[start : start + _BATCH] for key, batch in tiles.items()}
            for start in range(0, whole, _BATCH)
        ]
        return Fitting(
            batches=batches,
            score=lambda network: _psnr(network, _cases(chosen, seed=1)),
            unit="dB",
            allowed=ALLOWED_LOSS,
            choices=(outermost, outermost_and_next, finest),
        )

    return fit


def _cases(photos: Sequence[CleanPhoto], seed: int) -> Iterator[Case]:
    """Damage each photo in one way, all ways in turns; with one or two photos, those in all ways."""
    kinds = tuple(KINDS)
    for index in range(max(len(photos), len(kinds))):
        yield damage_photo(photos[index % len(photos)], kinds[index % len(kinds)], seed)


class _Recorder:
    """Runs a network and keeps what it was given."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.device = network.device
        self.seen: list[Mapping[str, Tiles]] = []

    @property
    def card(self) -> ModelCard:
        return self._network.card

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        self.seen.append({name: batch.copy() for name, batch in inputs.items()})
        return self._network(inputs)


def _calibration_tiles(network: Network, cases: Iterator[Case]) -> dict[str, Tiles]:
    """What the network is given while it restores the cases, guides of coarser levels among it."""
    recorder = _Recorder(network)
    restorer = Restorer(network=recorder)
    for case in cases:
        restorer.restore(case.damaged, case.mask)
    tiles = {name: np.concatenate([seen[name] for seen in recorder.seen]) for name in network.card.inputs}
    chosen = np.random.default_rng(0).permutation(len(tiles["photo"]))[:_MOST_TILES]
    return {name: batch[chosen] for name, batch in tiles.items()}


def _psnr(network: Network, cases: Iterator[Case]) -> float:
    """Mean PSNR in the hole, in dB."""
    restorer = Restorer(network=network)
    each = [score(restorer.restore(case.damaged, case.mask), case.truth, case.mask) for case in cases]
    return float(np.mean([one.psnr for one in each]))


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Gives the batches one by one, as onnxruntime asks for them."""

    def __init__(self, batches: Iterable[Mapping[str, Tiles]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> Mapping[str, Tiles] | None:
        return next(self._batches, None)


def _quantise_file(
    prepared: Path,
    target: Path,
    batches: Iterable[Mapping[str, Tiles]],
    in_float: list[str],
    percentile: float,
) -> None:
    with redirect_stdout(StringIO()):  # on which the library tells its settings
        quantize_static(
            prepared,
            target,
            _Reader(batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=in_float,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": percentile},
        )


def _kernels(model: onnx.ModelProto) -> Kernels:
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    return {node.name: shapes.get(node.input[1]) for node in model.graph.node if node.op_type == "Conv"}
