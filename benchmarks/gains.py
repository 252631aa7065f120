"""What each step from the published setting to `best` gains: one change at a time, equal training time.

    python -m benchmarks.gains --data CIFAR10 [--data PHOTOS] [--minutes 6] [--model pconv|vanilla] [-o OUT]

Each row of the table has all changes of the rows above it. Every configuration trains on one thread for the
same minutes of processor time with its schedule stretched over them, and is then measured on the validation
pictures of the data: mean squared error over the whole picture, 1-9 lines, known pixels pasted back where the
network sees the mask. Results are kept in MODEL.json in OUT; what is in there is not trained again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.arguments import parser_of
from benchmarks.equal_time import train_for
from inpaint_cli.photos import write_atomically
from training.checkpoints import WEIGHTS_FILE, read_checkpoint
from training.data import SourceOption, load_training_data
from training.loop import Batch, fixed_batch, mean_squared_error
from training.networks import NetworkConfig
from training.presets import PRESETS, TrainingConfig
from training.report import markdown_table
from training.session import loop_sources


def steps(model: str) -> Mapping[str, TrainingConfig]:
    """The configurations from `paper` to `best`, each with one change more than the one before."""
    paper, best = PRESETS["paper"][model], PRESETS["best"][model]
    changes: dict[str, dict[str, Any]] = {"as published": {}}
    if model == "pconv":
        changes["loss on the hole alone"] = {"known_weight": 0.0}
    changes |= {
        "moving-average weights": {"average": best.average},
        "schedule with warm-up": {"schedule": best.schedule, "warmup": best.warmup},
        "mirrored pictures": {"flips": best.flips},
        "residual U-Net at half resolution over push-pull": {
            "network": replace(best.network, guess="push-pull")
        },
        "over waves, with their misfit": {"network": best.network},
        "Muon in place of Adam": {"optimizer": best.optimizer, "learning_rate": best.learning_rate},
        "bfloat16": {"precision": best.precision},
    }
    if best.photo_share:
        changes["a share of photo tiles"] = {"photo_share": best.photo_share}
    result, config = {}, replace(paper, epochs=1)
    for name, change in changes.items():
        config = replace(config, **change)
        result[name] = config
    return result


def main() -> int:
    """Train and measure what is not there yet; print the table."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    file = options.output / f"{options.model}.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    data = load_training_data([SourceOption.parse(text) for text in options.data])
    sources, validating = loop_sources(data)
    for number, (name, config) in enumerate(steps(options.model).items()):
        if name in results:
            continue
        folder = options.output / f"{options.model}-{number}"
        trained = train_for(options.minutes, options.model, config, sources, folder)
        batch = fixed_batch(PRESETS["paper"][options.model], validating, torch.device("cpu"))
        results[name] = {**trained, "error": _error(folder, batch)}
        write_atomically(file, (json.dumps(results, indent=2) + "\n").encode())
        print(name, results[name], flush=True)
    print(_table(results))
    return 0


def _error(folder: Path, batch: Batch) -> float:
    """Mean squared error over all pixels and channels of the moving-average network."""
    checkpoint = read_checkpoint(folder / WEIGHTS_FILE)
    return mean_squared_error(checkpoint.build(), NetworkConfig.from_dict(checkpoint.network), batch)


def _table(results: Mapping[str, Mapping[str, float]]) -> str:
    titles = ("change", "pictures a second", "pictures seen", "error", "of the row above")
    rows: list[tuple[str, ...]] = []
    before = None
    for name, result in results.items():
        share = f"{result['error'] / before:.3f}" if before else ""
        seen = f"{result['pictures_per_second'] * result['minutes'] * 60:,.0f}"
        rows.append((name, f"{result['pictures_per_second']:,.0f}", seen, f"{result['error']:.6f}", share))
        before = result["error"]
    return markdown_table(titles, rows)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__file__, __doc__)
    add = parser.add_argument
    add("--data", action="append", required=True, metavar="PATH[@WEIGHT]", help="as `inpaint-cli train`")
    add("--minutes", type=float, default=6.0, help="of training for each row (default: %(default)s)")
    add("--model", choices=("pconv", "vanilla"), default="pconv")
    add("-o", "--output", type=Path, default=Path("runs/gains"), help="folder (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
