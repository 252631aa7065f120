"""One photo's work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Which photo, which mask, which output.

    Holds short strings instead of paths, so that a plan of a million photos fits into memory. Names that are
    not UTF-8 are carried as the system gives them to Python (surrogateescape).

    root, relative: the folder that the photo was found under, and its path from there.
    output_root, output_relative: the same for the output.
    mask_file: path of the mask that is read, None where damage is to be found.
    rival_file: of a job that writes a mask, path of another one that is there already.
    problem: why this photo can't be done (it then fails with this reason); "" where it can.
    lacks_mask: the problem is that there is no mask for it among those given.
    """

    root: str
    relative: str
    output_root: str
    output_relative: str
    mask_file: str | None = None
    rival_file: str | None = None
    problem: str = ""
    lacks_mask: bool = False

    @property
    def photo(self) -> Path:
        """The photo's path."""
        return Path(self.root, self.relative)

    @property
    def output(self) -> Path:
        """The output's path."""
        return Path(self.output_root, self.output_relative)

    @property
    def mask(self) -> Path | None:
        """The mask's path."""
        return None if self.mask_file is None else Path(self.mask_file)

    @property
    def rival(self) -> Path | None:
        """The path of another mask that is there."""
        return None if self.rival_file is None else Path(self.rival_file)
