"""How good against how fast: the choices of `--quality`, each one or two models and how they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inpaint_cli.errors import UsageError

EASY = 0.1
"""Difficulty below which a tile is easy, see `difficulty`; docs/quality.md has what other limits give."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """One choice.

    model: name of the model that restores; easy: of the one that restores easy tiles, see `difficulty`, where
    that is another; core: side of the part of a tile that damage is covered by, see `tiles`; ensemble: how
    many turned copies of each tile the network answers, see `ensemble`.
    """

    model: str
    easy: str | None = None
    core: int
    ensemble: int = 1

    def models(self, given: str | Path | None = None) -> tuple[str | Path, ...]:
        """Return the models that run, the smaller one first; one that is given takes the place of all."""
        if given is not None:
            return (given,)
        return (self.model,) if self.easy is None else (self.easy, self.model)

    @property
    def key(self) -> bytes:
        """What decides the restored pixels, the models apart: another one can be given by name or path."""
        return repr((self.core, self.ensemble, EASY)).encode()


QUALITIES = {
    "fast": Quality(model="photo-small", core=28),
    "standard": Quality(model="photo", easy="photo-small", core=26),
    "best": Quality(model="photo-large", easy="photo", core=16, ensemble=2),
}
DEFAULT_QUALITY = "standard"
DEFAULT_MODEL = QUALITIES[DEFAULT_QUALITY].model


def find_quality(name: str) -> Quality:
    """Return the choice of this name. Raises UsageError."""
    if name not in QUALITIES:
        raise UsageError(f"quality {name!r} is unknown; choose from {', '.join(QUALITIES)}")
    return QUALITIES[name]
