import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.run import Stop, run


def jobs(count: int) -> list[Job]:
    names = [f"{number}.jpg" for number in range(count)]
    return [Job(root="", relative=name, output_root="o", output_relative=name) for name in names]


def restored(job: Job) -> Outcome:
    return Outcome(photo=job.photo, output=job.output, status="restored")


def failed(job: Job) -> Outcome:
    return Outcome(photo=job.photo, output=job.output, status="failed")


def test_every_job_has_one_outcome() -> None:
    outcomes = list(run(jobs(20), restored, workers=3))
    assert sorted(outcome.photo for outcome in outcomes) == sorted(job.photo for job in jobs(20))


def test_photos_are_worked_on_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet(job: Job) -> Outcome:
        both.wait()
        return restored(job)

    assert len(list(run(jobs(2), meet, workers=2))) == 2


def test_no_more_photos_are_taken_than_there_are_workers() -> None:
    taken = 0

    def counted() -> Iterator[Job]:
        nonlocal taken
        for job in jobs(50):
            taken += 1
            yield job

    outcomes = run(counted(), restored, workers=2)
    next(outcomes)
    assert taken <= 4
    assert len(list(outcomes)) == 49


def test_a_failure_stops_nothing() -> None:
    assert [outcome.status for outcome in run(jobs(5), failed, workers=1)] == ["failed"] * 5


def test_fail_fast_begins_no_photo_after_a_failure() -> None:
    assert len(list(run(jobs(50), failed, workers=1, fail_fast=True))) == 1


def test_a_wish_to_stop_finishes_the_photos_in_hand() -> None:
    stop = Stop()

    def stopping(job: Job) -> Outcome:
        stop.interrupt()
        return restored(job)

    outcomes = list(run(jobs(50), stopping, workers=1, stop=stop))
    assert [outcome.photo for outcome in outcomes] == [Path("0.jpg")]


def test_a_run_that_is_stopped_already_begins_nothing_new() -> None:
    stop = Stop()
    stop.request()
    assert len(list(run(jobs(50), restored, workers=2, stop=stop))) == 0


def test_a_signal_at_any_moment_of_waiting_ends_the_wait(tmp_path: Path) -> None:
    program = tmp_path / "wait.py"
    program.write_text(
        "import signal\n"
        "from inpaint_cli.batch.run import Stop\n"
        "stop = Stop()\n"
        "signal.signal(signal.SIGALRM, lambda *_: stop.request())\n"
        "for k in range(5000):\n"
        "    signal.setitimer(signal.ITIMER_REAL, 1e-6 + (k % 400) * 1e-7)\n"
        "    stop.wait(0), stop.wait(0), stop.wait(0)\n"
        "assert stop.wait(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, program], env=environment, timeout=50, check=False).returncode == 0
