"""Time a folder with threads across photos against threads inside one photo's network.

    python -m benchmarks.shared_cores PHOTOS MASKS [--rounds 3]

Restores all photos with each number of jobs and network threads, in turns, and prints the median of the
seconds, the program's start not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from benchmarks.arguments import parser_of
from inpaint_cli.batch.job import Job
from inpaint_cli.batch.plan import Selection, make_plan
from inpaint_cli.batch.restore_photo import RestoreSettings, Workshop, restore_photo
from inpaint_cli.cores import free_cores
from inpaint_cli.errors import NothingToDoError, PhotoError
from inpaint_cli.photos import PHOTO_SUFFIXES
from inpaint_cli.restoration import Restorer
from training.report import markdown_table


def seconds_with(jobs: int, threads: int, options: argparse.Namespace) -> float:
    """Restore the folder once with the jobs of `restore`, without what it writes beside the results.

    Raises PhotoError for a photo that isn't restored, NothingToDoError where there is none.
    """
    workshop = Workshop(
        settings=RestoreSettings(),
        restorer=Restorer(options.model, device="cpu", threads=threads),
    )
    with tempfile.TemporaryDirectory(prefix="inpaint-bench-") as folder:
        plan = make_plan(
            Selection(
                photos=(options.photos,),
                mask_dir=options.masks,
                output=Path(folder, "out"),
                suffixes=PHOTO_SUFFIXES,
            )
        )
        start = time.perf_counter()
        with ThreadPoolExecutor(jobs) as pool:
            outcomes = list(pool.map(lambda job: _restored(job, workshop), plan.jobs))
    if not outcomes:
        raise NothingToDoError(f"{options.photos}: there is no photo to restore")
    return time.perf_counter() - start


def _restored(job: Job, workshop: Workshop) -> None:
    outcome = restore_photo(job, workshop)
    if outcome.status != "restored":
        raise PhotoError(f"{job.photo}: {outcome.status}, {outcome.reason}")


def main() -> None:
    """Print a table: one row for each way to share the cores."""
    parser = parser_of(__file__, __doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cores = free_cores()
    ways = [(1, 1), (1, cores), (cores, 1), (cores, cores)]
    times: dict[tuple[int, int], list[float]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        for way in ways:
            times[way].append(seconds_with(*way, options))
    rows = [[str(jobs), str(threads), f"{median(times[jobs, threads]):.2f}"] for jobs, threads in ways]
    print(markdown_table(["photos at once", "threads of the network", "seconds"], rows))


if __name__ == "__main__":
    main()
