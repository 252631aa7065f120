"""Losses as plots: training and validation of one run, or several runs in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from training.loop import EpochFigures
from training.plot_style import COLOURS, INK, as_png, dress, new_figure


@dataclass(frozen=True)
class Curve:
    """The epochs of one run under a name."""

    name: str
    epochs: Sequence[EpochFigures]


@dataclass(frozen=True)
class Reference:
    """A dashed line to compare with, such as a published figure."""

    name: str
    value: float


def plot_run(curve: Curve) -> bytes:
    """Draw training and validation loss of one run on a log scale: the bytes of a PNG."""
    figure, axes = _empty_plot(f"{curve.name}: mean squared error")
    _draw(axes, curve.epochs, "training_loss", COLOURS[0], "training", 1.4, "--")
    _draw(axes, curve.epochs, "validation_loss", COLOURS[1], "validation", 2.2, "-")
    return _finish(figure, axes, ())


def plot_runs(curves: Sequence[Curve], references: Sequence[Reference] = ()) -> bytes:
    """Draw the losses of several runs on one log scale, validation solid and training dashed: a PNG."""
    figure, axes = _empty_plot("Mean squared error: validation (solid), training (dashed)")
    for index, curve in enumerate(curves):
        colour = COLOURS[index % len(COLOURS)]
        _draw(axes, curve.epochs, "training_loss", colour, None, 1.0, "--")
        _draw(axes, curve.epochs, "validation_loss", colour, curve.name, 2.0, "-")
    return _finish(figure, axes, references)


def _empty_plot(title: str) -> tuple[Figure, Axes]:
    figure = new_figure((8, 4.6), dpi=144)
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.set_xlabel("epoch", color=INK)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 7.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:.5f}".rstrip("0")))
    axes.yaxis.set_minor_formatter(NullFormatter())
    dress(axes, label_size=9)
    return figure, axes


def _draw(
    axes: Axes,
    epochs: Sequence[EpochFigures],
    column: str,
    colour: str,
    label: str | None,
    width: float,
    style: str,
) -> None:
    points = [(row.epoch, float(getattr(row, column))) for row in epochs]
    points = [(epoch, value) for epoch, value in points if value > 0]
    if not points:
        return
    x, y = zip(*points, strict=True)
    marker = "o" if len(points) <= 12 else ""
    if label is not None and column == "validation_loss":
        label = f"{label}, last {y[-1]:.6f}"
    axes.plot(x, y, color=colour, label=label, linewidth=width, linestyle=style, marker=marker, markersize=4)


def _finish(figure: Figure, axes: Axes, references: Sequence[Reference]) -> bytes:
    for reference in references:
        axes.axhline(reference.value, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            f"{reference.name} {reference.value:g}",
            (0.995, reference.value),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=INK,
        )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    return as_png(figure)
