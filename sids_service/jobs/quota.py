"""Bounds on the jobs that wait or run: of one client, and of all together.

Counts are those of the list of waiting jobs in the store, so that all processes share them and a restart changes
nothing. Before anybody is refused, the entries that count are compared with the records, so that no client is refused
for jobs that have ended.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic

from sids_service.errors import OverloadedError, TooManyJobsError
from sids_service.jobs.job import FINISHED, JobRecord, Status
from sids_service.jobs.store import JobStore
from sids_service.jobs.waiting import OPERATOR, Waiting, new_entry, promoted, seconds_until

LIST_SECONDS = 1.0
"""Age up to which a list is used for a first look."""

CHECK_SECONDS, CHECK_AT_ONCE = 5.0, 100
"""How often entries are compared with records, and how many at a time."""

LINGER = timedelta(seconds=60)
"""Time for which a cancelled job still counts, since its request stays in the store: who submits and cancels in turns
would store without bounds."""

ORPHANED = timedelta(hours=3)
"""Age from which an entry without a record is that of a submission that has died; clocks may differ by hours."""

TURN_SECONDS = 5
"""Longest wait for the submissions of other threads."""

DEFAULT_JOB_SECONDS = 10.0
"""Expected duration of a job without an estimate."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the jobs that wait or run.

    Attributes:
        jobs: of all clients.
        jobs_per_client: of one client.
        size: bytes of the requests of all clients; one client may have the same share as of the jobs.
    """

    jobs: int = 1000
    jobs_per_client: int = 50
    size: int = 2 * 2**30

    @property
    def size_per_client(self) -> int:
        """Bytes of the requests of one client."""
        return self.size * min(self.jobs_per_client, self.jobs) // self.jobs


class Quota:
    """Admits jobs to the list of a store."""

    def __init__(self, store: JobStore, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._lock = Lock()
        self._entries: list[Waiting] = []
        self._read_at = self._checked_at = -CHECK_SECONDS

    def admit(self, job_id: str, client: str, size: int, seconds: float | None) -> Waiting:
        """Add a job to the list, before its record is written.

        Args:
            job_id: the job.
            client: who asks for it; the operator's jobs are not bounded.
            size: bytes of its request.
            seconds: expected duration; None without an estimate.

        Raises:
            TooManyJobsError: the client has as many jobs, or bytes, as one client may have.
            OverloadedError: all clients together have.
            StoreUnavailableError: the list cannot be read or written.
        """
        with self._turn(client):
            known = [each for each in self._recent() if (each.job_id, each.client) == (job_id, client)]
            if known:  # of a submission that failed half-way
                return known[0]
            entry = new_entry(self._recent(), job_id, client, size, seconds or DEFAULT_JOB_SECONDS)
            if self._refusal(entry, [*self._entries, entry]) is not None:
                self._check(entry)
                if refusal := self._refusal(entry, [*self._entries, entry]):
                    raise refusal
            self._store.wait(entry)
            if client == OPERATOR:
                self._entries.append(entry)
                return entry
            # Listed after it was added: processes that admit at the same moment see the entries of each other.
            refusal = self._refusal(entry, self._read())
            if refusal is not None:
                self.withdraw(entry)
                raise refusal
            return entry

    def withdraw(self, entry: Waiting) -> None:
        """Remove the entry of a job that was not created after all."""
        self._store.leave(entry)
        self._entries = [each for each in self._entries if each != entry]

    def join(self, job_id: str, client: str) -> None:
        """Let a queued job take the turn of a client who asks for it, too, if that comes earlier; costs nothing."""
        with self._turn(client):
            entry = min((each for each in self._recent() if each.job_id == job_id), default=None)
            earlier = promoted(self._entries, entry, client) if entry else None
            if entry is not None and earlier is not None and earlier != entry:
                self._store.wait(earlier)
                self.withdraw(entry)
                self._entries.append(earlier)

    def relist(self, job_id: str) -> None:
        """Add a job whose entry was lost, with the operator's: whose it was is not known any more."""
        with self._turn(OPERATOR):
            self._store.wait(new_entry(self._read(), job_id, OPERATOR, 0, DEFAULT_JOB_SECONDS))

    def ahead(self, job_id: str) -> int:
        """Number of jobs that come before this one, those that run included; as of a moment ago."""
        jobs = list(dict.fromkeys(entry.job_id for entry in sorted(self._recent())))
        return jobs.index(job_id) if job_id in jobs else len(jobs)

    @contextmanager
    def _turn(self, client: str) -> Iterator[None]:
        """Admit one thread at a time; nobody but the operator waits long while the store is slow."""
        if not self._lock.acquire(timeout=-1 if client == OPERATOR else TURN_SECONDS):
            raise OverloadedError("Too many jobs are being submitted at once", retry_after=TURN_SECONDS)
        try:
            yield
        finally:
            self._lock.release()

    def _recent(self) -> list[Waiting]:
        return self._entries if monotonic() - self._read_at < LIST_SECONDS else self._read()

    def _read(self) -> list[Waiting]:
        self._entries = self._store.waiting()
        self._read_at = monotonic()
        return self._entries

    def _refusal(self, entry: Waiting, entries: Sequence[Waiting]) -> OverloadedError | None:
        """Why the entry, which is one of the entries, is too much; None if it is not."""
        if entry.client == OPERATOR:
            return None
        limits, bounded = self._limits, [each for each in entries if each.client != OPERATOR]
        own = [each for each in bounded if each.client == entry.client]
        before = [each for each in entries if each != entry]

        def fits_own(left: Sequence[Waiting]) -> bool:
            mine = [each for each in left if each.client == entry.client]
            return not mine or (
                len(mine) < limits.jobs_per_client and _size(mine) + entry.size <= limits.size_per_client
            )

        def fits_all(left: Sequence[Waiting]) -> bool:
            all_clients = [each for each in left if each.client != OPERATOR]
            return len(all_clients) < limits.jobs and _size(all_clients) + entry.size <= limits.size

        if not fits_own(before):
            return TooManyJobsError(
                f"Too many waiting jobs: you have {len(own) - 1} with requests of {_size(own) - entry.size} bytes; at "
                f"most {limits.jobs_per_client} jobs and {limits.size_per_client} bytes of one client may wait",
                retry_after=seconds_until(before, fits_own),
            )
        if not fits_all(before):
            return OverloadedError(
                f"The queue is full: {len(bounded) - 1} jobs with requests of {_size(bounded) - entry.size} bytes wait",
                retry_after=seconds_until(before, fits_all),
            )
        return None

    def _check(self, entry: Waiting) -> None:
        """Remove entries of jobs that have ended: the client's, then the oldest."""
        if monotonic() - self._checked_at < CHECK_SECONDS:
            return
        self._checked_at = monotonic()
        suspects = sorted(self._read(), key=lambda each: (each.client != entry.client, each.microseconds))
        for each in suspects[:CHECK_AT_ONCE]:
            stored = self._store.read(each.job_id)
            if has_ended(each, stored.job if stored else None):
                self.withdraw(each)


def has_ended(entry: Waiting, job: JobRecord | None) -> bool:
    """Whether an entry no longer counts; `job` is the record, None if there is none."""
    if job is None:
        return entry.age > ORPHANED.total_seconds()
    if job.status is Status.CANCELLED and job.finished is not None:
        return datetime.now(UTC) - job.finished > LINGER
    return job.status in FINISHED


def _size(entries: Sequence[Waiting]) -> int:
    return sum(entry.size for entry in entries)
