"""Many jobs at once, until they are done or the user has had enough."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from types import FrameType

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.errors import ExitCode

Work = Callable[[Job], Outcome]
LOOK_EVERY = 0.1
"""Seconds between looks at whether stopping is wanted."""
ONE_WISH = 0.5
"""Seconds in which several signals are one: `timeout` signals the program, and then its whole group."""


@dataclass
class Stop:
    """A wish to stop: photos in hand are finished, no others are begun.

    A plain value instead of `threading.Event`: a signal's handler that sets an event, while the code that it
    interrupts waits for the same event, can block for ever on the event's own lock.
    """

    wanted: bool = False
    interrupted: bool = False

    def request(self) -> None:
        """Begin no more photos."""
        self.wanted = True

    def interrupt(self) -> None:
        """Begin no more photos because the user, or the reader of our output, left."""
        self.interrupted = True
        self.request()

    def wait(self, seconds: float) -> bool:
        """Sleep until stopping is wanted or the time is over; say whether it is wanted."""
        end = time.monotonic() + seconds
        while not self.wanted and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))
        return self.wanted


def run(
    jobs: Iterable[Job], work: Work, *, workers: int, stop: Stop | None = None, fail_fast: bool = False
) -> Iterator[Outcome]:
    """Yield outcomes as they come, from `workers` threads that each take a whole photo at a time.

    So one photo is decoded while another is restored and a third is encoded, and no more than `workers`
    photos are in memory. Jobs are taken one by one as workers get free, so that a generator of jobs is fine.
    """
    stop = Stop() if stop is None else stop
    waiting = iter(jobs)
    with ThreadPoolExecutor(workers, "photo") as pool:
        try:
            in_hand = set() if stop.wanted else {pool.submit(work, job) for job in islice(waiting, workers)}
            while in_hand:
                # Not for ever: a signal that comes as the wait begins is handled after it.
                done, in_hand = wait(in_hand, LOOK_EVERY, return_when=FIRST_COMPLETED)
                outcomes = [future.result() for future in done]
                if fail_fast and any(outcome.status == "failed" for outcome in outcomes):
                    stop.request()
                if not stop.wanted:
                    in_hand |= {pool.submit(work, job) for job in islice(waiting, len(done))}
                yield from outcomes
        except BaseException:
            stop.request()
            raise


@contextmanager
def interruptible(stop: Stop, tell: Callable[[str], None]) -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) stop the run in order, and a later one end the process at once.

    One that was ignored when the program started stays so: a shell's background job is not for its Ctrl-C.
    """
    heard_at: list[float] = []

    def handle(_signal: int, _frame: FrameType | None) -> None:
        heard_at.append(time.monotonic())
        if len(heard_at) > 1:  # not `stop.interrupted`: a second signal may come before that is set
            if heard_at[-1] - heard_at[0] > ONE_WISH:
                os._exit(ExitCode.INTERRUPTED)  # outputs are renamed into place whole: none is half written
            return
        stop.interrupt()
        with suppress(RuntimeError):  # of a line that was just being written to the same stream
            tell("interrupted: finishing the photos in hand (again to stop at once)")

    heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
