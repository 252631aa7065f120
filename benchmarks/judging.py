"""Fit judges of pieces: small networks that tell damage from what looks like it, checked on other photos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
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
from inpaint_cli.detection.detection import Bools, Floats, Labels, Pixels, as_colour
from inpaint_cli.detection.factory import DEFAULT_DETECTOR, open_detector
from inpaint_cli.detection.learned import LearnedDetector
from inpaint_cli.detection.piece_judge import PieceJudge, standardised
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
STEPS, BATCH, LEARNING_RATE = 4000, 1000, 3e-3
LEVELS = (0.1, 0.2, 0.3, 0.5, 0.7)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A damaged photo: its pixels, where it is damaged (h, w), and where that is not said.

    photo: a number for all cases of one photo.
    """

    pixels: Pixels
    truth: Bools
    unsaid: Bools
    photo: int


def given_cases(folders: Sequence[Path]) -> Iterator[Case]:
    """Read the photos and masks of folders as `benchmarks.cases` has them."""
    for folder in folders:
        for kind in kinds_in(folder):
            for file, mask in case_files(folder, kind):
                truth = read_mask(mask)
                yield Case(
                    read_photo(file).pages[0].pixels, truth, np.zeros_like(truth), number_of(file.stem)
                )


def own_cases(folder: Path, elements: Path, per_photo: int, **options: object) -> Iterator[Case]:
    """Damage each photo of a folder so many times, as detectors are trained; `options`: of SampleConfig."""
    bank = ElementBank.read(elements)
    for number, file in enumerate(find_photos(folder)):
        photo = (as_colour(read_photo(file).pages[0].pixels) * 255).round().astype(np.uint8)
        side = min(LARGEST_SIDE, *photo.shape[:2])
        maker = SampleMaker([photo], bank, SampleConfig(side=side, clean=0.0, **options))
        for k in range(per_photo):
            sample = maker.one(photo, np.random.default_rng((number, k)), clean=False)
            truth, unsaid = sample.label > 0, sample.weight == 0
            yield Case(sample.photo.astype(np.uint8), truth, unsaid & ~truth, number_of(file.stem))


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


def measured(features: Floats, labels: Labels, case: Case, damaged: Bools, contrast: Values) -> PieceData:
    """Weigh the pieces (n,) of one photo: by their size, and damaged ones by their contrast as well.

    Pieces most of which is where nothing is said count for nothing.
    """
    count = len(features)
    area, unsaid = (np.bincount(labels.ravel(), w, count) for w in (None, case.unsaid.ravel()))
    weight = np.minimum(area, HEAVIEST) ** POWER / max(int(case.truth.sum()), FEWEST) ** POWER
    weight *= np.where(damaged, FAINTLY + (contrast / PLAINLY) ** 2, 1) * (unsaid <= 0.5 * area)
    return PieceData(features, damaged, weight, np.full(count, case.photo))


def fit(data: PieceData, features: tuple[str, ...]) -> PieceJudge:
    """Fit NETWORKS small networks from different random weights; the judge is the mean of their log-odds.

    features: what is measured of a piece, by name.
    """
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
        features=features,
    )


def _network(
    features: torch.Tensor, damaged: torch.Tensor, weight: torch.Tensor, *, seed: int
) -> nn.Sequential:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(features.shape[1], UNITS), nn.ReLU(), nn.Linear(UNITS, 1))
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=STEPS)
    for _ in range(STEPS):
        chosen = torch.randint(len(damaged), (BATCH,), generator=generator)
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


def validate(data: PieceData, features: tuple[str, ...]) -> None:
    """Print precision and recall of judges that have not seen the photo."""
    fold = data.photo % FOLDS
    likely = np.zeros(len(fold))
    for each in range(FOLDS):
        if (fold == each).any() and (fold != each).any():
            judge = fit(data.of(fold != each), features)
            likely[fold == each] = judge.probability(data.features[fold == each])
    found = data.features[:, features.index("found")] > 0
    for name, taken in (("as found", found), *((f"from {level}", likely >= level) for level in LEVELS)):
        right = data.weight[taken & data.damaged].sum()
        precision = right / max(data.weight[taken].sum(), 1e-9)
        recall = right / max(data.weight[data.damaged].sum(), 1e-9)
        print(f"{name:10} precision {precision:.3f}  recall {recall:.3f}")


def judge_options(file: str, description: str | None, output: Path) -> argparse.Namespace:
    """Read the command line of a program that fits a judge."""
    parser = parser_of(file, description)
    parser.add_argument("cases", type=Path, nargs="+")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--elements", type=Path, required=True)
    parser.add_argument("--per-photo", type=int, default=20)
    parser.add_argument("--detector", default=DEFAULT_DETECTOR, help="name or path of a model")
    parser.add_argument("--training-data", default="", help="what is written beside the weights")
    parser.add_argument("-o", "--output", type=Path, default=output)
    return parser.parse_args()


def learned_detector(name: str) -> LearnedDetector:
    """Open a detector that judges; ends the program for another one."""
    detector = open_detector(name, device="cpu")
    if not isinstance(detector, LearnedDetector):
        raise SystemExit(f"{name} has no pieces to judge")
    return detector


def fit_and_write(parts: Iterable[PieceData], features: tuple[str, ...], options: argparse.Namespace) -> None:
    """Fit a judge to all pieces and write it, after a check on photos that others were not fitted to."""
    data = PieceData.joined(list(parts))
    print(f"{len(data.damaged)} pieces, {data.damaged.mean():.0%} of them damage")
    validate(data, features)
    command = (
        f"python -m benchmarks.{Path(sys.argv[0]).stem} {' '.join(map(str, options.cases))}"
        f" --photos {options.photos} --elements {options.elements} --per-photo {options.per_photo}"
    )
    judge = replace(fit(data, features), made_by=command, training_data=options.training_data)
    write_bytes(options.output, judge.to_json().encode())
