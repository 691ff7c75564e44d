"""The turns of a process: which runs have one, which wait for one, and for how many seconds.

One turn is kept for the runs that take long by nature, imputations: all others together never have the last one. With a
single turn there is none to keep, and all runs wait in one line.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from time import monotonic

MEMORY = 0.9
"""Weight of the past in the running mean of the seconds per run."""

OVERRUN = 0.1
"""A run that takes longer than expected is expected to go on for this share of the time it has taken."""

MOST_TOLD = 50
"""Refused runs that are expected to come back: not all do, and one client must not lengthen the wait of all others."""

LEAST_PAUSE = 1.0
"""Seconds, since `Retry-After` is in whole ones."""


@dataclass(slots=True)
class _Run:
    expected: float
    kept: bool
    started: float | None = None

    def seconds_left(self, now: float) -> float:
        if self.started is None:
            return self.expected
        taken = now - self.started
        return max(self.expected - taken, OVERRUN * taken)


class Turns:
    """Runs by name: first in, first out among those for which the same turns are free. Not thread-safe.

    Args:
        at_once: number of runs that have a turn at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._for_others = max(1, at_once - 1)
        self._runs: dict[str, _Run] = {}
        self._mean_seconds = 1.0
        self._told: dict[bool, deque[float]] = {kept: deque(maxlen=MOST_TOLD) for kept in (True, False)}

    def must_wait(self, *, kept: bool = True) -> bool:
        """Whether a new run would have to wait, one that may have the kept turn or another."""
        return not self._has_turn(kept, self._started())

    def waiting(self, *, kept: bool) -> int:
        """Number of runs without a turn: of those that may have the kept one, or of the others."""
        return sum(run.started is None and run.kept is kept for run in self._runs.values())

    def enter(self, name: str, expected_seconds: float | None, *, kept: bool = True) -> None:
        """Add a run at the end; without an estimate it is expected to take as long as recent runs on average.

        Args:
            name: of the run.
            expected_seconds: how long it takes.
            kept: whether it may have the kept turn.
        """
        self._runs[name] = _Run(self._mean_seconds if expected_seconds is None else expected_seconds, kept)

    def start_next(self) -> list[str]:
        """Give the free turns to runs that wait, in their order; returns the names of those runs."""
        begun, started = [], self._started()
        for name, run in self._runs.items():
            if run.started is None and self._has_turn(run.kept, started):
                run.started = monotonic()
                started.append(run.kept)
                begun.append(name)
        return begun

    def leave(self, name: str, seconds: float | None = None) -> None:
        """Remove a run, which took so many seconds if it was completed."""
        del self._runs[name]
        if seconds is not None:
            self._mean_seconds = MEMORY * self._mean_seconds + (1 - MEMORY) * seconds

    def seconds_until(self, name: str, expected_seconds: float, *, kept: bool = True) -> float:
        """Expected seconds until a run ends: one in progress or waiting, else a new one of so many seconds."""
        if name in self._runs:
            return self._ends()[name]
        return self.seconds_until_free(kept=kept) + expected_seconds

    def seconds_until_free(self, *, kept: bool = True) -> float:
        """Expected seconds until a new run would get its turn."""
        new = _Run(0.0, kept)
        return self._ends([("", new)])[""]

    def seconds_to_come_back(self, *, kept: bool = True) -> float:
        """Seconds after which a refused run should be tried again: behind those that were told so and have not yet."""
        told, now = self._told[kept], monotonic()
        while told and told[0] <= now:
            told.popleft()
        turns = self._at_once if kept else self._for_others
        seconds = max(LEAST_PAUSE, self.seconds_until_free(kept=kept) + len(told) * self._mean_seconds / turns)
        told.append(now + seconds)
        return seconds

    def _started(self) -> list[bool]:
        """Of the runs that have a turn, whether each may have the kept one."""
        return [run.kept for run in self._runs.values() if run.started is not None]

    def _has_turn(self, kept: bool, started: list[bool]) -> bool:
        """Whether a turn is free for a run beside others."""
        return len(started) < self._at_once and (kept or started.count(False) < self._for_others)

    def _ends(self, new: Iterable[tuple[str, _Run]] = ()) -> dict[str, float]:
        """Expected end of every run in seconds from now, with new ones at the end of the line."""
        now = monotonic()
        ends: dict[str, float] = {}
        ending: list[tuple[float, str, bool]] = []
        waiting: dict[str, _Run] = {}
        for name, run in (*self._runs.items(), *new):
            if run.started is None:
                waiting[name] = run
            else:
                ends[name] = run.seconds_left(now)
                ending.append((ends[name], name, run.kept))
        heapify(ending)
        free_at = 0.0
        while waiting:
            started = [kept for _, _, kept in ending]
            first = next((name for name, run in waiting.items() if self._has_turn(run.kept, started)), None)
            if first is None:
                free_at, *_ = heappop(ending)
                continue
            run = waiting.pop(first)
            ends[first] = free_at + run.expected
            heappush(ending, (ends[first], first, run.kept))
        return ends
