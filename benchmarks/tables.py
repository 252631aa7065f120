"""What was measured as a Markdown report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.methods import is_ours
from training.photo_benchmark import KindReport, PhotoRow
from training.report import markdown_table, photo_cells
from training.scores import Score

Row = dict[str, Any]
Table = tuple[list[str], list[list[str]]]
Titles = Mapping[str, str]


def report(results: dict[str, Any]) -> str:
    """Write the whole report out of the plain data that the JSON file holds."""
    titles = {
        method: f"**{title}**" if is_ours(method) else title for method, title in results["titles"].items()
    }
    parts = ["# Benchmark\n", *_about(results["machine"])]
    for heading, (header, rows) in _sections(results, titles):
        parts += [f"## {heading}\n", markdown_table(header, rows)]
    return "\n".join(parts)


def _about(machine: Row) -> Iterator[str]:
    yield (
        f"inpaint-cli {machine['inpaint_cli']}, {machine['processor']}, {machine['cores']} cores; one thread"
        f" for each method, times are the processor's; OpenCV {machine['opencv']}, onnxruntime"
        f" {machine['onnxruntime']}.\n"
    )
    if machine["busy"]:
        yield (
            f"The machine was busy (load {machine['load']:.1f} at the start): seconds may be too long;"
            " ratios, medians of pairs timed in turns, hold better.\n"
        )


def _sections(results: dict[str, Any], titles: Titles) -> Iterator[tuple[str, Table]]:
    quality, sizes, shares, jpegs = (results[name] for name in ("quality", "sizes", "damage", "jpeg"))
    thin = f"{100 * results['settings']['thin']:g} % thin damage"
    if quality:
        heading = f"Quality: {quality[0]['photos']} photos, PSNR (dB) and SSIM in the hole"
        yield heading, photo_cells([_kind_report(kind, titles) for kind in quality])
        heading = "Time, OpenCV's Navier-Stokes = 1× (in brackets seconds a megapixel)"
        yield heading, _time_cells(quality, titles)
    if sizes:
        yield f"As the photo grows, {thin}: seconds (× Navier-Stokes)", _grid(sizes, titles, _size, _time)
        yield f"As the photo grows, {thin}: peak memory in MB", _grid(sizes, titles, _size, _peak)
    if shares:
        large = f"{results['settings']['damage_size']:g} MP"
        yield f"As the damage grows, {large}: seconds (× Navier-Stokes)", _grid(shares, titles, _share, _time)
        yield f"As the damage grows, {large}: peak memory in MB", _grid(shares, titles, _share, _peak)
    if jpegs:
        yield f"A JPEG with {thin}: the engine against decode and encode", _jpeg_cells(jpegs, titles)


def _kind_report(kind: Row, titles: Titles) -> KindReport:
    rows = [
        PhotoRow(
            titles[row["method"]],
            Score(row["error"], row["psnr"], row["ssim"], kind["photos"]),
            row["seconds_per_megapixel"],
        )
        for row in kind["methods"]
    ]
    return KindReport(kind["kind"], kind["coverage"], tuple(rows), ())


def _time_cells(quality: Sequence[Row], titles: Titles) -> Table:
    header = ["method", *(kind["kind"] for kind in quality)]
    rows = []
    for index, first in enumerate(quality[0]["methods"]):
        each = [kind["methods"][index] for kind in quality]
        cells = [f"{_short(row['ratio'])}× ({_short(row['seconds_per_megapixel'])})" for row in each]
        rows.append([titles[first["method"]], *cells])
    return header, rows


def _grid(
    points: Sequence[Row], titles: Titles, column: Callable[[Row], str], cell: Callable[[Row], str]
) -> Table:
    """One row for each method, one column for each size or share."""
    columns = list(dict.fromkeys(column(point) for point in points))
    found = {(point["method"], column(point)): point for point in points}
    methods = dict.fromkeys(point["method"] for point in points)
    rows = [
        [titles[method], *(_or_problem(found[method, name], cell) for name in columns)] for method in methods
    ]
    return ["method", *columns], rows


def _jpeg_cells(jpegs: Sequence[Row], titles: Titles) -> Table:
    header = ["method", "size", "decode (s)", "engine (s)", "encode (s)", "engine / (decode + encode)"]
    header += ["engine / Pillow's decode + encode", "peak (MB)"]
    rows = []
    for row in jpegs:
        if "problem" in row:
            cells = [row["problem"], *[""] * 5]
        else:
            times = [_short(row[name]) for name in ("decode", "engine", "encode")]
            ratios = [f"{_short(row[name])}×" for name in ("ratio", "ratio_to_pillow")]
            cells = [*times, *ratios, _peak(row)]
        rows.append([titles[row["method"]], _size(row), *cells])
    return header, rows


def _or_problem(point: Row, cell: Callable[[Row], str]) -> str:
    return str(point["problem"]) if "problem" in point else cell(point)


def _size(point: Row) -> str:
    return f"{point['wanted_megapixels']:g} MP"


def _share(point: Row) -> str:
    return f"{100 * point['wanted_damage']:g} %"


def _time(point: Row) -> str:
    return f"{_short(point['seconds'])} ({_short(point['ratio'])}×)"


def _peak(point: Row) -> str:
    return f"{point['peak_mb']:,.0f}"


def _short(value: float) -> str:
    """Two or three digits that say something, without an exponent."""
    if value >= 10:
        return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"
