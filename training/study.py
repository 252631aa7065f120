"""The study, written from run folders by one command: tables, loss curves, and panels of pictures.

    inpaint-cli evaluate study runs/vanilla-paper runs/vanilla-best ... --data test_batch.bin -o docs/study.md

Each run's checkpoint is exported as `inpaint-cli export` does and run as `restore` runs it. The document
keeps what people wrote: only the blocks between ``<!-- study: NAME -->`` and ``<!-- /study: NAME -->`` are
replaced.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inpaint_cli.backends import RESTORING, Network, open_network
from inpaint_cli.errors import RunFolderError, UsageError
from inpaint_cli.paths import real_path
from training.benchmark_masks import DENSITIES
from training.checkpoints import Checkpoint, read_checkpoint
from training.evaluation import (
    BASELINE,
    Advance,
    Candidate,
    CifarOptions,
    CifarReport,
    Setting,
    evaluate_cifar,
    line_cases,
    network_candidates,
)
from training.export import export
from training.files import write_bytes
from training.loop import EpochFigures
from training.panels import Strip, draw_panel
from training.plots import Curve, Reference, plot_runs
from training.presets import PRESETS, TrainingConfig
from training.report import density_cells, hole_cells, markdown_table
from training.run_folder import RunFolder

PUBLISHED = {"vanilla": 0.0010, "pconv": 0.0005}
PANEL_PICTURES = 10

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Run:
    """One run: its name (the folder's), checkpoint, losses, and the network ready to run."""

    name: str
    checkpoint: Checkpoint
    losses: tuple[EpochFigures, ...]
    network: Network

    @property
    def training(self) -> TrainingConfig:
        """The settings that it was trained with."""
        return TrainingConfig.from_dict(self.checkpoint.details["training"])


@contextmanager
def open_runs(folders: Sequence[Path]) -> Iterator[list[Run]]:
    """Export every run's checkpoint to a temporary place and open it.

    Raises RunFolderError where two folders have one name or losses can't be read, ModelError where a
    checkpoint can't be run.
    """
    names = [real_path(folder).name for folder in folders]
    if len(set(names)) < len(names):
        raise RunFolderError(
            f"two run folders are called {max(names, key=names.count)!r}; rename one of them"
        )
    with tempfile.TemporaryDirectory(prefix="inpaint-study-") as temporary:
        yield [
            _open_run(RunFolder(folder), name, Path(temporary))
            for folder, name in zip(folders, names, strict=True)
        ]


def _open_run(folder: RunFolder, name: str, temporary: Path) -> Run:
    checkpoint = read_checkpoint(folder.weights_file)
    exported = export(checkpoint, temporary / f"{name}.onnx")
    network = open_network(exported.files[1], device="cpu", kinds=RESTORING)
    return Run(name, checkpoint, tuple(folder.read_losses()), network)


def write_study(
    runs: Sequence[Run],
    pictures: Pixels,
    classical: Sequence[Candidate],
    options: CifarOptions,
    target: Path,
    command: str,
    advance: Advance = lambda count: None,
) -> Iterator[Path]:
    """Measure and write everything; yields each file as it is written.

    Raises UsageError where the target can't be one, before anything is measured; what `evaluate_cifar` and
    `write_bytes` raise.
    """
    old = _old_text(target)
    _check_marks(old, target)
    candidates = [each for run in runs for each in network_candidates(run.network, run.name)] + [*classical]
    report = evaluate_cifar(pictures, candidates, options, advance)
    folder = target.parent / f"{target.stem}-pictures"
    blocks = {
        "command": f"Measured by `{command}` on {report.pictures} test pictures, seed {options.seed}.\n",
        "runs": markdown_table(*_run_cells(runs)),
        "densities": markdown_table(*density_cells(report.densities)),
        "holes": _hole_tables(report),
    }
    for model in dict.fromkeys(run.checkpoint.model for run in runs):
        curves = [Curve(run.name, run.losses) for run in runs if run.checkpoint.model == model and run.losses]
        if curves:
            file = folder / f"losses-{model}.png"
            write_bytes(file, plot_runs(curves, _references(model)))
            yield file
            blocks[f"losses-{model}"] = f"![Losses of {model}]({folder.name}/{file.name})\n"
    file = folder / "panel.png"
    write_bytes(file, _panel(report, pictures, candidates, options.seed))
    yield file
    blocks["panel"] = f"![Damaged, restored by each, and true pictures]({folder.name}/panel.png)\n"
    write_bytes(target, replace_blocks(old, blocks).encode())
    yield target


def _old_text(target: Path) -> str:
    """Return what a study that is there already says, or how a new one begins."""
    try:
        return target.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "# Study\n"
    except UnicodeDecodeError as error:
        raise UsageError(f"-o {target}: is there already, and is no text; give another name") from error
    except OSError as error:
        raise UsageError(f"-o {target}: can't be read ({error.strerror or error})") from error


def _check_marks(text: str, target: Path) -> None:
    """Raise UsageError where a block has no end before the next begins: what people wrote would be lost."""
    _, *marked = re.split(r"<!-- study: (.+?) -->", text)
    for name, behind in zip(marked[::2], marked[1::2], strict=True):
        if f"<!-- /study: {name} -->" not in behind:
            raise UsageError(
                f"-o {target}: <!-- study: {name} --> has no <!-- /study: {name} --> behind it; put it there"
            )


def replace_blocks(text: str, blocks: dict[str, str]) -> str:
    """Put each block between its marks, at the end where the text has none for it."""
    for name, block in blocks.items():
        begin, end = f"<!-- study: {name} -->", f"<!-- /study: {name} -->"
        whole = f"{begin}\n\n{block}\n{end}"
        before, found, rest = text.partition(begin)
        closed, after = rest.partition(end)[1:]
        text = before + whole + after if found and closed else f"{text.rstrip()}\n\n{whole}\n"
    return text


def different_settings(training: TrainingConfig, model: str) -> str:
    """The settings in which a run differs from the preset that it is nearest to."""
    own = training.as_dict()
    nearest: tuple[str, dict[str, Any]] | None = None
    for preset, models in PRESETS.items():
        if model in models:
            base = models[model].as_dict()
            changed = {key: value for key, value in own.items() if value != base[key]}
            if nearest is None or len(changed) < len(nearest[1]):
                nearest = (preset, changed)
    if nearest is None:
        return "no preset"
    preset, changed = nearest
    return ", ".join(
        [preset, *(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in changed.items())]
    )


def _plain(value: Any) -> str:
    """A setting in few words; of nested ones only what is set."""
    if isinstance(value, dict):
        return " ".join(f"{key}={each}" for key, each in value.items() if each)
    return str(value)


def _run_cells(runs: Sequence[Run]) -> tuple[list[str], list[list[str]]]:
    header = ["run", "model", "parameters", "pictures seen", "minutes", "validation error", "settings"]
    rows = []
    for run in runs:
        details = run.checkpoint.details
        minutes = float(details["seconds"]) / 60
        rows.append(
            [
                run.name,
                run.checkpoint.model,
                f"{run.network.card.parameters:,}",
                f"{int(details['pictures_seen']):,}",
                f"{minutes:,.0f}",
                f"{float(details['validation_loss']):.6f}",
                different_settings(run.training, run.checkpoint.model),
            ]
        )
    return header, rows


def _hole_tables(report: CifarReport) -> str:
    parts = []
    for shape in dict.fromkeys(hole.shape for hole in report.holes):
        holes = [hole for hole in report.holes if hole.shape == shape]
        parts.append(
            f"{shape.capitalize()} holes, PSNR (dB) and SSIM:\n\n{markdown_table(*hole_cells(holes))}"
        )
    return "\n".join(parts)


def _references(model: str) -> list[Reference]:
    return [Reference("published", PUBLISHED[model])] if model in PUBLISHED else []


def _panel(report: CifarReport, pictures: Pixels, candidates: Sequence[Candidate], seed: int) -> bytes:
    """Damaged, every network, the best classical method, truth."""
    heaviest = max(report.densities, key=lambda setting: DENSITIES[setting.name])
    chosen = pictures[: min(PANEL_PICTURES, report.pictures)]
    cases = line_cases(chosen, seed, DENSITIES[heaviest.name])
    shown = [each for each in candidates if each.kind != "classical"]
    shown += [each for each in candidates if each.name == best_classical(heaviest)]
    strips = [Strip("damaged", [case.damaged for case in cases])]
    strips += [Strip(each.name, [each.restore(case.damaged, case.mask) for case in cases]) for each in shown]
    return draw_panel([*strips, Strip("truth", [case.truth for case in cases])], enlarge=3)


def best_classical(setting: Setting) -> str:
    """The classical method with the smallest error."""
    rows = [row for row in setting.rows if row.kind == "classical"]
    return min(rows, key=lambda row: row.score.error).candidate if rows else BASELINE
