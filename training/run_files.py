"""The files in the folder of a run by name, and how they are told from pictures to train on."""

from __future__ import annotations

from collections.abc import Collection

CONFIG_NAME = "config.json"
LOSSES_NAME = "losses.csv"
PLOT_NAME = "losses.png"
PANEL_NAME = "panel.png"


def drawn_by_a_run(names: Collection[str]) -> set[str]:
    """Return those of the files in one folder, by name, that a run has drawn."""
    return {PLOT_NAME, PANEL_NAME} if CONFIG_NAME in names and LOSSES_NAME in names else set()
