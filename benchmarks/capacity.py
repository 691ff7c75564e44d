"""Simulates a day of jobs from measured times: workers needed, worker-hours and waiting times.

`python -m benchmarks.capacity [--limit 6]` prints the table of docs/operations.md. Half of a day's jobs arrive in its
four busiest hours. Each takes as long as one of the recorded runs (benchmarks/runs.jsonl: all options and sizes) plus
the storage's round trips. Workers are scaled as in infra/k8s/base/worker: from zero, one per message, by the maximum of
the last five minutes. No result is cached.
"""

import argparse
import random
from collections import deque
from dataclasses import dataclass
from statistics import fmean, quantiles

from benchmarks.rates import read

REQUESTS_A_DAY = (100, 1_000, 10_000, 50_000, 100_000, 200_000)
BATCH = 10_000
SEED = 5

DAY = 86_400
BUSY_FROM, BUSY_UNTIL = 9 * 3600, 13 * 3600
POLL_SECONDS = 30
STABLE_SECONDS = 300
"""KEDA's cool-down to zero, and the autoscaler's stabilisation before scaling in."""

START_SECONDS = 45.0
"""Assumed: from scheduling a pod to its first job, with the image on the node."""

STORAGE_SECONDS = 0.2
"""Assumed: round trips of a job: message, record, request, result, record, message."""


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a simulated day: peak workers, worker-hours, utilisation, seconds waited."""

    most_workers: int
    worker_hours: float
    busy: float
    waits: list[float]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=6, help="most workers at once")
    limit = parser.parse_args().limit
    chosen = random.Random(SEED)  # noqa: S311 (a simulation)
    seconds = [taken + STORAGE_SECONDS for _, taken in read()]
    print(f"A job takes {fmean(seconds):.2f} s on average; at most {limit} workers.\n")
    print("| jobs a day | workers at most | worker-hours | computing | wait, median | wait, 95 % | wait, longest |")
    print("|---|---|---|---|---|---|---|")
    for count in REQUESTS_A_DAY:
        arrivals = sorted(_moment(chosen) for _ in range(count))
        _print(f"{count:,}", simulate(arrivals, [chosen.choice(seconds) for _ in arrivals], limit))
    _print(f"{BATCH:,} at once", simulate([0.0] * BATCH, [chosen.choice(seconds) for _ in range(BATCH)], limit))


def simulate(arrivals: list[float], seconds: list[float], limit: int) -> Load:
    """Serve jobs first in, first out, second by second, with workers scaled out and in."""
    jobs = deque(zip(arrivals, seconds, strict=True))
    free_at: list[float] = []
    ends: deque[float] = deque([0.0], maxlen=limit)
    waits: list[float] = []
    wanted: deque[int] = deque([0], maxlen=STABLE_SECONDS // POLL_SECONDS)
    most, lived, now = 0, 0.0, 0
    while now < DAY or jobs:
        waiting = 0
        for arrival, _ in jobs:
            if arrival > now or waiting >= limit:
                break
            waiting += 1
        if now % POLL_SECONDS == 0:
            wanted.append(min(limit, waiting + sum(end > now for end in ends)))
            free_at += [now + START_SECONDS] * (max(wanted) - len(free_at))
            free_at = sorted(free_at, reverse=True)[: max(wanted)]
        while jobs and jobs[0][0] <= now and free_at and min(free_at) < now + 1:
            arrival, takes = jobs.popleft()
            first = min(range(len(free_at)), key=free_at.__getitem__)
            begun = max(free_at[first], arrival)
            free_at[first] = begun + takes
            waits.append(begun - arrival)
            ends.append(begun + takes)
        most = max(most, len(free_at))
        lived += len(free_at)
        now += 1
    return Load(most, lived / 3600, sum(seconds) / lived, waits)


def _moment(chosen: random.Random) -> float:
    busy = chosen.random() < 0.5
    return chosen.uniform(BUSY_FROM, BUSY_UNTIL) if busy else chosen.uniform(0, DAY)


def _print(name: str, load: Load) -> None:
    half, most = quantiles(load.waits, n=20)[9], quantiles(load.waits, n=20)[18]
    cells = [name, str(load.most_workers), f"{load.worker_hours:.1f}", f"{load.busy:.0%}"]
    cells += [f"{half:.0f} s", f"{most:.0f} s", f"{max(load.waits):.0f} s"]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
