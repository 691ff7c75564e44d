"""The turns of a process: which runs have one, which wait for one, and for how many seconds."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from time import monotonic

MEMORY = 0.9
"""Weight of the past in the running mean of the seconds per run."""

OVERRUN = 0.1
"""A run that takes longer than expected is expected to go on for this share of the time it has taken."""


@dataclass(slots=True)
class _Run:
    expected: float
    started: float | None = None

    def seconds_left(self, now: float) -> float:
        if self.started is None:
            return self.expected
        taken = now - self.started
        return max(self.expected - taken, OVERRUN * taken)


class Turns:
    """Runs by name, first in, first out. Not thread-safe.

    Args:
        at_once: number of runs that have a turn at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._runs: dict[str, _Run] = {}
        self._mean_seconds = 1.0

    @property
    def all_taken(self) -> bool:
        """Whether a new run would have to wait."""
        return len(self._runs) >= self._at_once

    @property
    def waiting(self) -> int:
        """Number of runs without a turn; negative while turns are free."""
        return len(self._runs) - self._at_once

    def enter(self, name: str, expected_seconds: float | None) -> None:
        """Add a run at the end; without an estimate it is expected to take as long as recent runs on average."""
        self._runs[name] = _Run(self._mean_seconds if expected_seconds is None else expected_seconds)

    def start(self, name: str) -> None:
        """A run has its turn."""
        self._runs[name].started = monotonic()

    def leave(self, name: str, seconds: float | None = None) -> None:
        """Remove a run, which took so many seconds if it was completed."""
        del self._runs[name]
        if seconds is not None:
            self._mean_seconds = MEMORY * self._mean_seconds + (1 - MEMORY) * seconds

    def seconds_until(self, name: str, expected_seconds: float) -> float:
        """Expected seconds until a run ends: one in progress or waiting, else a new one of so many seconds."""
        ends, free = self._plan()
        return ends.get(name, free + expected_seconds)

    def seconds_until_free(self) -> float:
        """Expected seconds until a new run would get its turn."""
        return self._plan()[1]

    def _plan(self) -> tuple[dict[str, float], float]:
        """Expected end of every run, and when a turn is free after them, in seconds from now."""
        now = monotonic()
        ends = {name: run.seconds_left(now) for name, run in self._runs.items() if run.started is not None}
        free = [*ends.values(), *(self._at_once - len(ends)) * [0.0]]
        heapify(free)
        for name, run in self._runs.items():
            if run.started is None:
                ends[name] = heappop(free) + run.expected
                heappush(free, ends[name])
        return ends, free[0]
