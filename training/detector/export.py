"""`python -m training.detector.export CHECKPOINT -o MODEL.onnx`: a detector's checkpoint to a model.

Its output is called `probability` and has one channel; all else is as in `training.export`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from inpaint_cli.backends import Figure, ModelCard, embed_card
from inpaint_cli.errors import InpaintError, ModelError
from training.checkpoints import Checkpoint, read_checkpoint
from training.detector.trainer import ARCHITECTURE, build_detector
from training.export import Exported, check_parity, to_onnx, weights_of, write_all
from training.half_weights import halve_checkpoint, store_in_half

INPUTS, OUTPUT = ("photo", "earlier"), "probability"
TRAINING_DATA = (
    "563 photos (BSDS500: research use; Urban100: research, Flickr CC; Wikimedia Commons: mostly CC BY-SA),"
    " with drawn damage and the opacity maps of FilmDamageSimulator (Ivanova et al. 2023, MIT)"
)


def export_detector(
    checkpoint: Checkpoint, target: Path, *, figures: Sequence[Figure] = (), version: str = "1"
) -> Exported:
    """Write MODEL.onnx, .json and .safetensors; ModelError where onnxruntime doesn't answer as torch.

    The weights are stored with 16 bits, which halves the files; everything is computed with 32.
    """
    if checkpoint.network.get("architecture") != ARCHITECTURE:
        raise ModelError(f"{target}: the checkpoint is of a {checkpoint.model}, not of a detector")
    checkpoint = halve_checkpoint(checkpoint)
    network = build_detector(checkpoint.network)
    network.load_state_dict(dict(checkpoint.tensors))
    network.eval()
    weights = weights_of(checkpoint)
    card = ModelCard(
        name=target.stem, kind="detector", inputs=INPUTS, output=OUTPUT, sees_mask=False,
        parameters=sum(tensor.numel() for tensor in checkpoint.tensors.values()), training_data=TRAINING_DATA,
        figures=tuple(figures), version=version, safetensors_sha256=hashlib.sha256(weights).hexdigest(),
    )  # fmt: skip
    model, card = embed_card(store_in_half(to_onnx(network, INPUTS, OUTPUT)), card)
    difference = check_parity(model, network, target.name)
    files = {
        target.with_suffix(".safetensors"): weights,
        target.with_suffix(".onnx"): model,
        target.with_suffix(".json"): card.to_json().encode(),
    }
    write_all(files)
    return Exported(card=card, files=tuple(files), difference=difference)


def main() -> int:
    """Export one checkpoint from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.detector.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--figures", type=Path, help="JSON list of {name, value, command} for the card")
    parser.add_argument("--version", default="1")
    options = parser.parse_args()
    try:
        given = json.loads(options.figures.read_text()) if options.figures else []
        figures = [Figure(**each) for each in given]
        exported = export_detector(
            read_checkpoint(options.checkpoint), options.output, figures=figures, version=options.version
        )
    except InpaintError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    print(f"{options.output}: {exported.card.parameters:,} parameters, differs by {exported.difference:.1g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
