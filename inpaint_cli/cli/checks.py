"""What is wrong with the values of flags that commands share."""

from __future__ import annotations

from typing import Protocol

from inpaint_cli.choices import BACKENDS, DEVICES
from inpaint_cli.errors import UsageError


class Finding(Protocol):
    """The flags about finding damage, which several commands have."""

    @property
    def detector(self) -> str | None: ...  # noqa: D102
    @property
    def sensitivity(self) -> float | None: ...  # noqa: D102
    @property
    def min_size(self) -> int | None: ...  # noqa: D102
    @property
    def grow(self) -> int | None: ...  # noqa: D102
    @property
    def mask_color(self) -> str | None: ...  # noqa: D102
    @property
    def mask_tolerance(self) -> int: ...  # noqa: D102
    @property
    def backend(self) -> str: ...  # noqa: D102
    @property
    def device(self) -> str: ...  # noqa: D102


def check_choice(flag: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise UsageError for a value that is not among the choices."""
    if value not in choices:
        raise UsageError(f"{flag} {value}: choose from {', '.join(choices)}")


def check_backend(backend: str, device: str) -> None:
    """Raise UsageError for a --backend or --device that there is not."""
    check_choice("--backend", backend, BACKENDS)
    check_choice("--device", device, DEVICES)


def refuse_both(flag: str, value: object, other_flag: str, other: object) -> None:
    """Raise UsageError where two flags that exclude each other are both given."""
    if value and other:
        raise UsageError(f"{flag} and {other_flag} exclude each other")


def check_list(files_from: str | None, null: bool) -> None:
    """Raise UsageError for `-0` without a list."""
    if null and not files_from:
        raise UsageError("-0 is about the list of --files-from, which is not given")


def flag_about_finding(options: Finding) -> str | None:
    """Return the first flag given that is about finding damage, None where none is."""
    given = {
        "--detector": options.detector or None,
        "--mask-color": options.mask_color or None,
        "--sensitivity": options.sensitivity,
        "--min-size": options.min_size,
        "--grow": options.grow,
    }
    return next((flag for flag, value in given.items() if value is not None), None)


def check_detector(options: Finding) -> None:
    """Raise UsageError for unknown names, what is no colour, and flags that contradict each other."""
    refuse_both("--mask-color", options.mask_color, "--detector", options.detector)
    refuse_both("--mask-color", options.mask_color, "--sensitivity", options.sensitivity is not None)
    if options.detector is not None:
        from inpaint_cli.detection import resolve_detector

        resolve_detector(options.detector)
    if options.mask_color is not None:
        from inpaint_cli.detection import parse_colour

        parse_colour(options.mask_color)
    if options.mask_tolerance and not options.mask_color:
        raise UsageError("--mask-tolerance is about --mask-color, which is not given")
