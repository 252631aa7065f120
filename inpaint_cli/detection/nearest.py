"""Which piece of damage is nearest to each pixel of a photo, and how far away it is."""

from __future__ import annotations

import cv2
import numpy as np

from inpaint_cli.detection.detection import Floats, Labels


def nearest_piece(labels: Labels) -> tuple[Floats, Labels]:
    """Return for each pixel (h, w) its distance in pixels to the nearest piece, and that piece's label.

    labels: (h, w), 0 = no piece. Where there is none at all the distance is infinite and the label 0.
    """
    free = (labels == 0).astype(np.uint8)
    if free.all():
        return np.full(labels.shape, np.inf, np.float32), labels
    away, place = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    label_at = np.zeros(int(place.max()) + 1, np.int32)
    label_at[place[free == 0]] = labels[free == 0]
    nearest: Labels = label_at[place]
    return away.astype(np.float32), nearest
