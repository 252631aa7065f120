"""How long training takes from nothing to an error: wall time, for each density of the lines.

    python -m benchmarks.time_to_error --data CIFAR10 [--data PHOTOS] [--model pconv] [--preset best]
        [--valid BATCH] [--device cpu|cuda] [--minutes 20] [--error 0.0005]

The network trains from nothing, its learning rate falling over the minutes, as `train --minutes` does it; on
CUDA compiled and recorded. Every so many seconds its moving average restores the validation pictures with the
lines of `evaluate cifar10`, and a line with the errors is printed. Seconds count from before the network is
built, so compiling counts and reading the data does not; nor does measuring.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.arguments import parser_of
from benchmarks.training_speed import finish
from training.benchmark_masks import DENSITIES, line_mask
from training.data import SourceOption, load_training_data
from training.loop import Batch, Trainer, mean_squared_error
from training.presets import PRESETS, find_preset
from training.report import markdown_table
from training.session import loop_sources

SEED = 1


def main() -> int:
    """Train, print the errors now and then, and in the end when each density's was low enough."""
    options = _parser().parse_args()
    device = torch.device(options.device)
    data = load_training_data([SourceOption.parse(text) for text in options.data], valid=options.valid)
    sources, validating = loop_sources(data)
    batches = {name: _damaged(validating, most).to(device) for name, most in DENSITIES.items()}
    config = replace(find_preset(options.preset, options.model), minutes=options.minutes)
    reached: dict[str, float] = {}
    began = time.monotonic()
    trainer = Trainer(options.model, config, sources, validating[:1], device, compiled=device.type == "cuda")
    for seconds in _measuring_times(trainer, began, options.every):
        network = trainer.averaged()
        errors = {name: mean_squared_error(network, config.network, batch) for name, batch in batches.items()}
        told = ", ".join(f"{name} {error:.6f}" for name, error in errors.items())
        print(f"{seconds:.0f} s, {trainer.step * config.batch_size:,} pictures: {told}", flush=True)
        for name, error in errors.items():
            if error <= options.error:
                reached.setdefault(name, seconds)
    rows = [(name, f"{reached[name]:.0f}" if name in reached else "never") for name in DENSITIES]
    print(markdown_table(("lines", f"seconds to {options.error:g}"), rows))
    return 0


def _measuring_times(trainer: Trainer, began: float, every: float) -> Iterator[float]:
    """Train to the end, and yield the seconds so far whenever it is time to measure; that is not counted."""
    measured = elsewhere = 0.0
    while not trainer.finished:
        trainer.advance(1)
        trainer.seconds = time.monotonic() - began - elsewhere
        if trainer.finished or trainer.seconds - measured >= every:
            finish(trainer.device)
            measured = trainer.seconds = time.monotonic() - began - elsewhere
            yield measured
            elsewhere = time.monotonic() - began - measured


def _damaged(pictures: torch.Tensor, most: int) -> Batch:
    masks = [line_mask(np.random.default_rng([SEED, index]), most) for index in range(len(pictures))]
    truth = pictures.float() / 255
    return Batch(truth, torch.from_numpy(~np.stack(masks)[:, None]).float(), torch.zeros_like(truth))


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__file__, __doc__)
    add = parser.add_argument
    add("--data", action="append", required=True, metavar="PATH[@WEIGHT]", help="as `inpaint-cli train`")
    add("--valid", type=Path, metavar="PATH", help="as `inpaint-cli train`")
    add("--model", choices=("pconv", "vanilla"), default="pconv")
    add("--preset", choices=tuple(PRESETS), default="best")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--minutes", type=float, default=20.0, help="of training (default: %(default)s)")
    add("--error", type=float, default=0.0005, help="to reach (default: %(default)s)")
    add(
        "--every", type=float, default=20.0, metavar="SECONDS", help="measure so often (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
