"""What was measured, as tables for the screen and for Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from training.evaluation import CifarReport, HoleSetting, Setting
from training.photo_benchmark import KindReport


def cifar_tables(report: CifarReport) -> Iterator[Table]:
    """The densities, then one table for each shape of hole."""
    yield rich_table(
        f"CIFAR-10, {report.pictures} pictures, seed {report.options.seed}: error over the whole picture,"
        " its ratio to biharmonic, PSNR (dB) and SSIM in the hole",
        *density_cells(report.densities),
    )
    for shape in dict.fromkeys(hole.shape for hole in report.holes):
        holes = [hole for hole in report.holes if hole.shape == shape]
        yield rich_table(f"{shape} holes: PSNR (dB) and SSIM in the hole", *hole_cells(holes))


def photo_tables(reports: Sequence[KindReport], photos: int) -> Iterator[Table]:
    """PSNR and SSIM by kind of damage, then the seconds."""
    yield rich_table(
        f"{photos} photo{'' if photos == 1 else 's'}: PSNR (dB) and SSIM in the hole", *photo_cells(reports)
    )
    yield rich_table("seconds a megapixel", *second_cells(reports))


def density_cells(densities: Sequence[Setting]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: method, then error, ratio, PSNR and SSIM for each density."""
    header = ["method"]
    for setting in densities:
        header += [f"{setting.name} ({setting.coverage:.1%})", "ratio", "PSNR", "SSIM"]
    rows = []
    for name in [row.candidate for row in densities[0].rows]:
        cells = [name]
        for setting in densities:
            row = setting.row(name)
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            cells += [f"{row.score.error:.6f}", ratio, f"{row.score.psnr:.2f}", f"{row.score.ssim:.3f}"]
        rows.append(cells)
    return header, rows


def hole_cells(holes: Sequence[HoleSetting]) -> tuple[list[str], list[list[str]]]:
    """Header and rows for one shape: method, then PSNR and SSIM for each range of sizes."""
    header = ["method", *(f"{hole.low:.0%}-{hole.high:.0%}" for hole in holes)]
    rows = []
    for name in [row.candidate for row in holes[0].setting.rows]:
        scores = [hole.setting.row(name).score for hole in holes]
        rows.append([name, *(f"{score.psnr:.2f}  {score.ssim:.3f}" for score in scores)])
    return header, rows


def photo_cells(reports: Sequence[KindReport]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: method, then PSNR and SSIM for each kind of damage."""
    header = ["method", *(f"{report.kind} ({report.coverage:.1%})" for report in reports)]
    rows = [
        [row.candidate, *(f"{r.rows[i].score.psnr:.2f}  {r.rows[i].score.ssim:.3f}" for r in reports)]
        for i, row in enumerate(reports[0].rows)
    ]
    return header, rows


def second_cells(reports: Sequence[KindReport]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: method, then engine seconds a megapixel for each kind of damage."""
    header = ["method", *(report.kind for report in reports)]
    rows = [
        [row.candidate, *(f"{report.rows[i].seconds_per_megapixel:.2f}" for report in reports)]
        for i, row in enumerate(reports[0].rows)
    ]
    return header, rows


def rich_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table for the screen; numbers stand on the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for index, name in enumerate(header):
        table.add_column(name, justify="right" if index else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for a document."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
