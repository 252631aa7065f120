"""Count the tiles that damage takes, and time how many a model computes a second on one thread.

    python -m benchmarks.tile_costs [PHOTO|FOLDER ...] [--models pconv,my-int8.onnx] [--rounds 5]

Cases are built from the photos given, or from three that scikit-image brings. The counts are exact. Models
are timed in turns; the median round counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.arguments import parser_of
from benchmarks.measures import seconds_of
from benchmarks.photographs import load_photos
from inpaint_cli.backends import ModelCard, Network, Tiles, open_network
from inpaint_cli.restoration import DEFAULT_MODEL, QUALITIES, Restorer
from training.photo_benchmark import CleanPhoto, damage_photo
from training.photo_damage import KINDS
from training.report import markdown_table

BATCH = 256


class CountTiles:
    """A network that restores nothing and counts what it is asked."""

    device = "cpu"

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.tiles = 0

    def __call__(self, inputs: Mapping[str, Tiles]) -> Tiles:
        """Give the photo back."""
        self.tiles += len(inputs["photo"])
        return inputs["photo"]


def count_tiles(photos: Sequence[CleanPhoto], card: ModelCard, seed: int) -> list[list[str]]:
    """For each kind of damage: the damaged share, and for each quality what a megapixel of photo takes.

    That is, tiles, and milliseconds for all but the network.
    """
    rows = []
    for kind in KINDS:
        cases = [damage_photo(photo, kind, seed) for photo in photos]
        megapixels = sum(case.mask.size for case in cases) / 1e6
        cells = [f"{sum(int(case.mask.sum()) for case in cases) / megapixels / 1e4:.1f} %"]
        for quality in QUALITIES:
            network = CountTiles(card)
            restorer = Restorer(network=network, quality=quality)
            seconds = sum(
                seconds_of(lambda case=case, restorer=restorer: restorer.restore(case.damaged, case.mask))
                for case in cases
            )
            cells += [f"{network.tiles / megapixels:,.0f}", f"{1000 * seconds / megapixels:.0f}"]
        rows.append([kind, *cells])
    return rows


def tiles_per_second(networks: Sequence[Network], rounds: int) -> list[float]:
    """Time the networks in turns on the same tiles, one fifth of each missing."""
    rng = np.random.default_rng(0)
    valid = (rng.random((BATCH, 1, 32, 32)) > 0.2).astype(np.float32)
    photo = rng.random((BATCH, 3, 32, 32), dtype=np.float32) * valid
    tiles = {"photo": photo, "valid": valid, "guide": photo}
    seconds: list[list[float]] = [[] for _ in networks]
    for number in range(rounds + 1):
        for network, times in zip(networks, seconds, strict=True):
            inputs = {name: tiles[name] for name in network.card.inputs}
            spent = seconds_of(lambda network=network, inputs=inputs: network(inputs))
            if number:  # the first call also sets the session up
                times.append(spent)
    return [BATCH / median(times) for times in seconds]


def main() -> None:
    """Print both tables."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--models", default=DEFAULT_MODEL, help="names or paths, parted by commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    models = options.models.split(",")
    networks = [open_network(model, device="cpu", threads=1) for model in models]
    photos = [CleanPhoto(name, pixels) for name, pixels in load_photos(options.photos).items()]
    columns = [(f"{quality}: tiles a megapixel", "ms beside the network") for quality in QUALITIES]
    header = ["damage", "damaged", *itertools.chain.from_iterable(columns)]
    print(markdown_table(header, count_tiles(photos, networks[0].card, options.seed)))
    speeds = tiles_per_second(networks, options.rounds)
    rows = [[model, f"{speed:,.0f}"] for model, speed in zip(models, speeds, strict=True)]
    print(markdown_table(["model", "tiles a second, one thread"], rows))


if __name__ == "__main__":
    main()
