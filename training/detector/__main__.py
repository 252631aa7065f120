"""`python -m training.detector`: train the detector on a folder of photos, damaged afresh for each step."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import cv2
import torch

from inpaint_cli.errors import InpaintError
from training.checkpoints import mean_checkpoint, read_checkpoint
from training.detector.elements import ElementBank
from training.detector.samples import SampleMaker, read_photos
from training.detector.trainer import STATE_FILE, DetectorConfig, DetectorFigures, DetectorTrainer


def main() -> int:
    """Parse the options, train, print figures every few minutes."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    device = torch.device("cuda" if torch.cuda.is_available() and options.device != "cpu" else "cpu")
    try:
        config = DetectorConfig(
            steps=options.steps,
            batch_size=options.batch_size,
            learning_rate=options.lr,
            seed=options.seed,
            optimizer=options.optimizer,
            minutes=options.minutes,
        )
        elements = ElementBank.read(options.elements) if options.elements else None
        training = SampleMaker(read_photos(options.photos), elements, config.samples)
        validation = SampleMaker(read_photos(options.valid), elements, config.samples)
        trainer = DetectorTrainer(config, training, validation, device, options.workers)
        options.output.mkdir(parents=True, exist_ok=True)
        if (options.output / STATE_FILE).exists():
            trainer.resume(options.output)
        elif options.start_from:
            trainer.start_from(mean_checkpoint([read_checkpoint(file) for file in options.start_from]))
        trainer.run(_tell, lambda: trainer.save(options.output))
    except InpaintError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    return 0


def _tell(figures: DetectorFigures) -> None:
    print(" ".join(f"{name} {value:.4g}" for name, value in asdict(figures).items()), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="photos to train on")
    parser.add_argument("--valid", type=Path, required=True, help="photos that validate, never trained on")
    parser.add_argument("--elements", type=Path, help="scanned damage as KIND/*.png, 255 = opaque")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/detector"), help="the run's folder")
    parser.add_argument(
        "--start-from",
        type=Path,
        nargs="+",
        help="a checkpoint of this network or a smaller one; the mean of several",
    )
    parser.add_argument("--steps", type=int, default=DetectorConfig.steps)
    parser.add_argument("--minutes", type=float, help="train for so long instead of --steps")
    parser.add_argument("--workers", type=int, default=0, help="processes that make samples ahead")
    parser.add_argument("--batch-size", type=int, default=DetectorConfig.batch_size)
    parser.add_argument("--lr", type=float, default=DetectorConfig.learning_rate)
    parser.add_argument("--optimizer", default=DetectorConfig.optimizer)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    return parser


if __name__ == "__main__":
    sys.exit(main())
