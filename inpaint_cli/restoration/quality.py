"""How good against how fast: the choices of `--quality`, each a model and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from inpaint_cli.errors import UsageError


@dataclass(frozen=True)
class Quality:
    """One choice.

    model: name of the model that restores; core: side of the part of a tile that damage is covered by, see
    `tiles`; ensemble: how many turned copies of each tile the network answers, see `ensemble`.
    """

    model: str
    core: int
    ensemble: int

    @property
    def key(self) -> bytes:
        """What decides the restored pixels, the model apart: another one can be given by name or path."""
        return repr((self.core, self.ensemble)).encode()


QUALITIES = {
    "fast": Quality("photo-small", core=28, ensemble=1),
    "standard": Quality("photo", core=26, ensemble=1),
    "best": Quality("photo-large", core=16, ensemble=2),
}
DEFAULT_QUALITY = "standard"
DEFAULT_MODEL = QUALITIES[DEFAULT_QUALITY].model


def find_quality(name: str) -> Quality:
    """Return the choice of this name. Raises UsageError."""
    if name not in QUALITIES:
        raise UsageError(f"quality {name!r} is unknown; choose from {', '.join(QUALITIES)}")
    return QUALITIES[name]
