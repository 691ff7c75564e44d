"""Runs the computations of a process: equal ones once, a bounded number at a time, with cached results.

A result comes from memory, from an equal computation in flight, from the store (written by a job), or from the training
pool, in this order. A computation whose callers have all gone is not begun, or stops at its next step, as does one that
takes too long. Everything that waits is counted and bounded: look-ups, runs without a turn, and callers of a run in
flight.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from math import ceil, inf
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
from sids_service.jobs.submission import Abandonment, CacheStatus, Deadline, Submission
from sids_service.jobs.turns import Turns
from sids_service.settings import Settings
from sids_service.telemetry.telemetry import OFF, Telemetry

LOOKUP_THREADS = 4
"""Threads that read the store and check requests, for each kind of run: they mostly wait, and never behind a run."""

LOOKUPS_WAITING = 200
"""Look-ups of a kind that may wait for a thread: each takes milliseconds, unless the store is slow."""

logger = logging.getLogger(__name__)


class Executor:
    """Computes on a pool of threads, started on first use.

    Args:
        stored: results of jobs.
        at_once: number of concurrent computations; the others wait (`Turns`).
        waiting: number of callers that may wait, for a turn or for an equal computation; those without an own turn may
            have half of these places. Patient ones are not limited.
        run_seconds: how long a computation may take.
        cache_bytes: memory for results.
        estimates: receives the seconds of each computation that has a workload.
        telemetry: is told of runs and look-ups.
    """

    def __init__(
        self,
        stored: StoredResults,
        *,
        at_once: int,
        waiting: int,
        cache_bytes: int,
        run_seconds: float = inf,
        estimates: Estimates | None = None,
        telemetry: Telemetry = OFF,
    ) -> None:
        self._stored = stored
        self._at_once = at_once
        self._turns = Turns(at_once)
        self._most_waiting = waiting
        self._run_seconds = run_seconds
        self._estimates = estimates
        self._telemetry = telemetry
        self._cache = ResultCache(cache_bytes)
        self._in_flight: dict[str, list[Submission]] = {}  # the first of each list is computed
        self._queued: dict[str, tuple[Submission, float]] = {}  # those without a turn, and since when
        self._looking_up = {True: 0, False: 0}  # by whether they may have the kept turn
        self._lock = Lock()
        self._training = ThreadPoolExecutor(at_once, thread_name_prefix="training")
        # Apart, so that the large requests of one kind do not hold up the look-ups of the other.
        self._lookups = {
            kept: ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup") for kept in (True, False)
        }

    @classmethod
    def of(
        cls, settings: Settings, store: JobStore, estimates: Estimates | None = None, telemetry: Telemetry = OFF
    ) -> "Executor":
        """An executor with the operator's limits."""
        return cls(
            StoredResults(store),
            at_once=settings.runs_at_once,
            waiting=settings.runs_waiting,
            cache_bytes=settings.result_cache_bytes,
            run_seconds=settings.run_seconds,
            estimates=estimates,
            telemetry=telemetry,
        )

    def has(self, key: Key) -> bool:
        """Whether the result exists in memory or in the store; waits for the store."""
        with self._lock:
            cached = key.digest in self._cache
        return cached or self._stored.result(key) is not None

    def seconds_until_end(self, expected_seconds: float, key: Key | None = None) -> float:
        """Expected seconds until an imputation ends, the wait for its turn included.

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
            A future, which fails with OverloadedError if too many callers wait and the request is valid, else with the
            computation's error.
        """
        submission = Submission(computation, patient, copy_context())
        digest = submission.digest
        together: list[Submission] | None = None
        refusal: OverloadedError | None = None
        with self._lock:
            result = self._cache.get(digest)
            if result is None:
                together = self._in_flight.get(digest)
                refusal = self._refusal(submission, together)
                if refusal is None:
                    self._in_flight.setdefault(digest, []).append(submission)
        if result is not None:
            self._telemetry.looked_up("hit")
            submission.resolve(result, CacheStatus.HIT)
        elif refusal is not None:
            submission.fail(refusal)
        else:
            submission.future.add_done_callback(lambda future: self._left(submission) if future.cancelled() else None)
            if together is None:
                self._begin(submission)
            else:
                self._telemetry.looked_up("collapsed")
        return submission.future

    def _refusal(self, submission: Submission, together: Sequence[Submission] | None) -> OverloadedError | None:
        """Why a caller may not wait: for equal ones in flight, or for a look-up."""
        if submission.patient:
            return None
        kept = submission.kept
        if together is None:
            full = self._looking_up[kept] >= LOOKUPS_WAITING
            return self._overloaded(self._turns.seconds_to_come_back(kept=kept)) if full else None
        if not self._is_full(kept=kept):
            return None
        return self._overloaded(self._turns.seconds_until(submission.digest, 0.0, kept=kept))

    def _overloaded(self, seconds: float) -> OverloadedError:
        waiting = self._waiting(kept=True) + self._waiting(kept=False)
        return OverloadedError(
            f"Server busy: {self._at_once} runs at once and {waiting} waiting, the maximum",
            retry_after=max(1, ceil(seconds)),
        )

    def _waiting(self, *, kept: bool) -> int:
        """Of a kind, the runs without a turn, and the callers that wait for another's run."""
        sharing = sum(len(together) - 1 for together in self._in_flight.values() if together[0].kept is kept)
        return self._turns.waiting(kept=kept) + sharing

    def _is_full(self, *, kept: bool) -> bool:
        """Whether no further caller of a kind may wait."""
        others = self._waiting(kept=False)
        return self._waiting(kept=True) + others >= self._most_waiting or (
            not kept and others >= ceil(self._most_waiting / 2)
        )

    def _left(self, submission: Submission) -> None:
        """A caller has gone: if it was the last one of a computation that has not begun, that is dropped."""
        digest = submission.digest
        with self._lock:
            together = self._in_flight.get(digest, [])
            if submission in together[1:]:
                together.remove(submission)
            if digest in self._queued and not self._wanted(digest):
                self._turns.leave(digest)
                del self._queued[digest], self._in_flight[digest]

    def _wanted(self, digest: str) -> bool:
        return any(not each.gone for each in self._in_flight[digest])

    def _begin(self, submission: Submission) -> None:
        if submission.patient:
            self._enqueue(submission)
        else:
            with self._lock:
                self._looking_up[submission.kept] += 1
            self._lookups[submission.kept].submit(submission.context.run, self._look_up, submission)

    def _look_up(self, submission: Submission) -> None:
        try:
            try:
                result = self._stored.result(submission.computation.key)
                if result is None:
                    if self._must_wait(submission):  # an invalid request need not wait for its turn
                        submission.computation.check()
                    self._enqueue(submission)
            finally:
                with self._lock:
                    self._looking_up[submission.kept] -= 1
        except BaseException as error:  # noqa: BLE001 - passed to the caller by the future
            self._failed(submission, error)
        else:
            if result is not None:
                self._telemetry.looked_up("stored")
                self._succeeded(submission, result)

    def _enqueue(self, submission: Submission) -> None:
        expected_seconds = submission.expected_seconds()
        with self._lock:
            if not self._wanted(submission.digest):
                raise ComputationCancelledError("every caller has gone")
            kept = submission.kept
            if not submission.patient and self._turns.must_wait(kept=kept) and self._is_full(kept=kept):
                raise self._overloaded(self._turns.seconds_to_come_back(kept=kept))
            self._turns.enter(submission.digest, expected_seconds, kept=kept)
            self._queued[submission.digest] = submission, perf_counter()
            self._start_next()

    def _must_wait(self, submission: Submission) -> bool:
        with self._lock:
            return self._turns.must_wait(kept=submission.kept)

    def _start_next(self) -> None:
        """Start the runs for which a turn is free."""
        for digest in self._turns.start_next():
            submission, queued_at = self._queued.pop(digest)
            # A copy, since the context may be in use until the look-up returns.
            self._training.submit(submission.context.copy().run, self._compute, submission, queued_at)

    def _compute(self, submission: Submission, queued_at: float) -> None:
        digest, computation, start = submission.digest, submission.computation, perf_counter()
        with stages.record() as waited:
            waited["queue"] = start - queued_at
        self._telemetry.looked_up("miss")
        self._telemetry.waited("queue", start - queued_at)
        try:
            with (
                self._telemetry.run(computation.key.model.partition(" ")[0]),
                stages.record() as seconds,
                stages.watch(Abandonment(lambda: self._is_wanted(digest))),
                stages.watch(Deadline.of(computation, self._run_seconds)),
            ):
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
            self._start_next()

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
