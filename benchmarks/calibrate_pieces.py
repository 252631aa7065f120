"""Fit the judge of pieces: which pieces of what the detector found, or nearly found, are damage.

    python -m benchmarks.calibrate_pieces CASES [CASES ...] --photos FOLDER --elements FOLDER [-o FILE]

CASES holds photos/KIND/*.png and masks/KIND/*.png. The photos of FOLDER, none of which the detector was
trained on, are also damaged in all the ways that it is trained with, --per-photo times each. Prints, for each
of several thresholds, the share of pieces (by their weight) that are damage of those that are taken, and the
share of damaged pieces that is taken, of judges that were fitted without the photo; the last judge is fitted
to all, and written to FILE.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from benchmarks.arguments import parser_of
from benchmarks.cases import case_files, kinds_in
from inpaint_cli.cli.clean_photos import find_photos
from inpaint_cli.detection.cleanup import grown
from inpaint_cli.detection.detection import Bools, Floats, Pixels, as_colour
from inpaint_cli.detection.factory import DEFAULT_DETECTOR, open_detector
from inpaint_cli.detection.learned import LearnedDetector
from inpaint_cli.detection.measure import TOLERANCE
from inpaint_cli.detection.piece_judge import SHIPPED, PieceJudge, standardised
from inpaint_cli.detection.pieces import FEATURES
from inpaint_cli.names import number_of
from inpaint_cli.photos import read_mask, read_photo
from training.detector.elements import ElementBank
from training.detector.samples import SampleConfig, SampleMaker
from training.files import write_bytes

LARGEST_SIDE = 640
"""Pixels of the crops that are damaged, at most."""
HEAVIEST, POWER, FEWEST = 400, 0.7, 200
"""A piece weighs as its pixels to this power, up to so many, as a share of the photo's damaged ones."""
FAINTLY, PLAINLY = 0.4, 0.25
"""What a damaged piece without contrast weighs beside others, and the contrast that adds one to it."""
FOLDS, NETWORKS, UNITS = 6, 3, 24
EPOCHS, BATCH, LEARNING_RATE = 30, 500, 3e-3
LEVELS = (0.1, 0.2, 0.3, 0.5, 0.7)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PieceData:
    """Pieces: features (n, k), whether each is damage (n,), its weight (n,), and the photo it is of (n,)."""

    features: Floats
    damaged: Bools
    weight: Values
    photo: npt.NDArray[np.int64]

    def of(self, chosen: Bools) -> PieceData:
        """Some of them."""
        return PieceData(self.features[chosen], self.damaged[chosen], self.weight[chosen], self.photo[chosen])

    @classmethod
    def joined(cls, parts: Sequence[PieceData]) -> PieceData:
        """Several together."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.damaged for part in parts]),
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.photo for part in parts]),
        )


def main() -> int:
    """Fit, print and write."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("cases", type=Path, nargs="+")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--elements", type=Path, required=True)
    parser.add_argument("--per-photo", type=int, default=20)
    parser.add_argument("--detector", default=DEFAULT_DETECTOR, help="name or path of a model")
    parser.add_argument("--training-data", default="", help="what is written beside the weights")
    parser.add_argument("-o", "--output", type=Path, default=SHIPPED)
    options = parser.parse_args()
    detector = open_detector(options.detector, device="cpu")
    if not isinstance(detector, LearnedDetector):
        parser.error(f"{options.detector} has no pieces to judge")
    bank = ElementBank.read(options.elements)
    seen = [*_of_cases(detector, options.cases), *_of_ours(detector, options.photos, bank, options.per_photo)]
    data = PieceData.joined(seen)
    print(f"{len(data.damaged)} pieces, {data.damaged.mean():.0%} of them damage")
    _validate(data)
    command = (
        f"python -m benchmarks.calibrate_pieces {' '.join(map(str, options.cases))} --photos {options.photos}"
        f" --elements {options.elements} --per-photo {options.per_photo}"
    )
    judge = replace(fit(data), made_by=command, training_data=options.training_data)
    write_bytes(options.output, judge.to_json().encode())
    return 0


def _of_cases(detector: LearnedDetector, folders: Sequence[Path]) -> Iterator[PieceData]:
    for folder in folders:
        for kind in kinds_in(folder):
            for file, mask in case_files(folder, kind):
                pixels, truth = read_photo(file).pages[0].pixels, read_mask(mask)
                yield from _pieces(detector, pixels, truth, np.zeros_like(truth), file.stem)


