"""A model whose convolutions compute in whole numbers of 8 bits, and what that loses on photos."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

from inpaint_cli.backends import ModelCard, Network, Tiles, embed_card, open_network
from inpaint_cli.errors import ModelError
from inpaint_cli.restoration import Restorer
from training.evaluation import Case
from training.photo_benchmark import CleanPhoto, damage_photo
from training.photo_damage import KINDS
from training.scores import score

ALLOWED_LOSS = 0.05
"""dB of PSNR in the hole, on the mean of the photos, that the model may lose."""
SIDE = 512
"""Pixels of the middle of a photo that are used: more of the same photo tells little more."""

_BATCH = 64
_MOST_TILES = 1024


def quantise(model: bytes, photos: Iterable[CleanPhoto], name: str) -> tuple[bytes, float]:
    """Turn a model that restores pixels into its 8-bit form; returns it with the dB that it loses.

    model: with its card, which the 8-bit form keeps.

    The ranges of what the convolutions see are measured on damaged copies of the photos, the loss on copies
    with other damage. ModelError where it is above ALLOWED_LOSS.

    Weights take 7 bits of the 8: on processors without an instruction that adds products of bytes in 32
    bits, sums of two products would overflow otherwise, and a photo would look different there.
    """
    chosen = [_middle(photo) for photo in photos]
    with tempfile.TemporaryDirectory(prefix="inpaint-int8-") as folder:
        source, target = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        source.write_bytes(model)
        floating = open_network(source, device="cpu")
        if floating.card.output != "restored":
            raise ModelError(f"{name}: only models that restore pixels can be made 8-bit")
        tiles = _calibration_tiles(floating, _cases(chosen, seed=0))
        if not len(tiles["photo"]):
            raise ModelError(f"{name}: the photos for --int8 gave no tiles; give larger ones")
        _quantise_file(source, target, tiles)
        quantised, _ = embed_card(target.read_bytes(), floating.card)
        target.write_bytes(quantised)
        lost = _loss(floating, open_network(target, device="cpu"), _cases(chosen, seed=1))
    if not lost <= ALLOWED_LOSS:
        raise ModelError(
            f"{name}: in 8 bits it loses {lost:.2f} dB on these photos (allowed: {ALLOWED_LOSS:g});"
            " nothing was written; export it without --int8"
        )
    return quantised, lost


def _middle(photo: CleanPhoto) -> CleanPhoto:
    top, left = (max(0, (length - SIDE) // 2) for length in photo.pixels.shape[:2])
    return CleanPhoto(photo.name, photo.pixels[top : top + SIDE, left : left + SIDE].copy())


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


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Gives the tiles in batches, as onnxruntime asks for them."""

    def __init__(self, tiles: Mapping[str, Tiles]) -> None:
        self._batches = iter(
            {name: batch[start : start + _BATCH] for name, batch in tiles.items()}
            for start in range(0, len(tiles["photo"]), _BATCH)
        )

    def get_next(self) -> dict[str, Tiles] | None:
        return next(self._batches, None)


def _quantise_file(source: Path, target: Path, tiles: Mapping[str, Tiles]) -> None:
    prepared = target.with_name("prepared.onnx")
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        target,
        _Reader(tiles),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=_finest_convolutions(onnx.load(prepared)),
    )


def _finest_convolutions(model: onnx.ModelProto) -> list[str]:
    """Those with no more channels in and out than the finest level has; they stay in float32.

    They are nearest to the pixels: of `photo`, all others lose 0.005 dB in 8 bits, and with those that touch
    no pixel themselves 0.04 dB, for 7 % more speed.
    """
    shapes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    kernels = {node.name: shapes.get(node.input[1]) for node in convolutions}
    square = [kernel[0] for kernel in kernels.values() if kernel is not None and kernel[0] == kernel[1]]
    finest = min(square, default=0)
    return [name for name, kernel in kernels.items() if kernel is None or max(kernel[:2]) <= finest]


def _loss(floating: Network, quantised: Network, cases: Iterator[Case]) -> float:
    """Mean of the float model's PSNR in the hole, minus the other's."""
    before, after = Restorer(network=floating), Restorer(network=quantised)
    differences = []
    for case in cases:
        scores = [
            score(each.restore(case.damaged, case.mask), case.truth, case.mask) for each in (before, after)
        ]
        differences.append(scores[0].psnr - scores[1].psnr)
    return float(np.mean(differences))
