"""What holds unless a user says otherwise; imports nothing, for the command line names it in its help."""

DEFAULT_MAX_DAMAGE = 0.7
"""Share of a photo: where more is damaged, the mask or the detector is more likely wrong than the photo."""
DEFAULT_MAX_PIXELS = 250_000_000
"""Pixels of a photo, all pages together, that is decoded: a small file can claim to be a huge picture."""
MOST_GROWN = 64
"""Pixels that found damage can be widened by."""