def _of_ours(
    detector: LearnedDetector, folder: Path, bank: ElementBank, per_photo: int
) -> Iterator[PieceData]:
    for number, file in enumerate(find_photos(folder)):
        photo = (as_colour(read_photo(file).pages[0].pixels) * 255).round().astype(np.uint8)
        side = min(LARGEST_SIDE, *photo.shape[:2])
        maker = SampleMaker([photo], bank, SampleConfig(side=side, clean=0.0))
        for k in range(per_photo):
            sample = maker.one(photo, np.random.default_rng((number, k)), clean=False)
            truth, unsaid = sample.label > 0, sample.weight == 0
            yield from _pieces(detector, sample.photo.astype(np.uint8), truth, unsaid, file.stem)


def _pieces(
    detector: LearnedDetector, pixels: Pixels, truth: Bools, unsaid: Bools, name: str
) -> Iterator[PieceData]:
    """Measure the pieces of one photo, unless it counts as clean. unsaid: where there is no truth."""
    photo = as_colour(pixels)
    evidence, core = detector.gather(photo)
    score = evidence.score(core)
    if score < detector.clean_below or detector.judging is None:
        return
    core = detector.decided(evidence, core, score)
    pieces = detector.judging.pieces(photo, evidence.probability, core)
    count = len(pieces.features)
    area, right, without = (
        np.bincount(pieces.labels.ravel(), where.ravel(), count)
        for where in (np.ones_like(truth), grown(truth, TOLERANCE), unsaid & ~truth)
    )
    damaged = right > 0.5 * area
    contrast = pieces.features[:, FEATURES.index("contrast")]
    weight = np.minimum(area, HEAVIEST) ** POWER / max(int(truth.sum()), FEWEST) ** POWER
    weight *= np.where(damaged, FAINTLY + (contrast / PLAINLY) ** 2, 1) * (without <= 0.5 * area)
    photo_number = np.full(count, number_of(name))
    yield PieceData(pieces.features, damaged, weight, photo_number).of(np.arange(count) > 0)


def fit(data: PieceData) -> PieceJudge:
    """Fit NETWORKS small networks from different random weights; the judge is the mean of their log-odds."""
    mean = data.features.mean(axis=0).astype(np.float64)
    scale = data.features.std(axis=0).astype(np.float64) + 1e-6
    standard = standardised(data.features, mean, scale).astype(np.float32)
    target = np.stack([data.damaged, data.weight / data.weight.mean()]).astype(np.float32)
    networks = [
        _network(torch.from_numpy(standard), *torch.from_numpy(target), seed=seed) for seed in range(NETWORKS)
    ]
    first, last = zip(*((each[0], each[2]) for each in networks), strict=True)
    return PieceJudge(
        mean=mean,
        scale=scale,
        hidden=_numbers([each.weight.T for each in first], 1),
        hidden_bias=_numbers([each.bias for each in first], 0),
        output=_numbers([each.weight[0] / NETWORKS for each in last], 0),
        output_bias=np.mean([each.bias.item() for each in last]),
    )


def _network(
    features: torch.Tensor, damaged: torch.Tensor, weight: torch.Tensor, *, seed: int
) -> nn.Sequential:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(features.shape[1], UNITS), nn.ReLU(), nn.Linear(UNITS, 1))
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    steps = EPOCHS * -(-len(damaged) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for chosen in torch.split(torch.randperm(len(damaged), generator=generator), BATCH):
            loss = functional.binary_cross_entropy_with_logits(
                network(features[chosen])[:, 0], damaged[chosen], weight[chosen]
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network


def _numbers(tensors: Sequence[torch.Tensor], axis: int) -> Values:
    return np.concatenate([each.detach().double().numpy() for each in tensors], axis)


def _validate(data: PieceData) -> None:
    """Print precision and recall of judges that have not seen the photo."""
    fold = data.photo % FOLDS
    likely = np.zeros(len(fold))
    for each in range(FOLDS):
        if (fold == each).any() and (fold != each).any():
            judge = fit(data.of(fold != each))
            likely[fold == each] = judge.probability(data.features[fold == each])
    found = data.features[:, FEATURES.index("found")] > 0
    for name, taken in (("as found", found), *((f"from {level}", likely >= level) for level in LEVELS)):
        right = data.weight[taken & data.damaged].sum()
        precision = right / max(data.weight[taken].sum(), 1e-9)
        recall = right / max(data.weight[data.damaged].sum(), 1e-9)
        print(f"{name:10} precision {precision:.3f}  recall {recall:.3f}")


if __name__ == "__main__":
    sys.exit(main())
