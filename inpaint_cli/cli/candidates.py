"""What `evaluate` compares: networks by name or path, and classical methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint_cli.restoration.difficulty import open_tiers
from inpaint_cli.restoration.quality import DEFAULT_QUALITY, find_quality

if TYPE_CHECKING:
    from training.evaluation import Candidate

NEEDED = ("skimage", "scipy")

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="NAME|PATH", help="See `inpaint-cli models`; may be given several times."
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="NAME",
        help="Classical: biharmonic, harmonic, ns, telea, fsr, or none. May be repeated.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the damage.")]
PictureLimit = Annotated[
    int, typer.Option("--limit", min=0, metavar="N", help="Only the first pictures; 0 = all.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def network_candidates(
    models: Sequence[str | None], backend: str, device: str, quality: str = DEFAULT_QUALITY
) -> list[Candidate]:
    """Open models by name or path, None for those of the quality; one that is named twice once."""
    from training.evaluation import network_candidates as candidates_of

    found: list[Candidate] = []
    for name in dict.fromkeys(models):
        network = open_tiers(find_quality(quality).tiers_with(name), backend=backend, device=device)
        taken = [candidate.name for candidate in found]
        found += candidates_of(network, _shown_name(name, network.card.name, quality, taken), quality)
    return found


def _shown_name(given: str | None, card_name: str, quality: str, taken: Sequence[str]) -> str:
    """The quality's name for its own models; else the card's, or the path where two have one name."""
    if given is None:
        return quality
    of_quality = "" if quality == DEFAULT_QUALITY else f", {quality}"
    shown = card_name + of_quality
    return given + of_quality if shown in taken else shown


def classical_candidates(names: list[str] | None, always: Sequence[str] = ()) -> list[Candidate]:
    """Return classical methods by name: None all of them, "none" those that are always there."""
    from training.classical import find_methods
    from training.evaluation import classical_candidate

    if names is not None:
        names = list(dict.fromkeys([*always, *(() if names == ["none"] else names)]))
    return [classical_candidate(name, method) for name, method in find_methods(names).items()]
