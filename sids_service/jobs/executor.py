"""Runs the computations of a process: equal ones once, a bounded number at a time, with cached results.

A result comes from memory, from an equal computation in flight, from the store (written by a job), or from the training
pool, in this order. A computation whose callers have all gone is not begun, or stops at its next stage.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from math import ceil
from threading import Lock
from time import perf_counter

from pydantic import BaseModel
from pydantic_core import to_json

from sids_core import stages
from sids_service.errors import OverloadedError
from sids_service.estimates import Estimates
from sids_service.jobs.computation import Computation, Key
from sids_service.jobs.errors import ComputationCancelledError
from sids_service.jobs.results import ResultCache, StoredResults
from sids_service.jobs.store import JobStore
from sids_service.jobs.submission import Abandonment, CacheStatus, Submission
from sids_service.jobs.turns import Turns
from sids_service.settings import Settings

LOOKUP_THREADS = 4
"""Threads that read the store and check requests; they mostly wait, and never behind a training."""

logger = logging.getLogger(__name__)


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
        self._turns = Turns(at_once)
        self._most_waiting = waiting
        self._estimates = estimates
        self._cache = ResultCache(cache_bytes)
        self._in_flight: dict[str, list[Submission]] = {}  # the first of each list is computed
        self._queued: dict[str, Future[None]] = {}  # the pool's, of those that have or wait for a turn
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

    def seconds_until_end(self, expected_seconds: float, key: Key | None = None) -> float:
        """Expected seconds until a computation ends, the wait for its turn included.

        Args:
            expected_seconds: how long a new one takes.
            key: of its result, which an equal computation may be about to have.
        """
        with self._lock:
            return self._turns.seconds_until(key.digest if key else "", expected_seconds)

    def submit(
        self, computation: Computation[BaseModel], *, patient: bool = False
    ) -> "Future[tuple[bytes, CacheStatus]]":
        """The result as JSON and its origin, as a future; never blocks.

        The computation runs in a copy of the caller's context, so that its stages are recorded and watched as if the
        caller computed it; waiting time is the stage "queue". If the owner of an equal computation in flight is
        cancelled, the next waiting submission computes it. Cancelling the future means that its caller has gone.

        Args:
            computation: what to compute.
            patient: wait without limit, as jobs do, and skip the look-up in the store.

        Returns:
            A future, which fails with OverloadedError if too many computations wait and the request is valid, else with
            the computation's error.
        """
        submission = Submission(computation, patient, copy_context())
        digest = submission.digest
        first = False
        with self._lock:
            result = self._cache.get(digest)
            if result is None:
                first = digest not in self._in_flight
                self._in_flight.setdefault(digest, []).append(submission)
        if result is not None:
            submission.resolve(result, CacheStatus.HIT)
            return submission.future
        submission.future.add_done_callback(lambda future: self._left(digest) if future.cancelled() else None)
        if first:
            self._begin(submission)
        return submission.future

    def _left(self, digest: str) -> None:
        """A caller has gone: if it was the last one of a computation that has not begun, that is dropped."""
        with self._lock:
            if digest in self._queued and not self._wanted(digest) and self._queued[digest].cancel():
                self._turns.leave(digest)
                del self._queued[digest], self._in_flight[digest]

    def _wanted(self, digest: str) -> bool:
        return any(not each.gone for each in self._in_flight[digest])

    def _begin(self, submission: Submission) -> None:
        if submission.patient:
            self._enqueue(submission)
        else:
            self._lookups.submit(submission.context.run, self._look_up, submission)

    def _look_up(self, submission: Submission) -> None:
        try:
            result = self._stored.result(submission.computation.key)
            if result is None:
                if self._turns.all_taken:  # an invalid request need not wait for its turn
                    submission.computation.check()
                self._enqueue(submission)
        except BaseException as error:  # noqa: BLE001 - passed to the caller by the future
            self._failed(submission, error)
        else:
            if result is not None:
                self._succeeded(submission, result)

    def _enqueue(self, submission: Submission) -> None:
        expected_seconds = submission.expected_seconds()
        with self._lock:
            if not self._wanted(submission.digest):
                raise ComputationCancelledError("every caller has gone")
            if self._turns.waiting >= self._most_waiting and not submission.patient:
                raise OverloadedError(
                    f"Server busy: {self._at_once} runs in progress and {self._turns.waiting} queued, the maximum",
                    retry_after=max(1, ceil(self._turns.seconds_until_free())),
                )
            self._turns.enter(submission.digest, expected_seconds)
            # A copy, since the context is in use until the look-up returns.
            self._queued[submission.digest] = self._training.submit(
                submission.context.copy().run, self._compute, submission, perf_counter()
            )

    def _compute(self, submission: Submission, queued_at: float) -> None:
        digest, computation, start = submission.digest, submission.computation, perf_counter()
        with self._lock:
            self._turns.start(digest)
        with stages.record() as waited:
            waited["queue"] = start - queued_at
        try:
            with stages.record() as seconds, stages.watch(Abandonment(lambda: self._is_wanted(digest))):
                result = to_json(computation.compute(), inf_nan_mode="null")
            if self._estimates is not None and computation.workload is not None:
                # Only the stages of the computation: imports and waiting do not count.
                took = sum(seconds.get(stage, 0.0) for stage in computation.stages)
                self._estimates.add(computation.workload(), took)
        except BaseException as error:  # noqa: BLE001 - passed to the caller by the future
            self._leave(digest)
            self._failed(submission, error)
        else:
            self._leave(digest, perf_counter() - start)
            self._succeeded(submission, result)

    def _is_wanted(self, digest: str) -> bool:
        with self._lock:
            return self._wanted(digest)

    def _leave(self, digest: str, seconds: float | None = None) -> None:
        with self._lock:
            self._turns.leave(digest, seconds)
            del self._queued[digest]

    def _succeeded(self, submission: Submission, result: bytes) -> None:
        with self._lock:
            together = self._in_flight.pop(submission.digest)
            self._cache.add(submission.digest, result)
        for each in together:
            each.resolve(result, CacheStatus.STORED if each is submission else CacheStatus.COLLAPSED)

    def _failed(self, submission: Submission, error: BaseException) -> None:
        with self._lock:
            waiting = self._in_flight.pop(submission.digest)[1:]
            unaffected = [each for each in waiting if not each.gone and not each.shares(error)]
            if unaffected:
                self._in_flight[submission.digest] = unaffected
        if isinstance(error, ComputationCancelledError):
            logger.info("a run has stopped: %s", error)
        for each in (submission, *waiting):
            if each not in unaffected:
                each.fail(error)
        if unaffected:
            self._begin(unaffected[0])
