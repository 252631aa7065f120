"""`inpaint-cli export`: a checkpoint to a model that `restore` runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inpaint_cli.cli.clean_photos import clean_photos, find_photos
from inpaint_cli.cli.command import command_from
from inpaint_cli.cli.consoles import plain_console
from inpaint_cli.cli.extras import require_training
from inpaint_cli.errors import UsageError

MOST_PHOTOS = 36
"""Photos that an 8-bit model is fitted to; more take longer and change nothing."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What `export` was asked to do."""

    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="A run's last.safetensors, or the run's folder.")
    ]
    output: Annotated[Path, typer.Option("-o", "--output", metavar="MODEL.onnx", help="The model to write.")]
    training_data: Annotated[
        str | None,
        typer.Option(
            "--training-data",
            metavar="TEXT",
            help="What it was trained on, for its card (default: as the run says).",
        ),
    ] = None
    figures: Annotated[
        list[Path] | None,
        typer.Option(
            "--figures",
            metavar="JSON",
            help="What `evaluate --json` wrote about this model, for its card.",
        ),
    ] = None
    version: Annotated[str, typer.Option("--model-version", metavar="TEXT", help="Version for its card.")] = (
        "1"
    )
    half: Annotated[
        bool, typer.Option("--half", help="Store the weights in 16 bits: files of half the size.")
    ] = False
    int8: Annotated[
        Path | None,
        typer.Option(
            "--int8",
            metavar="CLEAN_FOLDER",
            help="Compute in 8 bits, a quarter faster or more; fitted to damaged copies of these photos.",
        ),
    ] = None

    def __post_init__(self) -> None:
        """Raise UsageError for a model that nothing would read."""
        if self.output.suffix != ".onnx":
            raise UsageError(f"-o {self.output}: a model's file must end in .onnx")


def _export(_: typer.Context, options: ExportOptions) -> None:
    """Turn a checkpoint into MODEL.onnx, with its card beside it and inside, and MODEL.safetensors for torch.

    Its answers are compared with torch's on random tiles; a model that differs by more than 1e-4 isn't
    written. With --int8, nor is one that loses more than 0.04 dB on those photos (a detector: 0.01 of F1).
    """
    require_training("onnx", "skimage")
    from training.checkpoints import checkpoint_file, read_checkpoint
    from training.export import export as write_model
    from training.figures import read_figures

    output = options.output
    file = checkpoint_file(options.checkpoint)
    exported = write_model(
        read_checkpoint(file),
        output,
        training_data=_described(file) if options.training_data is None else options.training_data,
        figures=[figure for each in options.figures or () for figure in read_figures(each, output.stem)],
        version=options.version,
        half=options.half,
        int8_photos=None
        if options.int8 is None
        else clean_photos(_some(find_photos(options.int8)), options.int8),
        source=file,
    )
    said = f"{exported.card.parameters:,} parameters, differs from torch by {exported.difference:.1e} at most"
    if exported.lost is not None:
        said += f"; in 8 bits it loses {exported.lost}"
    plain_console(stderr=True).print(f"{output}: {said}", soft_wrap=True)
    typer.echo(output)


export = command_from(ExportOptions, _export)


def _some(files: list[Path]) -> list[Path]:
    """Up to MOST_PHOTOS of the files, from all over the folder."""
    return files[:: -(-len(files) // MOST_PHOTOS)]


def _described(file: Path) -> str:
    """What the run folder says about its data, or nothing."""
    from training.run_files import CONFIG_NAME

    try:
        config = json.loads(file.with_name(CONFIG_NAME).read_text(encoding="utf-8"))
        return str(config["data_description"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
