"""A checkpoint to a model.

NAME.onnx with its card inside, NAME.json beside it, NAME.safetensors for torch.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import safetensors.torch
import torch
from torch import Tensor, nn

from inpaint_cli.backends import Figure, ModelCard, Network, Tiles, embed_card, open_network
from inpaint_cli.backends.card import INPUT_CHANNELS
from inpaint_cli.errors import ModelError
from training.checkpoints import Checkpoint
from training.detector.quantisation import fit_to_samples
from training.files import write_together
from training.folding import fold_normalisation, fold_rearrangement
from training.half_weights import halve_checkpoint, store_in_half
from training.model_files import check_replaceable, model_files
from training.networks import NetworkConfig
from training.photo_benchmark import CleanPhoto
from training.quantisation import Loss, fit_to_photos, quantise
from training.run_checks import all_finite

OPSET = 17
TOLERANCE = 1e-4
PARITY_SHAPES = ((1, 32, 32), (5, 32, 32), (1, 64, 96), (5, 64, 96))


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written, and how far onnxruntime's answers are from torch's at most (in float32).

    lost: what an 8-bit model loses against the float one, None for a float model.
    """

    card: ModelCard
    files: tuple[Path, ...]
    difference: float
    lost: Loss | None = None


def export(
    checkpoint: Checkpoint,
    target: Path,
    *,
    training_data: str = "",
    figures: Sequence[Figure] = (),
    version: str = "1",
    half: bool = False,
    int8_photos: Iterable[CleanPhoto] | None = None,
    source: Path | None = None,
) -> Exported:
    """Write the model of a checkpoint, or nothing at all (but see `write_together` for a kill).

    Files of an earlier export are replaced. Raises ModelError for a checkpoint that can't be run, weights
    that are no numbers, or a model that does not answer as torch does; UsageError where a file of another
    kind, or `source`, the checkpoint's own, would be replaced, or nothing can be written.

    half: store the weights in 16 bits, those for torch alone where the model itself is in 8 bits;
    int8_photos: undamaged photos by which the model's convolutions are turned to 8 bits.
    """
    if target.suffix != ".onnx":
        raise ModelError(f"{target}: a model's file ends in .onnx")
    check_replaceable(target, source)
    if not all_finite(checkpoint.tensors.values()):
        raise ModelError(
            f"{source or checkpoint.file or target.stem}: weights are infinite or no numbers; nothing was"
            " written; train it again with a lower --lr"
        )
    if half:
        checkpoint = halve_checkpoint(checkpoint)
    network = checkpoint.build()
    weights = weights_of(checkpoint)
    described = NetworkConfig.from_dict(checkpoint.network)
    graph = to_onnx(network, described.inputs, described.output)
    if half and int8_photos is None:
        graph = store_in_half(graph)
    card = ModelCard(
        name=target.stem,
        kind=checkpoint.model,
        inputs=described.inputs,
        output=described.output,
        sees_mask=described.sees_mask,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        training_data=training_data,
        figures=tuple(figures),
        version=version,
        safetensors_sha256=hashlib.sha256(weights).hexdigest(),
    )
    model, card = embed_card(graph, card)
    difference = check_parity(model, network, target.name)
    lost = None
    if int8_photos is not None:
        finds = described.output == "probability"
        fit = fit_to_samples(int8_photos) if finds else fit_to_photos(int8_photos)
        graph, lost = quantise(model, fit, target.name)
        model, card = embed_card(graph, replace(card, precision="int8"))
    files = model_files(target)
    write_together(dict(zip(files, (weights, model, card.to_json().encode()), strict=True)))
    return Exported(card=card, files=files, difference=difference, lost=lost)


def to_onnx(network: nn.Module, inputs: Sequence[str], output: str = "restored") -> bytes:
    """Trace the network, normalisation and rearrangement folded into its convolutions: a serialised model.

    Batch, height and width are dynamic. torch's tracing exporter is used: it folds what stands behind a
    convolution by itself and needs no package beside onnx. Raises ModelError where a normalisation is left.
    """
    folded = fold_rearrangement(fold_normalisation(network.cpu().eval()))
    example = tuple(torch.rand(2, INPUT_CHANNELS[name], 64, 32) for name in inputs)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            folded,
            example,
            buffer,  # type: ignore[arg-type]
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes={name: {0: "n", 2: "height", 3: "width"} for name in (*inputs, output)},
            opset_version=OPSET,
            dynamo=False,
        )
    left = [node.op_type for node in onnx.load_from_string(buffer.getvalue()).graph.node]
    if "BatchNormalization" in left:
        raise ModelError("the network keeps a batch normalisation that can't be folded; it was not exported")
    return buffer.getvalue()


def check_parity(model: bytes, network: nn.Module, name: str) -> float:
    """Return the largest difference between onnxruntime and torch on random tiles.

    Raises ModelError above TOLERANCE.
    """
    with tempfile.TemporaryDirectory(prefix="inpaint-export-") as folder:
        file = Path(folder, "model.onnx")
        file.write_bytes(model)
        opened = open_network(file, device="cpu")
        difference = max(_difference(opened, network, tiles) for tiles in parity_tiles())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{name}: onnxruntime's answers differ from torch's by up to {difference:.2g}"
            f" (allowed: {TOLERANCE:g}); nothing was written"
        )
    return difference


def parity_tiles() -> Iterator[dict[str, Tiles]]:
    """Random tiles of several sizes.

    With nothing missing, all missing, single pixels and half of it missing.
    """
    rng = np.random.default_rng(0)
    for n, height, width in PARITY_SHAPES:
        scattered = (rng.random((n, 1, height, width)) > 0.1).astype(np.float32)
        half = np.ones_like(scattered)
        half[..., : width // 2] = 0
        for valid in (np.ones_like(half), np.zeros_like(half), scattered, half):
            photo, guide = rng.random((2, n, 3, height, width), dtype=np.float32)
            yield {"photo": photo * valid, "valid": valid, "guide": guide, "earlier": 1 - valid}


def _difference(opened: Network, network: nn.Module, tiles: Mapping[str, Tiles]) -> float:
    names = opened.card.inputs
    with torch.inference_mode():
        expected: Tensor = network(*(torch.from_numpy(tiles[name]) for name in names))
    answer = opened({name: tiles[name] for name in names})
    if answer.shape != tuple(expected.shape):
        return float("inf")
    return float(np.abs(answer - expected.numpy()).max())


def weights_of(checkpoint: Checkpoint) -> bytes:
    """The weights alone, with the configuration that builds the network, for the torch backend."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    metadata = {"model": checkpoint.model, "config": json.dumps(dict(checkpoint.network))}
    return _in_order(safetensors.torch.save(tensors, metadata=metadata))


def _in_order(file: bytes) -> bytes:
    """Sort the metadata, which the library writes in any order: the same weights give the same bytes."""
    end = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + file[end:]
