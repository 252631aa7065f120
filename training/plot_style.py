"""What all plots have in common: colours, grid and frame, and the file that comes of them."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, GRID = "#22303c", "#dfe5ea"
COLOURS = ("#0b6e99", "#d9622b", "#3f8f4f", "#8b5bb5", "#b8860b", "#c2385f")


def new_figure(size: tuple[float, float], dpi: int) -> Figure:
    """A white sheet of so many inches across and down."""
    figure = Figure(figsize=size, dpi=dpi, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def dress(axes: Axes, label_size: float) -> None:
    """Draw a pale grid under what is plotted, and no frame above and on the right."""
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=label_size)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def as_png(figure: Figure) -> bytes:
    """The bytes of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
