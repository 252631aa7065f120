"""Every flag that commands share, declared once.

Paths are `readable=False`, or taken by `path_or_stdio` where - may be a stream: what can't be read is told
where it is read, by name, and fails one photo only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inpaint_cli.cli.streams import path_or_stdio
from inpaint_cli.limits import MOST_GROWN


def photos_argument(text: str) -> Any:
    """Describe PHOTOS; this and the flags below mean the same in `restore` and `detect`, in other words."""
    return typer.Argument(metavar="PHOTOS", help=text, show_default=False, parser=path_or_stdio)


def max_damage_option(text: str) -> Any:
    """Describe --max-damage."""
    return typer.Option("--max-damage", min=0.0, max=1.0, metavar="SHARE", help=text)


def sensitivity_option(text: str) -> Any:
    """Describe --sensitivity."""
    return typer.Option("--sensitivity", min=0.0, max=1.0, metavar="S", help=text, show_default=False)


def detector_option(text: str) -> Any:
    """Describe --detector."""
    return typer.Option("--detector", metavar="NAME|MODEL", help=text, show_default=False)


def mask_color_option(text: str) -> Any:
    """Describe --mask-color."""
    return typer.Option("--mask-color", metavar="#RRGGBB", help=text)


Photos = Annotated[
    list[Path] | None,
    photos_argument(
        "Files or folders (walked recursively, without hidden and ._ files), or - for a photo on stdin."
    ),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(
        "--files-from",
        metavar="FILE",
        help="Take photos from a list, one path a line; - reads the list from stdin.",
    ),
]
NullSeparated = Annotated[
    bool,
    typer.Option("-0", "--null", help="Paths in the list end with NUL, as `find -print0` writes them."),
]
Base = Annotated[
    Path | None,
    typer.Option(
        "--base",
        metavar="DIR",
        readable=False,
        help="Take relative paths (of masks and results) from here, for photos that are named one by one.",
    ),
]
MaskDir = Annotated[
    Path | None,
    typer.Option(
        "--mask-dir",
        metavar="DIR",
        readable=False,
        help="Masks by relative path and stem: a/b.jpg belongs to a/b.png, a/b_mask.png or a/b.jpg.png."
        " White (> 127) is damage. A photo without a mask fails.",
    ),
]
MaskFile = Annotated[
    Path | None,
    typer.Option("--mask", metavar="FILE", readable=False, help="One mask for every photo. White is damage."),
]
InvertMask = Annotated[bool, typer.Option("--invert-mask", help="In the masks, black is damage.")]
ResizeMask = Annotated[
    bool,
    typer.Option("--resize-mask", help="Scale masks of another size to the photo; else they are refused."),
]
MaxDamage = Annotated[
    float,
    max_damage_option("Refuse a photo of which a larger share is damaged: its mask is probably inverted."),
]
Sensitivity = Annotated[
    float | None,
    sensitivity_option(
        "Without masks: 0 finds only what is certainly damage, 1 also what might be (default: 0.5)."
    ),
]
DetectorName = Annotated[
    str | None,
    detector_option("Without masks: learned (the default), vanilla, classical or yours (*.onnx)."),
]
MinSize = Annotated[
    int | None,
    typer.Option(
        "--min-size", min=0, metavar="PIXELS", help="Leave smaller finds alone.", show_default=False
    ),
]
Grow = Annotated[
    int | None,
    typer.Option(
        "--grow",
        min=0,
        max=MOST_GROWN,
        metavar="PIXELS",
        help="Widen what was found by so much, by one less where its edge is hard.",
        show_default=False,
    ),
]
MaskColor = Annotated[
    str | None,
    mask_color_option("Without masks: only pixels of this colour are damage."),
]
Tolerance = Annotated[
    int,
    typer.Option(
        "--mask-tolerance", min=0, max=255, metavar="N", help="How far a channel may be from --mask-color."
    ),
]
MaskMode = Annotated[
    str,
    typer.Option(
        "--mask-mode",
        metavar="only|union|subtract",
        help="Given masks only, or what is found too, or only what is found without what they cover.",
    ),
]
Quality = Annotated[
    str,
    typer.Option(
        "--quality",
        metavar="fast|standard|best",
        help="fast takes a small network; best asks the usual one twice about each of more tiles.",
    ),
]
Backend = Annotated[str, typer.Option("--backend", metavar="onnx|torch", help="What runs the network.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|PATH",
        help="Network in place of the quality's own ones, see `inpaint-cli models`.",
        show_default=False,
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Where it runs: cpu, cuda, openvino, or auto (CUDA if it is there). One that is not there is an"
        " error.",
    ),
]
Output = Annotated[
    str | None,  # as text: a slash at its end, which a Path has not, makes it a folder
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="Folder of the results, a file for a single photo (its suffix chooses the format), - for stdout"
        " (default: <folder>-restored beside the photos' folder).",
        show_default=False,
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="NAME", help="Write png, jpeg, tiff, webp or bmp (default: each photo's own)."
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Restore again what is up to date, replace any file in the way.")
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Prove of each result that nothing outside the mask changed (reported as `changed`); what can't"
        " be proven, a conversion to JPEG, fails.",
    ),
]
MaxPixels = Annotated[
    int,
    typer.Option(
        "--max-pixels", min=1, metavar="N", help="Refuse larger photos and masks before they are decoded."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        help="Photos at once (default: the free cores).",
        show_default=False,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Write nothing: list photo -> mask -> output, masks without photo, collisions."
    ),
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first photo that fails.")]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Go on until Ctrl-C: take photos that appear, once they and their masks are complete."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON line a photo on stdout.")]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        parser=path_or_stdio,
        help="Write the same JSON lines to a file, each run anew.",
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        parser=path_or_stdio,
        help="Write a page with before, after and mask of each.",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only failures on stderr.")]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="A line for each photo; tracebacks of our bugs.")
]
ShowConfig = Annotated[
    bool, typer.Option("--show-config", help="Print the settings in effect and where each is from, and stop.")
]
