"""Pixels to mask: exact finders first, then a detector.

`open_detector` gives a detector by name (learned, vanilla, classical); what it finds is a
`Detection`. The exact finders need no model: `find_transparency`, `find_marker`, `find_constant_strokes`.
`combine_masks` joins found and given masks.
"""

from inpaint_cli.detection.cleanup import Cleanup, clean_up
from inpaint_cli.detection.combine import combine_masks
from inpaint_cli.detection.detection import Detection, Detector
from inpaint_cli.detection.exact import (
    MarkerDetector,
    find_constant_strokes,
    find_marker,
    find_transparency,
    parse_colour,
)
from inpaint_cli.detection.factory import DEFAULT_DETECTOR, DETECTORS, open_detector, resolve_detector
from inpaint_cli.detection.sensitivity import DEFAULT_SENSITIVITY

__all__ = [
    "DEFAULT_DETECTOR",
    "DEFAULT_SENSITIVITY",
    "DETECTORS",
    "Cleanup",
    "Detection",
    "Detector",
    "MarkerDetector",
    "clean_up",
    "combine_masks",
    "find_constant_strokes",
    "find_marker",
    "find_transparency",
    "open_detector",
    "parse_colour",
    "resolve_detector",
]
