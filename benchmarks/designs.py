"""Train several designs of the photo network for the same time, and compare what each gives for its cost.

    python -m benchmarks.designs --train PHOTOS --valid PHOTOS [--minutes 10] [--names slim,light] [-o OUT]

Each design trains on one thread for the same minutes of processor time, is exported, and restores damaged
copies of the validation photos. Prints a Markdown table of the designs that were asked for: parameters, MFLOP
a tile, tiles a second in onnxruntime on one thread, and the PSNR in dB over the hole for each kind of damage.
What is measured is kept in results.json; a design that is in there is not trained again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.arguments import parser_of
from benchmarks.equal_time import train_for
from benchmarks.tile_costs import tiles_per_second
from inpaint_cli.backends import open_network
from inpaint_cli.photos import write_atomically
from inpaint_cli.restoration import Restorer
from training.checkpoints import WEIGHTS_FILE, read_checkpoint
from training.data import SourceOption, load_training_data
from training.data.pictures import find_pictures, read_pixels
from training.evaluation import Candidate
from training.export import export
from training.loop import Sources
from training.networks import NetworkConfig
from training.photo_benchmark import CleanPhoto, evaluate_kind
from training.photo_damage import KINDS
from training.presets import DEEP, LIGHT, MEDIUM, PRESETS, SMALL, TrainingConfig
from training.report import markdown_table

LARGEST = 320_000
"""Pixels of a validation photo at most, so that a comparison takes seconds."""
DEPTH_POWER = 0.7
"""Of all designs that are compared, so that the table can grow."""
SLIM = replace(LIGHT, channels=(16, 32, 64))
WIDE = replace(LIGHT, channels=(64, 96, 128), blocks=(2, 2, 2, 2, 2))


def _variant(size: NetworkConfig, guess: str) -> TrainingConfig:
    """The usual settings with another size and first guess; a learned one takes as many steps for all."""
    usual = PRESETS["best"]["photo"]
    learned = PRESETS["fast"]["photo"].network.iterations
    network = replace(
        usual.network, channels=size.channels, blocks=size.blocks, guess=guess, iterations=learned
    )
    return replace(usual, network=network, depth_power=DEPTH_POWER, epochs=1)


DESIGNS: Mapping[str, TrainingConfig] = {
    "slim": _variant(SLIM, "push-pull"),
    "slim-waves-misfit": _variant(SLIM, "spectral-with-misfit"),
    "slim-learned": _variant(SLIM, "learned-spectral"),
    "small-learned": _variant(SMALL, "learned-spectral"),
    "light": _variant(LIGHT, "push-pull"),
    "light-waves": _variant(LIGHT, "spectral"),
    "light-waves-misfit": _variant(LIGHT, "spectral-with-misfit"),
    "light-learned": _variant(LIGHT, "learned-spectral"),
    "medium-learned": _variant(MEDIUM, "learned-spectral"),
    "deep-learned": _variant(DEEP, "learned-spectral"),
    "light-pixels-alike": replace(_variant(LIGHT, "learned-spectral"), depth_power=0.0, margin_weight=1.0),
    "wide-waves-misfit": _variant(WIDE, "spectral-with-misfit"),
}


def main() -> int:
    """Train and measure what is not in results.json yet; print the table."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    file = options.output / "results.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    photos = _clean_photos(options.valid, options.photos)
    sources = None
    names = options.names or list(DESIGNS)
    for name in names:
        if name in results:
            continue
        sources = sources or _sources(options.train)
        folder = options.output / name
        trained = train_for(options.minutes, "photo", DESIGNS[name], sources, folder)
        results[name] = {**trained, **_measure(folder, photos)}
        write_atomically(file, (json.dumps(results, indent=2) + "\n").encode())
        print(*_cells(name, results[name]), sep="  ", flush=True)
    print(_table({name: results[name] for name in names}))
    return 0


def _sources(folder: Path) -> Sources:
    bank = load_training_data([SourceOption(folder)]).bank(photos=True)
    assert bank is not None
    return Sources(bank, bank)


def _measure(folder: Path, photos: Sequence[CleanPhoto]) -> dict[str, Any]:
    checkpoint = read_checkpoint(folder / WEIGHTS_FILE)
    model = folder / "photo.onnx"
    exported = export(checkpoint, model)
    tile = [torch.zeros(1, channels, 32, 32) for channels in (3, 1, 3)]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        checkpoint.build()(*tile)
    restorer = Restorer(model, device="cpu", threads=1)
    candidate = Candidate("ours", "photo", restorer.restore)
    reports = {kind: evaluate_kind(kind, photos, [candidate], seed=7) for kind in KINDS}
    return {
        "parameters": exported.card.parameters,
        "mflop": counter.get_total_flops() / 1e6,
        "tiles_per_second": tiles_per_second([open_network(model, device="cpu", threads=1)], rounds=5)[0],
        "psnr": {kind: report.rows[0].score.psnr for kind, report in reports.items()},
    }


def _clean_photos(folder: Path, most: int) -> list[CleanPhoto]:
    pixels = ((file.name, read_pixels(file)) for file in find_pictures(folder))
    small = (CleanPhoto(name, each) for name, each in pixels if each.shape[0] * each.shape[1] <= LARGEST)
    return list(islice(small, most))


def _cells(name: str, result: Mapping[str, Any]) -> list[str]:
    seen = result["steps"] * DESIGNS[name].batch_size
    return [
        name, f"{result['parameters']:,}", f"{result['mflop']:.0f}", f"{result['tiles_per_second']:,.0f}",
        f"{seen:,}", *(f"{value:.2f}" for value in result["psnr"].values()),
    ]  # fmt: skip


def _table(results: Mapping[str, Mapping[str, Any]]) -> str:
    titles = ["design", "parameters", "MFLOP a tile", "tiles a second", "pictures seen", *KINDS]
    return markdown_table(titles, [_cells(name, result) for name, result in results.items()])


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(DESIGNS):
        raise argparse.ArgumentTypeError(f"no design {min(unknown)!r}; there are: {', '.join(DESIGNS)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__file__, __doc__)
    add = parser.add_argument
    add("--train", type=Path, required=True, help="folder of photos to train on")
    add("--valid", type=Path, required=True, help="folder of photos to measure on")
    add("--minutes", type=float, default=10.0, help="of training for each design (default: %(default)s)")
    add("--photos", type=int, default=12, help="validation photos at most (default: %(default)s)")
    add("--names", type=_names, help=f"of {','.join(DESIGNS)} (default: all)")
    add("-o", "--output", type=Path, default=Path("runs/designs"), help="folder (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
