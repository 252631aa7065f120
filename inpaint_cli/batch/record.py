"""What is known about one job while it is being done."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from inpaint_cli.batch.damage import Bools
from inpaint_cli.batch.outcome import Outcome, Status
from inpaint_cli.errors import NO_MEMORY, InpaintError

_NO_MEMORY_IN_OPENCV = -4
"""`cv2.Error.StsNoMem`: what its exceptions have as their code, where others raise MemoryError."""
Clock = Literal["seconds", "seconds_read", "seconds_write"]


@dataclass
class Record:
    """An outcome in the making, so that a failure keeps what was learnt before it."""

    outcome: Outcome
    masks: Sequence[Bools] | None = None

    def note(self, **known: Any) -> None:
        """Remember some fields of the outcome."""
        self.outcome = replace(self.outcome, **known)

    @contextmanager
    def timed(self, clock: Clock) -> Iterator[None]:
        """Add the time spent inside to one of the outcome's clocks."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.note(**{clock: getattr(self.outcome, clock) + time.perf_counter() - start})

    def finished(self, status: Status, reason: str = "") -> Outcome:
        """Return the outcome."""
        return replace(self.outcome, status=status, reason=reason)

    def attempt(self, work: Callable[[], Outcome]) -> Outcome:
        """Return what `work` does; whatever goes wrong in it becomes a failed outcome."""
        try:
            return work()
        except InpaintError as error:
            return self.finished("failed", self._without_path(" ".join(str(error).split())))
        except MemoryError:
            return self.finished("failed", NO_MEMORY)
        except Exception as error:  # a bug of ours must not stop the other photos
            if getattr(error, "code", None) == _NO_MEMORY_IN_OPENCV:
                return self.finished("failed", NO_MEMORY)
            self.note(trace=traceback.format_exc())
            what = " ".join(str(error).split())
            return self.finished("failed", f"internal error: {type(error).__name__}: {what} (-v shows where)")

    def _without_path(self, message: str) -> str:
        """Drop the photo's own path in front: a report has it already."""
        return message.removeprefix(f"{self.outcome.photo}: ")
