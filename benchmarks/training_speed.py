"""Pictures a second of training: each network of a preset beside the published one in plain eager float32.

    python -m benchmarks.training_speed [--device cpu|cuda] [--preset best] [--threads 2] [--seconds 10]
        [--rounds 5]

A picture's cost is all of a step: sampling, damage, forward and backward pass, optimiser, moving average. The
two are timed in turns, and the median of the pairs' ratios counts. On a CUDA device the preset's network is
timed compiled and with its steps recorded, as `train` runs it there, and also beside itself in eager float32;
and the share of time in which the network waits for batches is printed: batches are made on the device, so it
is the time that their kernels take.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import torch

from benchmarks.arguments import parser_of
from training.loop import Sources, Trainer, make_batch
from training.presets import PRESETS, TrainingConfig, find_preset
from training.recorded import RecordedStep
from training.sources import PictureBank

PICTURES = 2048
WARM_UP = 5


def main() -> int:
    """Print one line for each network."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    on_cuda = device.type == "cuda"
    for model in options.models or PRESETS[options.preset]:
        ours = find_preset(options.preset, model)
        trainer = _trainer(model, ours, device, compiled=on_cuda)
        yardsticks = {"as published": PRESETS["paper"][model]} if model in PRESETS["paper"] else {}
        if on_cuda:
            yardsticks["itself in eager float32"] = replace(ours, precision="float32")
        if not yardsticks:
            speed = median(_speed(trainer, options.seconds, device) for _ in range(options.rounds))
            print(f"{model}, {options.preset}: {speed:,.0f} pictures a second")
        for name, config in yardsticks.items():
            yardstick = _trainer(model, config, device)
            timed = [
                (_speed(trainer, options.seconds, device), _speed(yardstick, options.seconds, device))
                for _ in range(options.rounds)
            ]
            fast, slow = (median(each) for each in zip(*timed, strict=True))
            ratio = median(a / b for a, b in timed)
            print(
                f"{model}, {options.preset}: {fast:,.0f} pictures a second, {name} {slow:,.0f}: {ratio:.2f} x"
            )
        print(f"  {_batch_share(trainer, device):.1%} of a step goes into making its batch", flush=True)
    return 0


def _trainer(model: str, config: TrainingConfig, device: torch.device, *, compiled: bool = False) -> Trainer:
    pictures = torch.randint(0, 256, (PICTURES, 3, 32, 32), dtype=torch.uint8)
    tiles = torch.randint(0, 256, (PICTURES, 3, 64, 64), dtype=torch.uint8)
    sources = Sources(PictureBank(pictures), PictureBank(tiles) if config.photo_share else None)
    trainer = Trainer(model, config, sources, pictures[:64], device, compiled=compiled)
    trainer.advance(WARM_UP)
    return trainer


def _speed(trainer: Trainer, seconds: float, device: torch.device) -> float:
    """Pictures a second over about so many seconds."""
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        trainer.advance(4)
        finish(device)
        steps += 4
    return steps * trainer.config.batch_size / (time.perf_counter() - started)


def _batch_share(trainer: Trainer, device: torch.device, steps: int = 20) -> float:
    generator = torch.Generator(device)

    def make() -> torch.Tensor:
        size = trainer.config.batch_size
        return make_batch(trainer.config, trainer.sources, size, generator, trainer.rasterisers).truth

    making = RecordedStep(make, generator) if trainer.recorded else make
    return _seconds(making, steps, device) / _seconds(lambda: trainer.advance(1), steps, device)


def _seconds(call: Callable[[], object], times: int, device: torch.device) -> float:
    for _ in range(WARM_UP):
        call()
    finish(device)
    started = time.perf_counter()
    for _ in range(times):
        call()
    finish(device)
    return time.perf_counter() - started


def finish(device: torch.device) -> None:
    """Wait until the device has done all that was launched."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__file__, __doc__)
    add = parser.add_argument
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--preset", choices=tuple(PRESETS), default="best")
    add("--models", nargs="+", metavar="MODEL", help="default: all of the preset")
    add("--threads", type=int, default=2, help="on the CPU (default: %(default)s)")
    add("--seconds", type=float, default=10.0, help="of each timing (default: %(default)s)")
    add("--rounds", type=int, default=5, help="pairs of timings (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
