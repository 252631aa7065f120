"""The suffixes of photos; imports nothing, for a walk over a folder and training need no more than these."""

PHOTO_SUFFIXES = frozenset(
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif",
        ".avif", ".heic", ".heif", ".hif",
    }
)  # fmt: skip
"""Lower-case suffixes of files that a walk takes for photos (some are only read, or refused by name)."""
