"""The formats by name, suffix and first bytes. Imports no library, so that commands start quickly."""

from __future__ import annotations

from inpaint_cli.errors import UsageError

OUTPUT_FORMATS: dict[str, str] = {
    "png": "PNG",
    "jpeg": "JPEG",
    "jpg": "JPEG",
    "tiff": "TIFF",
    "tif": "TIFF",
    "webp": "WEBP",
    "bmp": "BMP",
}
"""What `--format` accepts, and the format that it means."""

FORMAT_SUFFIXES: dict[str, str] = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "TIFF": ".tif",
    "WEBP": ".webp",
    "BMP": ".bmp",
}
"""The suffix of an output in each format (where `--format` changes it)."""

SUFFIX_FORMATS: dict[str, str] = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".dib": "BMP",
}
"""The format that an output's lower-case suffix stands for, where we write it."""

_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def find_format(wanted: str) -> str:
    """Return the format that `--format` means. Raises UsageError that lists the choices."""
    if wanted.lower() not in OUTPUT_FORMATS:
        raise UsageError(f"--format {wanted} is unknown; choose from {', '.join(OUTPUT_FORMATS)}")
    return OUTPUT_FORMATS[wanted.lower()]


def sniff(data: bytes) -> str | None:
    """Return "JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF", "AVIF" or "HEIF", or None for anything else."""
    for start, format_name in _STARTS:
        if data[: len(start)] == start:  # a map of a file into memory has no `startswith`
            return format_name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _iso_media_format(data)
    return None


def _iso_media_format(data: bytes) -> str | None:
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, size, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None
