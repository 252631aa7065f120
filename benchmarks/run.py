"""Measure our models and the classical methods side by side, on one thread each.

    python -m benchmarks.run [PHOTO|FOLDER ...] [--quick | --full] [-o bench-results]      (or: make bench)

Cases are built from the photos given, or from three that scikit-image brings. Prints a Markdown report, and
writes it with results.json, quality-speed.png and growth.png into the output folder. Times are compared as
ratios: each is timed in turns with OpenCV's Navier-Stokes, and the median of the pairs' ratios counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2

from benchmarks.arguments import parser_of
from benchmarks.child import ChildFailed
from benchmarks.methods import our_methods, title_of
from benchmarks.photographs import load_photos
from benchmarks.plots import plot_growth, plot_quality
from benchmarks.steps import (
    Row,
    Settings,
    largest,
    measure_damage,
    measure_jpegs,
    measure_quality,
    measure_sizes,
)
from benchmarks.tables import report
from inpaint_cli import __version__
from inpaint_cli.cores import free_cores
from inpaint_cli.errors import ExitCode, InpaintError
from inpaint_cli.photos import write_atomically
from training.classical import find_methods
from training.photo_benchmark import find_kinds

GROWTH_METHODS = ("ns", "telea")
QUICK_SIDE = 160
USUAL: dict[str, Any] = {
    "kinds": None,
    "methods": None,
    "growth_methods": GROWTH_METHODS,
    "sizes": (1, 4, 12, 24),
    "damage": (0.1, 0.5, 2, 8, 30),
    "damage_size": 4,
    "jpeg_sizes": (24,),
}
FULL: dict[str, Any] = {**USUAL, "sizes": (1, 4, 12, 24, 50, 100), "jpeg_sizes": (24, 100)}
QUICK: dict[str, Any] = {
    "kinds": ("lines", "hole"),
    "methods": ("ns", "telea", "biharmonic"),
    "growth_methods": ("ns",),
    "sizes": (0.1, 0.4),
    "damage": (0.5, 5),
    "damage_size": 0.1,
    "jpeg_sizes": (1,),
    "rounds": 3,
    "budget": 1.0,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        results = _measure(options, sys.argv[1:] if arguments is None else arguments)
        _draw(results, options.output)
    except InpaintError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return error.exit_code
    except ChildFailed as error:
        print(f"benchmark: the quality was not measured: {error}", file=sys.stderr)
        return ExitCode.SOME_FAILED
    except KeyboardInterrupt:
        print(f"benchmark: interrupted; what is done is in {options.output}", file=sys.stderr)
        return ExitCode.INTERRUPTED
    return ExitCode.OK


def _measure(options: argparse.Namespace, arguments: Sequence[str]) -> dict[str, Any]:
    """Do one step after the other; what is measured so far is kept in results.json."""
    settings = _settings(options)
    photos = load_photos(options.photos, QUICK_SIDE if options.quick else None)
    large = largest(photos)
    methods = dict.fromkeys(settings.methods + settings.growth_methods)
    results: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.run", *arguments]),
        "machine": _machine(),
        "photos": list(photos),
        "settings": asdict(settings),
        "titles": {method: title_of(method) for method in methods},
    }
    steps: dict[str, Callable[[], list[Row]]] = {
        "quality": lambda: measure_quality(settings, photos),
        "sizes": lambda: measure_sizes(settings, large),
        "damage": lambda: measure_damage(settings, large),
        "jpeg": lambda: measure_jpegs(settings, large),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    for name, step in steps.items():
        results[name] = step()
        write_atomically(options.output / "results.json", (json.dumps(results, indent=2) + "\n").encode())
    return results


def _draw(results: dict[str, Any], folder: Path) -> None:
    """Print the report and write it with its plots."""
    text = report(results)
    write_atomically(folder / "report.md", text.encode())
    if results["quality"]:
        write_atomically(folder / "quality-speed.png", plot_quality(results["quality"], results["titles"]))
    if results["sizes"] or results["damage"]:
        plot = plot_growth(results["sizes"], results["damage"], results["titles"])
        write_atomically(folder / "growth.png", plot)
    print(text)
    print(f"written: {folder}", file=sys.stderr)


def _settings(options: argparse.Namespace) -> Settings:
    """Take the usual, the full or the quick settings, and over them what was given."""
    chosen = dict(QUICK if options.quick else FULL if options.full else USUAL)
    for name in (*USUAL, "rounds", "seed"):
        if (given := getattr(options, name)) is not None:
            chosen[name] = given
    ours = our_methods(options.models)
    methods, kinds = chosen["methods"], chosen["kinds"]
    return Settings(
        **{
            **chosen,
            "kinds": () if kinds == () else find_kinds(kinds),
            "methods": (*ours, *find_methods(methods)),
            "growth_methods": (*ours, *find_methods(chosen["growth_methods"])),
            "damage": tuple(share / 100 for share in chosen["damage"]),
        }
    )


def _machine() -> dict[str, Any]:
    cores = free_cores()
    load = os.getloadavg()[0]
    return {
        "processor": _processor(),
        "cores": cores,
        "load": load,
        "busy": load > 0.5 * cores,
        "system": platform.platform(),
        "python": platform.python_version(),
        "inpaint_cli": __version__,
        "opencv": cv2.__version__,
        **{name.replace("-", "_"): version(name) for name in ("numpy", "onnxruntime", "scikit-image")},
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(
        __file__,
        __doc__,
        "Several words or numbers are parted by commas; an empty one leaves that measurement out.",
    )
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="small pictures, few methods: under a minute")
    extent.add_argument("--full", action="store_true", help="up to 100 MP instead of 24 MP")
    add = parser.add_argument
    add("photos", nargs="*", type=Path, help="clean photos or folders of them (default: scikit-image's)")
    add("-o", "--output", type=Path, default=Path("bench-results"), help="folder (default: %(default)s)")
    add("--kinds", type=_words, help="of damage: lines,scratch,text,dust,blotch,hole (default: all)")
    add("--models", type=_words, help="names or paths (default: all in models/ that see a mask)")
    add("--methods", type=_words, help="biharmonic,harmonic,ns,telea,fsr (default: all that work here)")
    add("--growth-methods", type=_words, help="as photos and damage grow (default: ns,telea)")
    add("--sizes", type=_numbers, help="megapixels of the photos with thin damage")
    add("--damage", type=_numbers, help="per cent")
    add("--damage-size", type=float, help="megapixels of the photo whose damage grows")
    add("--jpeg-sizes", type=_numbers, help="megapixels")
    add("--rounds", type=int, help="pairs of timings at most (default: 5)")
    add("--seed", type=int, help="of the damage (default: 1)")
    return parser


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in _words(text))


if __name__ == "__main__":
    sys.exit(main())
