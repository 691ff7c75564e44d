"""Runs the computations of a process: equal ones once, a bounded number at a time, with cached results.

A result comes from memory, from an equal computation in flight, from the store (written by a job), or from the training
pool, in this order.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from enum import Enum
from math import ceil
from threading import Lock
from time import perf_counter

from pydantic import BaseModel
from pydantic_core import to_json

from sids_core import stages
from sids_service.errors import OverloadedError
from sids_service.estimates import Estimates
from sids_service.jobs.computation import Computation, Key
from sids_service.jobs.errors import ComputationCancelledError, LeaseLostError
from sids_service.jobs.results import ResultCache, StoredResults
from sids_service.jobs.store import JobStore
from sids_service.settings import Settings

LOOKUP_THREADS = 4
"""Threads that read the store and check requests; they mostly wait, and never behind a training."""

MEMORY = 0.9
"""Weight of the past in the running mean of the seconds per computation."""


class CacheStatus(Enum):
    """Origin of a result, in the terms of RFC 9211 (Cache-Status)."""

    HIT = "hit"
    COLLAPSED = "fwd=miss; collapsed"
    STORED = "fwd=miss; stored"


@dataclass(frozen=True, slots=True, eq=False)
class _Submission:
    computation: Computation[BaseModel]
    patient: bool
    context: Context
    future: "Future[tuple[bytes, CacheStatus]]" = field(default_factory=Future)

    @property
    def digest(self) -> str:
        return self.computation.key.digest

    def resolve(self, result: bytes, status: CacheStatus) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result((result, status))

    def fail(self, error: BaseException) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Executor:
    """Computes on a pool of threads, started on first use.

    Args:
        stored: results of jobs.
        at_once: number of concurrent computations; the others wait first in, first out.
        waiting: number of computations that may wait; patient ones are not limited.
        cache_bytes: memory for results.
        estimates: receives the seconds of each computation that has a workload.
    """

    def __init__(
        self, stored: StoredResults, *, at_once: int, waiting: int, cache_bytes: int, estimates: Estimates | None = None
    ) -> None:
        self._stored = stored
        self._at_once = at_once
        self._most_waiting = waiting
        self._estimates = estimates
        self._cache = ResultCache(cache_bytes)
        self._in_flight: dict[str, list[_Submission]] = {}  # the first of each list is computed
        self._unfinished = 0
        self._mean_seconds = 1.0
        self._lock = Lock()
        self._training = ThreadPoolExecutor(at_once, thread_name_prefix="training")
        self._lookups = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    @classmethod
    def of(cls, settings: Settings, store: JobStore, estimates: Estimates | None = None) -> "Executor":
        """An executor with the operator's limits."""
        return cls(
            StoredResults(store),
            at_once=settings.runs_at_once,
            waiting=settings.runs_waiting,
            cache_bytes=settings.result_cache_bytes,
            estimates=estimates,
        )

    def has(self, key: Key) -> bool:
        """Whether the result exists in memory or in the store; waits for the store."""
        with self._lock:
            cached = key.digest in self._cache
        return cached or self._stored.result(key) is not None

    def submit(
        self, computation: Computation[BaseModel], *, patient: bool = False
    ) -> "Future[tuple[bytes, CacheStatus]]":
        """The result as JSON and its origin, as a future; never blocks.

        The computation runs in a copy of the caller's context, so that its stages are recorded and watched as if the
        caller computed it; waiting time is the stage "queue". If the owner of an equal computation in flight is
        cancelled, the next waiting submission computes it.

        Args:
            computation: what to compute.
            patient: wait without limit, as jobs do, and skip the look-up in the store.

        Returns:
            A future, which fails with OverloadedError if too many computations wait and the request is valid, else with
            the computation's error.
        """
        submission = _Submission(computation, patient, copy_context())
        digest = submission.digest
        first = False
        with self._lock:
            result = self._cache.get(digest)
            if result is None:
                first = digest not in self._in_flight
                self._in_flight.setdefault(digest, []).append(submission)
        if result is not None:
            submission.resolve(result, CacheStatus.HIT)
        elif first:
            self._begin(submission)
        return submission.future

    def _begin(self, submission: _Submission) -> None:
        if submission.patient:
            self._enqueue(submission)
        else:
            self._lookups.submit(submission.context.run, self._look_up, submission)

    def _look_up(self, submission: _Submission) -> None:
        try:
            result = self._stored.result(submission.computation.key)
            if result is None:
                if self._unfinished >= self._at_once:  # an invalid request need not wait for its turn
                    submission.computation.check()
                self._enqueue(submission)
        except BaseException as error:  # noqa: BLE001 - passed to the caller by the future
            self._failed(submission, error)
        else:
            if result is not None:
                self._succeeded(submission, result)

    def _enqueue(self, submission: _Submission) -> None:
        with self._lock:
            queued = self._unfinished - self._at_once
            if queued >= self._most_waiting and not submission.patient:
                raise OverloadedError(
                    f"Server busy: {self._at_once} runs in progress and {queued} queued, the maximum",
                    retry_after=max(1, ceil(self._mean_seconds * queued / self._at_once)),
                )
            self._unfinished += 1
            # A copy, since the context is in use until the look-up returns.
            self._training.submit(submission.context.copy().run, self._compute, submission, perf_counter())

    def _compute(self, submission: _Submission, queued_at: float) -> None:
        start = perf_counter()
        with stages.record() as waited:
            waited["queue"] = start - queued_at
        computation = submission.computation
        try:
            with stages.record() as seconds:
                result = to_json(computation.compute(), inf_nan_mode="null")
            if self._estimates is not None and computation.workload is not None:
                # Only the stages of the computation: imports and waiting do not count.
                took = sum(seconds.get(stage, 0.0) for stage in computation.stages)
                self._estimates.add(computation.workload(), took)
        except BaseException as error:  # noqa: BLE001 - passed to the caller by the future
            self._leave(perf_counter() - start)
            self._failed(submission, error)
        else:
            self._leave(perf_counter() - start)
            self._succeeded(submission, result)

    def _leave(self, seconds: float) -> None:
        with self._lock:
            self._mean_seconds = MEMORY * self._mean_seconds + (1 - MEMORY) * seconds
            self._unfinished -= 1

    def _succeeded(self, submission: _Submission, result: bytes) -> None:
        with self._lock:
            together = self._in_flight.pop(submission.digest)
            self._cache.add(submission.digest, result)
        for each in together:
            each.resolve(result, CacheStatus.STORED if each is submission else CacheStatus.COLLAPSED)

    def _failed(self, submission: _Submission, error: BaseException) -> None:
        with self._lock:
            waiting = self._in_flight.pop(submission.digest)[1:]
            unaffected = [each for each in waiting if not _concerns(error, each)]
            if unaffected:
                self._in_flight[submission.digest] = unaffected
        for each in (submission, *waiting):
            if each not in unaffected:
                each.fail(error)
        if unaffected:
            self._begin(unaffected[0])


def _concerns(error: BaseException, waiting: _Submission) -> bool:
    """Whether an error of the owning computation applies to the submissions waiting for it."""
    match error:
        case ComputationCancelledError() | LeaseLostError():
            return False
        case OverloadedError():
            return not waiting.patient
        case _:
            return True
