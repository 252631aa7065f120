"""How good against how fast: the choices of `--quality`, each some models and how they are asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from inpaint_cli.errors import UsageError


@dataclass(frozen=True)
class Tier:
    """A model by name or path, and the difficulty below which it restores a tile, see `difficulty`.

    docs/quality.md has what other limits give.
    """

    model: str | Path
    below: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Quality:
    """One choice.

    tiers: the models that restore, from that of the easiest tiles to that of the hardest; core: side of the
    part of a tile that damage is covered by, see `tiles`; ensemble: how many turned copies of each tile the
    network answers, see `ensemble`.
    """

    tiers: tuple[Tier, ...]
    core: int
    ensemble: int = 1

    def tiers_with(self, given: str | Path | None) -> tuple[Tier, ...]:
        """Return the tiers; a model that is given takes the place of all."""
        return self.tiers if given is None else (Tier(given),)

    @property
    def key(self) -> bytes:
        """What decides the restored pixels, the models apart: another one can be given by name or path."""
        return repr((self.core, self.ensemble, [tier.below for tier in self.tiers])).encode()


_FLAT = Tier("photo-tiny", 0.02)
"""Where there is nothing but faint grain, larger networks see a texture in it that is not there."""

QUALITIES = {
    "fast": Quality(tiers=(Tier("photo-tiny", 0.08), Tier("photo-small")), core=28),
    "standard": Quality(tiers=(_FLAT, Tier("photo-small", 0.2), Tier("photo")), core=22),
    "best": Quality(tiers=(_FLAT, Tier("photo-small", 0.03), Tier("photo")), core=16, ensemble=2),
}
DEFAULT_QUALITY = "standard"
DEFAULT_MODEL = str(QUALITIES[DEFAULT_QUALITY].tiers[-1].model)


def find_quality(name: str) -> Quality:
    """Return the choice of this name. Raises UsageError."""
    if name not in QUALITIES:
        raise UsageError(f"quality {name!r} is unknown; choose from {', '.join(QUALITIES)}")
    return QUALITIES[name]
