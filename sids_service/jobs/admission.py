"""How many runs compute at once, and how many may wait for their turn."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from threading import Event, Lock
from time import perf_counter

from sids_core.stages import stage
from sids_service.errors import OverloadedError

MEMORY = 0.9
"""Weight of the past in the running mean of the seconds that a run takes."""


class Admission:
    """Lets `at_once` runs in; the rest wait in the order they came, `waiting` of them at most."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most_waiting = waiting
        self._running = 0
        self._queue: deque[Event] = deque()
        self._lock = Lock()
        self._mean_seconds = 1.0

    @contextmanager
    def turn(self, *, patient: bool = False) -> Iterator[None]:
        """Wait for a turn, and hold it for the enclosed run; patiently, where nobody waits for the answer.

        Raises:
            OverloadedError: as many are waiting as may; it says when a turn is likely.
        """
        with stage("queue"):
            self._enter(patient=patient)
        start = perf_counter()
        try:
            yield
        finally:
            self._leave(perf_counter() - start)

    def _enter(self, *, patient: bool) -> None:
        with self._lock:
            if self._running < self._at_once:
                self._running += 1
                return
            if len(self._queue) >= self._most_waiting and not patient:
                wait = self._mean_seconds * len(self._queue) / self._at_once
                raise OverloadedError(
                    f"{self._running} runs compute and {len(self._queue)} wait, which is all this process takes",
                    retry_after=max(1, ceil(wait)),
                )
            turn = Event()
            self._queue.append(turn)
        turn.wait()

    def _leave(self, seconds: float) -> None:
        with self._lock:
            self._mean_seconds = MEMORY * self._mean_seconds + (1 - MEMORY) * seconds
            if self._queue:
                self._queue.popleft().set()
            else:
                self._running -= 1
