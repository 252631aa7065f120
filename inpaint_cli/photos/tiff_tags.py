"""Numbers that TIFF and EXIF give to the entries of a directory, and to the types of their values."""

from __future__ import annotations

from enum import IntEnum


class Tag(IntEnum):
    """What an entry is about; TIFF 6.0 has other words for some (SamplesPerPixel for CHANNELS)."""

    SUBFILE_TYPE = 254
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    CHANNELS = 277
    ROWS_PER_STRIP = 278
    STRIP_COUNTS = 279
    X_RESOLUTION = 282
    Y_RESOLUTION = 283
    PLANES = 284
    RESOLUTION_UNIT = 296
    PREDICTOR = 317
    COLOUR_MAP = 320
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    TILE_OFFSETS = 324
    TILE_COUNTS = 325
    COPIES = 330
    """Directories of smaller copies (SubIFDs)."""
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339
    JPEG_OFFSET = 513
    JPEG_COUNT = 514
    XMP = 700
    IMAGE_DEPTH = 32997
    TILE_DEPTH = 32998
    IPTC = 33723
    PHOTOSHOP = 34377
    EXIF = 34665
    PROFILE = 34675
    GPS = 34853
    PHOTOSHOP_LAYERS = 37724
    INTEROPERABILITY = 40965


class Kind(IntEnum):
    """What type an entry's values have; those of 8 bytes are BigTIFF's."""

    BYTE = 1
    ASCII = 2
    SHORT = 3
    LONG = 4
    RATIONAL = 5
    SIGNED_BYTE = 6
    UNDEFINED = 7
    SIGNED_SHORT = 8
    SIGNED_LONG = 9
    SIGNED_RATIONAL = 10
    FLOAT = 11
    DOUBLE = 12
    DIRECTORY = 13
    LONG8 = 16
    SIGNED_LONG8 = 17
    DIRECTORY8 = 18
