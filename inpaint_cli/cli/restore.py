"""`inpaint-cli restore`: photos and masks to restored photos."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from inpaint_cli.choices import MASK_MODES
from inpaint_cli.cli import checks
from inpaint_cli.cli import options as flags
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.streams import STDIO
from inpaint_cli.errors import UsageError
from inpaint_cli.limits import DEFAULT_MAX_DAMAGE, DEFAULT_MAX_PIXELS
from inpaint_cli.restoration.quality import DEFAULT_QUALITY, QUALITIES


@dataclass(frozen=True, kw_only=True)
class RestoreOptions:
    """What `restore` was asked to do; the flags are described in `cli.options`."""

    photos: flags.Photos = None
    output: flags.Output = None
    mask_dir: flags.MaskDir = None
    mask: flags.MaskFile = None
    invert_mask: flags.InvertMask = False
    resize_mask: flags.ResizeMask = False
    mask_mode: flags.MaskMode = "only"
    detector: flags.DetectorName = None
    sensitivity: flags.Sensitivity = None
    min_size: flags.MinSize = None
    grow: flags.Grow = None
    mask_color: flags.MaskColor = None
    mask_tolerance: flags.Tolerance = 0
    max_damage: flags.MaxDamage = DEFAULT_MAX_DAMAGE
    quality: flags.Quality = DEFAULT_QUALITY
    model: flags.Model = None
    backend: flags.Backend = "onnx"
    device: flags.Device = "auto"
    jobs: flags.Jobs = None
    format: flags.Format = None
    overwrite: flags.Overwrite = False
    verify: flags.Verify = False
    max_pixels: flags.MaxPixels = DEFAULT_MAX_PIXELS
    files_from: flags.FilesFrom = None
    null: flags.NullSeparated = False
    base: flags.Base = None
    dry_run: flags.DryRun = False
    fail_fast: flags.FailFast = False
    watch: flags.Watch = False
    json: flags.Json = False
    report: flags.Report = None
    html: flags.Html = None
    quiet: flags.Quiet = False
    verbose: flags.Verbose = False
    show_config: flags.ShowConfig = False

    def __post_init__(self) -> None:
        """Raise UsageError for what contradicts itself."""
        checks.check_choice("--quality", self.quality, tuple(QUALITIES))
        checks.check_backend(self.backend, self.device)
        checks.refuse_both("--mask", self.mask, "--mask-dir", self.mask_dir)
        checks.refuse_both("--quiet", self.quiet, "--verbose", self.verbose)
        checks.refuse_both("--watch", self.watch, "--dry-run", self.dry_run)
        checks.refuse_both("--watch", self.watch, "--files-from", self.files_from)
        checks.check_list(self.files_from, self.null)
        checks.check_choice("--mask-mode", self.mask_mode, MASK_MODES)
        checks.check_detector(self)
        self._check_masks()
        if not (self.photos or self.files_from or self.show_config):
            raise UsageError("name the photos: files, folders, - for stdin, or --files-from; see --help")
        if self.output in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            raise UsageError(f"-o {self.output}: -o - writes the photo to stdout")
        if self.is_pipe:
            self._check_pipe()

    @property
    def finds_damage(self) -> bool:
        """Damage is searched for: there are no masks, or more than they say is wanted."""
        return (self.mask is None and self.mask_dir is None) or self.mask_mode != "only"

    @property
    def is_pipe(self) -> bool:
        """One photo from stdin or to stdout."""
        return STDIO in (self.photos or ()) or self.output == str(STDIO)

    def _check_masks(self) -> None:
        if self.mask is None and self.mask_dir is None:
            for flag, value in {"--invert-mask": self.invert_mask, "--resize-mask": self.resize_mask}.items():
                if value:
                    raise UsageError(f"{flag} is about given masks; name them with --mask-dir or --mask")
            if self.mask_mode != "only":
                raise UsageError("--mask-mode is about given masks; name them with --mask-dir or --mask")
        elif not self.finds_damage and (other := checks.flag_about_finding(self)):
            raise UsageError(f"{other} is about finding damage; with masks, add --mask-mode to combine both")

    def _check_pipe(self) -> None:
        if len(self.photos or ()) != 1 or self.files_from:
            raise UsageError("- stands for a single photo on stdin or stdout; name no other")
        refused = {
            "--mask-dir": self.mask_dir,
            "--dry-run": self.dry_run,
            "--watch": self.watch,
            "--html": self.html,
            "--base": self.base,
        }
        for flag, value in refused.items():
            if value:
                raise UsageError(f"{flag} makes no sense for one photo on stdin or stdout")
        if self.json and self.output in (None, str(STDIO)):
            raise UsageError("--json would mix with the photo on stdout; use --report FILE")


def _restore(ctx: typer.Context, options: RestoreOptions) -> None:
    """Restore damaged photos, with masks or without.

    Results have the format, size, bit depth, transparency, colour profile, orientation and metadata of their
    photos, and every pixel outside the mask keeps its value; in a JPEG, each 8x8 block that the mask does not
    touch keeps its coefficients. They are written beside the photos' folder, into <folder>-restored, in the
    same tree; originals are never touched. Folders are walked recursively.

    A mask is a picture of the photo's size, as it is seen, in which white (> 127) is damage. Without masks,
    transparent pixels are restored, or the damage is searched for; a photo that looks clean is copied.

    A photo that fails (no mask, a damaged file) does not stop the others; the exit code is 1 then. What can't
    end well, such as two photos with one output, is refused before anything is written: try --dry-run.

    Interrupt it whenever you like: the same command goes on where it stopped, and leaves out what is up to
    date by the content of photo, mask, model and settings.

    inpaint-cli restore photos --mask-dir masks -o restored
    """
    if options.show_config:
        from inpaint_cli.cli.config import print_config

        print_config(ctx, options, "restore")
        return
    if options.is_pipe:
        from inpaint_cli.cli.pipe import restore_one

        raise typer.Exit(restore_one(options))
    from inpaint_cli.cli.restore_photos import restore_photos

    raise typer.Exit(restore_photos(options))


restore = command_from(RestoreOptions, _restore)
