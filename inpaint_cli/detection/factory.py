"""Detectors by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inpaint_cli.backends import Network, open_network
from inpaint_cli.cores import default_threads
from inpaint_cli.detection import letters, pieces
from inpaint_cli.detection.classical import ClassicalDetector
from inpaint_cli.detection.cleanup import Cleanup
from inpaint_cli.detection.detection import Detector
from inpaint_cli.detection.learned import Judging, LearnedDetector
from inpaint_cli.detection.lettering import Lettering
from inpaint_cli.detection.piece_judge import shipped_judge
from inpaint_cli.detection.sensitivity import DEFAULT_SENSITIVITY, check_sensitivity, moved
from inpaint_cli.detection.vanilla import VanillaDetector
from inpaint_cli.errors import UsageError

DEFAULT_DETECTOR = "learned"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A detector's thresholds at sensitivity 0.5, see `Cleanup`."""

    high: float
    low: float
    clean_below: float
    min_size: int
    grow: int

    def cleanup(self, sensitivity: float, min_size: int | None, grow: int | None) -> Cleanup:
        """The thresholds at a sensitivity; sizes are taken from here where they are not given.

        Raises UsageError for sizes that make no sense.
        """
        high, low = (moved(threshold, sensitivity) for threshold in (self.high, self.low))
        return Cleanup(
            high=high,
            low=low,
            min_size=self.min_size if min_size is None else min_size,
            grow=self.grow if grow is None else grow,
        )

    def score(self, sensitivity: float) -> float:
        """The score of the whole photo below which it counts as clean."""
        return moved(self.clean_below, sensitivity)


CALIBRATIONS: Mapping[str, Calibration] = {
    "learned": Calibration(high=0.97, low=0.8, clean_below=0.5, min_size=8, grow=1),
    "vanilla": Calibration(high=0.8, low=0.3, clean_below=0.1, min_size=12, grow=1),
    "classical": Calibration(high=0.9, low=0.3, clean_below=0.1, min_size=16, grow=1),
}
DOUBTFUL = replace(CALIBRATIONS["learned"], high=0.99, low=0.85)
"""What the learned detector takes from photos that may only look damaged, up to the score from which ..."""
SURELY_DAMAGED = 0.9
"""... a photo counts as damaged for sure, at sensitivity 0.5."""
KEEP, ADD, ADD_IN_DOUBT = 0.1, 0.5, 0.8
"""Probability from which a piece that was found is kept (to miss visible damage costs more than to mend what
was none), and from which what only may be damage is taken, of photos surely damaged and of those in doubt."""
MAYBE = (0.5, 0.4)
"""High and low threshold of what only may be damage."""
LETTER = 0.3
"""Probability from which a piece of one colour in a row of print is taken as a letter."""
MODELS: Mapping[str, str] = {"learned": "detector", "vanilla": "vanilla"}
"""The model that each detector runs, where it runs one; it is called what its kind is called."""
DETECTORS = tuple(CALIBRATIONS)


def resolve_detector(name: str) -> tuple[str, str | None]:
    """The detector that a name means, and the model that it runs, None where it runs none.

    name: one of DETECTORS, or a path to a model (*.onnx) that the learned detector shall run. Raises
    UsageError for anything else.
    """
    if name.endswith(".onnx"):
        return "learned", name
    if name not in CALIBRATIONS:
        raise UsageError(
            f"no detector is called {name!r}; there are: {', '.join(CALIBRATIONS)}, and your models (*.onnx)"
        )
    return name, MODELS.get(name)


def open_detector(
    name: str = DEFAULT_DETECTOR,
    *,
    sensitivity: float = DEFAULT_SENSITIVITY,
    backend: str = "onnx",
    device: str = "auto",
    threads: int | None = None,
    min_size: int | None = None,
    grow: int | None = None,
    network: Network | None = None,
) -> Detector:
    """Open a detector by name (learned, vanilla or classical) or by the path of its model.

    sensitivity: 0 (only the obvious) to 1 (every trace); 0.5 is calibrated, see `moved`.
    min_size, grow: pixels; None takes the detector's own.
    network: one that is open already, in the place of its own.
    Raises UsageError for an unknown detector or value, ModelError or BackendError where its model can't run.
    """
    check_sensitivity(sensitivity)
    given = name
    name, usual_model = resolve_detector(name)
    calibration = CALIBRATIONS[name]
    cleanup = calibration.cleanup(sensitivity, min_size, grow)
    clean_below = calibration.score(sensitivity)
    if usual_model is None:
        return ClassicalDetector(cleanup, clean_below)
    used = network or open_network(
        usual_model, backend=backend, device=device, threads=threads, kinds=(MODELS[name],)
    )
    count = threads or default_threads()
    if name == "vanilla":
        return VanillaDetector(used, cleanup, clean_below, threads=count)
    strict = DOUBTFUL.cleanup(sensitivity, min_size, grow)
    sure_from = moved(SURELY_DAMAGED, sensitivity)
    judging = _judging(sensitivity, cleanup.min_size)
    lettering = Lettering(
        shipped_judge(letters.WEIGHTS, letters.FEATURES), moved(LETTER, sensitivity), min_size or 1
    )
    return LearnedDetector(
        used, cleanup, clean_below, strict, sure_from, judging, lettering, name=given, threads=count
    )


def _judging(sensitivity: float, min_size: int) -> Judging:
    keep, add, add_in_doubt, high, low = (
        moved(threshold, sensitivity) for threshold in (KEEP, ADD, ADD_IN_DOUBT, *MAYBE)
    )
    return Judging(
        judge=shipped_judge(pieces.WEIGHTS, pieces.FEATURES), keep=keep, add=add, add_in_doubt=add_in_doubt,
        high=high, low=low, min_size=min_size,
    )  # fmt: skip
