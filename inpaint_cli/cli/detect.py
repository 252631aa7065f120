"""`inpaint-cli detect`: photos to masks that can be looked at and edited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inpaint_cli.cli import checks
from inpaint_cli.cli import options as flags
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.streams import STDIO, path_or_stdio
from inpaint_cli.errors import UsageError
from inpaint_cli.limits import DEFAULT_MAX_DAMAGE, DEFAULT_MAX_PIXELS
from inpaint_cli.paths import real_path

Photos = Annotated[
    list[Path] | None,
    flags.photos_argument("Files or folders (walked recursively, without hidden and ._ files)."),
]
Masks = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="MASKS",
        parser=path_or_stdio,
        help="Folder of the masks.",
        show_default=False,
    ),
]
Overlay = Annotated[
    Path | None,
    typer.Option(
        "--overlay",
        metavar="DIR",
        parser=path_or_stdio,
        help="Also write pictures with the damage in red, to look at.",
    ),
]
DetectorName = Annotated[
    str | None,
    flags.detector_option("Who looks: learned (the default), vanilla, classical or yours (*.onnx)."),
]
Sensitivity = Annotated[
    float | None,
    flags.sensitivity_option("0 finds only what is certainly damage, 1 also what might be (default: 0.5)."),
]
MaskColor = Annotated[
    str | None,
    flags.mask_color_option("Only pixels of this colour are damage."),
]
MaxDamage = Annotated[
    float,
    flags.max_damage_option("Refuse a photo of which a larger share is found to be damaged."),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Make every mask again, also one that was edited by hand (not where another of another name is),"
        " and every picture of --overlay.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing: list photo -> mask, collisions.")]


@dataclass(frozen=True, kw_only=True)
class DetectOptions:
    """What `detect` was asked to do; the flags that it shares are described in `cli.options`."""

    photos: Photos = None
    output: Masks = None
    overlay: Overlay = None
    detector: DetectorName = None
    sensitivity: Sensitivity = None
    min_size: flags.MinSize = None
    grow: flags.Grow = None
    mask_color: MaskColor = None
    mask_tolerance: flags.Tolerance = 0
    max_damage: MaxDamage = DEFAULT_MAX_DAMAGE
    backend: flags.Backend = "onnx"
    device: flags.Device = "auto"
    jobs: flags.Jobs = None
    overwrite: Overwrite = False
    max_pixels: flags.MaxPixels = DEFAULT_MAX_PIXELS
    files_from: flags.FilesFrom = None
    null: flags.NullSeparated = False
    base: flags.Base = None
    dry_run: DryRun = False
    fail_fast: flags.FailFast = False
    json: flags.Json = False
    report: flags.Report = None
    quiet: flags.Quiet = False
    verbose: flags.Verbose = False
    show_config: flags.ShowConfig = False

    def __post_init__(self) -> None:
        """Raise UsageError for what contradicts itself."""
        checks.check_backend(self.backend, self.device)
        checks.refuse_both("--quiet", self.quiet, "--verbose", self.verbose)
        checks.check_detector(self)
        checks.check_list(self.files_from, self.null)
        if self.show_config:
            return
        if not (self.photos or self.files_from):
            raise UsageError("name the photos: files, folders, or --files-from; see --help")
        if self.output is None:
            raise UsageError("name a folder for the masks with -o")
        if self.output.suffix.lower() in (".png", ".tif", ".tiff") and not self.output.is_dir():
            raise UsageError(f"-o {self.output}: name a folder; masks in it are named like their photos")
        if STDIO in (self.output, self.overlay, *(self.photos or ())):
            raise UsageError("detect works on files; - is only for restore")
        if self.overlay is not None and real_path(self.overlay).is_relative_to(real_path(self.output)):
            raise UsageError(f"--overlay {self.overlay}: lies among the masks; name a folder outside of -o")


def _detect(ctx: typer.Context, options: DetectOptions) -> None:
    """Find damage and write it as masks: white is damage, a photo without damage gets a black mask.

    Edit them, then: inpaint-cli restore PHOTOS --mask-dir MASKS. A mask that you made or edited is left
    alone; one that this program wrote is made again where the photo, the detector or its settings have
    changed.
    """
    if options.show_config:
        from inpaint_cli.cli.config import print_config

        print_config(ctx, options, "detect")
        return
    from inpaint_cli.cli.detect_photos import detect_photos

    raise typer.Exit(detect_photos(options))


detect = command_from(DetectOptions, _detect)
