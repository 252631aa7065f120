"""What was measured as pictures: quality against speed, and growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.methods import is_ours
from training.plot_style import COLOURS, INK, as_png, dress, new_figure

Row = dict[str, Any]
OURS_COLOUR = COLOURS[1]
OTHER_COLOURS = tuple(colour for colour in COLOURS if colour != OURS_COLOUR)
OUR_STYLES = ("-", "--", "-.", ":")
COLUMNS = 3


def plot_quality(quality: Sequence[Row], titles: Mapping[str, str]) -> bytes:
    """One field for each kind of damage: PSNR in the hole over time against Navier-Stokes. A PNG."""
    columns = min(COLUMNS, len(quality))
    rows = -(-len(quality) // columns)
    figure, fields = _figure(rows, columns, "Quality against speed: up is better, left is faster")
    for kind, axes in zip(quality, fields, strict=False):
        _dress_field(axes, f"{kind['kind']} ({kind['coverage']:.1%} missing)")
        axes.set_xscale("log")
        _plain_ticks(axes.xaxis)
        axes.set_xlabel("time, OpenCV's Navier-Stokes = 1", color=INK, fontsize=9)
        axes.set_ylabel("PSNR in the hole (dB)", color=INK, fontsize=9)
        axes.margins(x=0.25, y=0.15)
        below = _labelled_below(kind["methods"])
        for index, row in enumerate(kind["methods"]):
            colour = _colour(row["method"], index)
            marker, size = ("*", 150) if is_ours(row["method"]) else ("o", 45)
            axes.scatter([row["ratio"]], [row["psnr"]], color=colour, marker=marker, s=size, zorder=3)
            away, side = (-7, "top") if row["method"] in below else (7, "bottom")
            axes.annotate(
                titles[row["method"]], (row["ratio"], row["psnr"]), xytext=(0, away), va=side, ha="center",
                textcoords="offset points", fontsize=7.5, color=colour,
            )  # fmt: skip
    for axes in fields[len(quality) :]:
        axes.set_visible(False)
    return as_png(figure)


def _labelled_below(methods: Sequence[Row]) -> set[str]:
    """Return every second of the classical methods by time: those that take as long lie side by side."""
    others = sorted((row["ratio"], row["method"]) for row in methods if not is_ours(row["method"]))
    return {method for _, method in others[1::2]}


def plot_growth(sizes: Sequence[Row], damage: Sequence[Row], titles: Mapping[str, str]) -> bytes:
    """Time and memory over megapixels, then over the damaged share. A PNG."""
    figure, fields = _figure(2, 2, "How time and memory grow")
    panels = (
        (sizes, "megapixels", 1.0, "seconds", "photo (MP)", "seconds"),
        (sizes, "megapixels", 1.0, "peak_mb", "photo (MP)", "peak memory (MB)"),
        (damage, "damage", 100.0, "seconds", "damaged (%)", "seconds"),
        (damage, "damage", 100.0, "peak_mb", "damaged (%)", "peak memory (MB)"),
    )
    for axes, (points, across, factor, up, across_title, up_title) in zip(fields, panels, strict=True):
        _dress_field(axes, up_title)
        axes.set_xlabel(across_title, color=INK, fontsize=9)
        axes.set_xscale("log")
        axes.set_yscale("log")
        _plain_ticks(axes.xaxis)
        _plain_ticks(axes.yaxis)
        for index, method in enumerate(dict.fromkeys(point["method"] for point in points)):
            known = [point for point in points if point["method"] == method and "problem" not in point]
            style = OUR_STYLES[index % len(OUR_STYLES)] if is_ours(method) else "-"
            axes.plot(
                [factor * point[across] for point in known], [point[up] for point in known], marker="o",
                markersize=4, linestyle=style, color=_colour(method, index), label=titles[method],
            )  # fmt: skip
    lines = {line.get_label(): line for axes in fields for line in axes.get_lines()}
    figure.legend(
        lines.values(), lines.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=8,
        labelcolor=INK, handlelength=4,
    )  # fmt: skip
    return as_png(figure)


def _figure(rows: int, columns: int, title: str) -> tuple[Figure, list[Axes]]:
    figure = new_figure((4.4 * columns, 3.6 * rows + 0.4), dpi=120)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def _dress_field(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    dress(axes, label_size=8)


def _plain_ticks(axis: Axis) -> None:
    """Ticks at 1, 2, 5, 10 of a logarithmic scale, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _colour(method: str, index: int) -> str:
    return OURS_COLOUR if is_ours(method) else OTHER_COLOURS[index % len(OTHER_COLOURS)]
