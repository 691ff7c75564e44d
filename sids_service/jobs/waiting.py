"""The list of jobs that wait or run: who asked for each, and in which order they are fair to run.

An entry is only a name, `<rank>-<microseconds>-<job>-<client>-<lane>-<bytes>-<seconds>`, so that one listing of names,
which sorts them, is the whole list in its order. It is an index: what a job's record says is right. An entry is written
before the record and removed after the job has ended; one that a killed process left is removed by who meets it.

The order is start-time fair queuing (Goyal, Vin and Cheng 1996) with jobs of equal size: a lane's first job gets the
lowest rank of all that wait or run, each further one the rank after its lane's last. Lanes thus take turns, whatever
the number of jobs in each.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil

OPERATOR = "operator"
"""The client of `sids batch`, which has access to the storage: its jobs take turns with others, but are not bounded."""

LONGEST_WAIT = 3600
"""Upper bound of Retry-After in seconds."""

ID_POSITION = len("0123456789-01234567890123456-") + 1
"""Position of the job's id in an entry's name, from 1."""

_NAME = re.compile(r"(\d{10})-(\d{17})-([0-9a-f]{32})-(\w+)-(\w+)-(\d+)-(\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """An entry; entries sort in the order in which their jobs should run.

    Attributes:
        rank: its turn.
        microseconds: when it was added, since 1970 (UTC).
        job_id: the job.
        client: who pays for it: the one who asked first.
        lane: the client whose turn it takes.
        size: bytes of its request.
        seconds: expected duration.
    """

    rank: int
    microseconds: int
    job_id: str
    client: str
    lane: str
    size: int
    seconds: int

    @property
    def name(self) -> str:
        """The entry as a name."""
        place = f"{self.rank:010}-{self.microseconds:017}-{self.job_id}"
        return f"{place}-{self.client}-{self.lane}-{self.size}-{self.seconds}"

    @classmethod
    def of(cls, name: str) -> "Waiting | None":
        """The entry of a name; None for a name of another form."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        rank, microseconds, job_id, client, lane, size, seconds = found.groups()
        return cls(int(rank), int(microseconds), job_id, client, lane, int(size), int(seconds))

    @property
    def age(self) -> float:
        """Seconds since it was added."""
        return datetime.now(UTC).timestamp() - self.microseconds / 1e6


def new_entry(entries: Sequence[Waiting], job_id: str, client: str, size: int, seconds: float) -> Waiting:
    """An entry at the end of the client's own."""
    now = int(datetime.now(UTC).timestamp() * 1e6)
    return Waiting(next_rank(entries, client), now, job_id, client, client, size, max(1, ceil(seconds)))


def promoted(entries: Sequence[Waiting], entry: Waiting, client: str) -> Waiting:
    """The entry in the lane of another client who asks for the same job, if it comes earlier there."""
    rank = next_rank(entries, client)
    return replace(entry, rank=rank, lane=client) if rank < entry.rank else entry


def next_rank(entries: Sequence[Waiting], lane: str) -> int:
    """The rank of the lane's next job."""
    first = min((entry.rank for entry in entries), default=0)
    return max([first, *(entry.rank + 1 for entry in entries if entry.lane == lane)])


def seconds_until(entries: Sequence[Waiting], enough: Callable[[Sequence[Waiting]], bool]) -> int:
    """Seconds until enough jobs have ended, one after another in their order; at least 1, at most `LONGEST_WAIT`.

    Args:
        entries: what waits or runs.
        enough: whether these entries are few enough.
    """
    left = sorted(entries)
    elapsed = 0
    while left and not enough(left) and elapsed < LONGEST_WAIT:
        elapsed += left.pop(0).seconds
    return min(max(1, elapsed), LONGEST_WAIT)
