"""What the runs of a service took, and what models learn from that: written and read beside the requests."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, TypeVar

from pydantic import ValidationError

from sids_core.timing import Timing
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.timing_log import TimingLog

T = TypeVar("T")
Fit = Callable[[Sequence[Timing]], T]

MOST_WAITING = 1000
"""Timings that wait to be written; older ones are dropped, where the storage is out of reach."""

REFRESH_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Timings:
    """Takes timings and learns from those of all processes. No caller ever waits for the storage.

    Args:
        log: where they are kept.
        pause_seconds: between two looks of the thread that reads and writes; several timings become one write.
    """

    def __init__(self, log: TimingLog, pause_seconds: float = 5.0) -> None:
        self._log = log
        self._pause_seconds = pause_seconds
        self._waiting: deque[Timing] = deque(maxlen=MOST_WAITING)
        self._known: tuple[Timing, ...] = ()
        self._fits: dict[str, Fit[Any]] = {}
        self._learnt: dict[str, Any] = {}
        self._read_at = float("-inf")
        self._asked = Event()
        self._never = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def add(self, timing: Timing) -> None:
        """Keep a timing."""
        self._waiting.append(timing)
        self._ask()

    def learn(self, model: str, fit: Fit[T]) -> Callable[[], T]:
        """Gives a function that returns what `fit` makes of the model's timings, as they were known a moment ago."""
        self._fits[model] = fit

        def learnt() -> T:
            if model not in self._learnt:
                self._learnt.setdefault(model, fit(()))
            if monotonic() - self._read_at > REFRESH_SECONDS:
                self._ask()
            found: T = self._learnt[model]
            return found

        return learnt

    def _ask(self) -> None:
        self._asked.set()
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="timings", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            try:
                self._exchange()
            except StoreUnavailableError as error:
                logger.warning("%s", error)
            except Exception:  # the thread must outlive a fault that nobody foresaw
                logger.exception("timings could not be read or written")
            self._never.wait(self._pause_seconds)

    def _exchange(self) -> None:
        mine: list[Timing] = []
        while self._waiting:
            mine.append(self._waiting.popleft())
        if mine:
            self._log.append([timing.model_dump_json() for timing in mine])
        if monotonic() - self._read_at > REFRESH_SECONDS:
            self._known = tuple(_parsed(self._log.read()))
            self._read_at = monotonic()
        else:
            self._known += tuple(mine)
        for model, fit in self._fits.items():
            self._learnt[model] = fit([timing for timing in self._known if timing.model == model])


def _parsed(lines: Sequence[str]) -> list[Timing]:
    found = []
    for line in lines:
        with suppress(ValidationError):  # cut off by a kill, or of another version
            found.append(Timing.model_validate_json(line))
    return found
