"""Figures for a model's card, out of what `inpaint-cli evaluate --json` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inpaint_cli.backends import Figure
from inpaint_cli.errors import UsageError


def read_figures(file: Path, model: str) -> tuple[Figure, ...]:
    """Take a model's figures from a report of `evaluate cifar10`, `photos` or `detect`, each with `--json`.

    model: as the report calls it; of a detector any name or path whose stem it is. Raises UsageError.
    """
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        figures = tuple(_figures(report, model))
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file} is no report of `evaluate cifar10`, `photos` or `detect` with --json"
            f" ({type(error).__name__}: {error})"
        ) from error
    if not figures:
        raise UsageError(f"{file} has no figures of {model!r}; evaluate it with --model")
    return figures


def _figures(report: Mapping[str, Any], model: str) -> Iterator[Figure]:
    command = str(report["command"])
    if report["benchmark"] == "cifar10":
        for density in report["densities"]:
            for method in density["methods"]:
                if method["name"] in (model, f"{model} (raw)"):
                    raw = " (raw)" if method["name"] != model else ""
                    setting = f"CIFAR-10, {density['name']}{raw}"
                    yield Figure(name=f"{setting}: error", value=_rounded(method["error"]), command=command)
                    ratio = method["ratio_to_biharmonic"]
                    if ratio is not None:
                        yield Figure(name=f"{setting}: of biharmonic", value=_rounded(ratio), command=command)
        return
    if report["benchmark"] == "detect":
        for detector in report["detectors"]:
            if Path(detector["detector"]).stem == model:
                yield from _of_detector(detector, command)
        return
    for kind in report["kinds"]:
        for method in kind["methods"]:
            if method["name"] == model:
                name = f"photos, {kind['kind']}: hole PSNR, dB"
                yield Figure(name=name, value=_rounded(method["psnr"]), command=command)


def _of_detector(report: Mapping[str, Any], command: str) -> Iterator[Figure]:
    for kind, score in report["kinds"].items():
        yield Figure(name=f"F1 {kind}", value=_rounded(score["f1"]), command=command)
    if report["clean"]:
        harm = {"left_alone": "clean photos left alone", "touched": "pixels of clean photos touched"}
        for key, name in harm.items():
            yield Figure(name=name, value=_rounded(report["clean"][key]), command=command)


def _rounded(value: float) -> float:
    """Four significant digits."""
    return float(f"{value:.4g}")
