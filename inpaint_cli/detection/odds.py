"""Probabilities as log-odds, in which evidence adds up."""

from __future__ import annotations

import numpy as np

from inpaint_cli.detection.detection import Floats

LEAST = 1e-6
"""Probability below which, and above 1 - which, log-odds are not told apart."""


def log_odds(probability: Floats) -> Floats:
    """Log-odds, finite ones, of probabilities of any shape."""
    likely = np.clip(probability, LEAST, 1 - LEAST)
    odds: Floats = np.log(likely / (1 - likely))
    return odds
