"""Submits and cancels jobs; returns their state and results."""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import JobFailedError, NoResultError, StoreUnavailableError, UnknownJobError
from sids_service.jobs.job import FINISHED, JobError, JobRecord, Status, is_id
from sids_service.jobs.queue import MessageQueue
from sids_service.jobs.quota import Limits, Quota, has_ended
from sids_service.jobs.results import stored_result
from sids_service.jobs.store import JobStore, Part, Stored, update
from sids_service.jobs.submitters import asked_again, asked_first, wanted, without
from sids_service.jobs.waiting import OPERATOR

MOST_READ = 100
"""Running jobs are among the first in turn: as many are looked for."""

logger = logging.getLogger(__name__)


class JobService:
    """The jobs of every process that shares the store and the queue, within the limits."""

    def __init__(self, store: JobStore, queue: MessageQueue, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._store = store
        self._queue = queue
        self._quota = Quota(store, limits)

    def submit(
        self,
        endpoint: str,
        model: str,
        computation: Computation[BaseModel],
        token: str | None = None,
        client: str = OPERATOR,
        trace_context: str = "",
    ) -> JobRecord:
        """Submit a job for the computation, or return the existing one of an equal computation.

        A job that was cancelled, failed for a reason other than its request, was answered with other data, or lost its
        result is queued again. A waiting job whose message may not have been sent gets one: a second one is harmless.

        Args:
            endpoint: name of the handler from which a worker rebuilds the computation.
            model: the endpoint's model.
            computation: what to compute.
            token: with which the submitter may cancel; None for one that never cancels.
            client: who pays for a new job: a short name of letters and digits. An existing job costs nothing.
            trace_context: of the request, which a new job continues.

        Raises:
            SidsError: the computation's check fails; nothing is queued.
            TooManyJobsError: the client has as many waiting jobs as it may have.
            OverloadedError: all clients together have.
            StoreUnavailableError: it is unknown whether the job was queued; submit it again.
        """
        job_id = computation.key.digest
        while True:
            stored = self._store.read(job_id)
            if stored is not None and not stored.job.may_succeed and not self._lost_result(stored.job):
                if stored.job.status is Status.QUEUED:
                    self._quota.join(job_id, client)
                joined = asked_again(stored.job, token)
                mine = stored if joined is stored.job else self._store.replace(joined, stored.tag)
                if mine is not None:
                    return self._sent_if_possible(mine).job
                continue  # another process has changed the record
            if stored is None:
                computation.check()
            content = computation.key.content
            job = self._fresh(endpoint, model, computation).model_copy(update={"trace_context": trace_context})
            fresh = asked_first(job, token, stored.job if stored else None)
            entry = self._quota.admit(job_id, client, len(content), fresh.expected_seconds)
            self._store.keep(Part.REQUEST, job_id, content)
            mine = self._store.create(fresh) if stored is None else self._store.replace(fresh, stored.tag)
            mine = mine or self._if_written(fresh)
            if mine is not None:
                return self._sent_if_possible(mine).job
            self._quota.withdraw(entry)

    def state(self, job_id: str) -> JobRecord:
        """The job's record; sends its message if that may not have been done. Raises UnknownJobError."""
        return self._sent_if_possible(self._existing(job_id)).job

    def unfinished(self) -> dict[Status, int]:
        """Number of jobs that wait and that run; of the records, the first `MOST_READ` in turn are read.

        Raises:
            StoreUnavailableError: they are unknown.
        """
        jobs = list(dict.fromkeys(entry.job_id for entry in sorted(self._store.waiting())))
        running = sum((stored := self._store.read(job_id)) is not None and stored.leased for job_id in jobs[:MOST_READ])
        return {Status.QUEUED: len(jobs) - running, Status.RUNNING: running}

    def sweep(self) -> int:
        """Send the messages that waiting jobs should have and that the queue lacks; returns their number.

        Every unfinished job has a message, so that a queue with fewer messages than there are jobs has lost some: of
        the oldest ones, if jobs are done roughly in order. A message too many finds its job done, and is deleted. While
        one hides that another job's is lost, the queue is not empty; a later sweep finds that job.
        """
        for job_id in self._store.unlisted():
            self._quota.relist(job_id)
        entries = sorted(self._store.waiting(), key=lambda entry: entry.microseconds)
        unfinished = {entry.job_id: entry for entry in entries}
        lost = len(unfinished) - self._queue.length() if unfinished else 0
        sent = 0
        for job_id, entry in unfinished.items():
            if sent >= lost:
                break
            stored = self._store.read(job_id)
            if stored is None or stored.job.status in FINISHED:  # without a record, it is about to be written
                lost -= 1
                if has_ended(entry, stored.job if stored else None):
                    self._store.leave(entry)
            elif not stored.leased:
                self._sent(stored)
                sent += 1
        if sent:
            logger.warning("%d messages of waiting jobs were missing and have been sent", sent)
        return sent

    def position(self, job: JobRecord) -> int | None:
        """Number of jobs that come before it as of a moment ago; None if unknown, or unless the job is queued."""
        with suppress(StoreUnavailableError):
            return self._quota.ahead(job.id) if job.status is Status.QUEUED else None
        return None

    def result(self, job_id: str) -> bytes | JobError:
        """The result as JSON, or the error of a request that the data cannot serve.

        Raises:
            UnknownJobError: the job does not exist, or its result is gone.
            NoResultError: the job has not finished, or was cancelled.
            JobFailedError: the job failed for a reason other than its request.
        """
        job = self.state(job_id)
        match job.status:
            case Status.SUCCEEDED:
                result = stored_result(self._store, job.result_id or job_id)
                if result is None:
                    raise UnknownJobError(f"The result of job {job_id} is gone; submit the request again")
                return result
            case Status.FAILED if job.error:
                return job.error
            case Status.FAILED:
                raise JobFailedError(job.reason)
            case Status.CANCELLED:
                raise NoResultError(f"Job {job_id} was cancelled; submit the request again", kind="job_cancelled")
            case _:
                raise NoResultError(f"Job {job_id} is {job.status}; it has no result yet", kind="job_unfinished")

    def cancel(self, job_id: str, token: str | None) -> JobRecord:
        """Withdraw the token's submitter; the job stops when all have cancelled.

        A queued job then never starts, a running one stops at the end of its current stage, and a finished one is
        unchanged. Repeating a cancellation has no further effect.

        Raises:
            UnknownJobError: the job does not exist.
            NotSubmittedError: no token, or not one of this job.
        """

        def change(stored: Stored) -> JobRecord:
            job = without(stored.job, token)
            if job.status in FINISHED or job.cancelling or wanted(job):
                return job
            if stored.leased:
                return job.model_copy(update={"cancelling": True})
            return job.model_copy(update={"status": Status.CANCELLED, "owner": "", "finished": datetime.now(UTC)})

        self._existing(job_id)
        stored = update(self._store, job_id, change)
        return stored.job if stored else self.state(job_id)

    def expire(self, keep_days: float, most_bytes: int) -> int:
        """Remove older jobs and results, then the oldest requests and results while all together are too large.

        Those of jobs that wait or run do not make room. A job without its result is computed again when asked for.

        Args:
            keep_days: days to keep a job after its last change.
            most_bytes: bytes of all requests and results that are kept.

        Returns:
            The number of jobs removed.
        """
        removed = self._store.expire(datetime.now(UTC) - timedelta(days=keep_days))
        contents = sorted(self._store.contents())
        needed = {entry.job_id for entry in self._store.waiting()}
        excess = sum(content.size for content in contents) - most_bytes
        for content in contents:
            if excess <= 0:
                break
            if content.job_id not in needed:
                self._store.discard(content)
                excess -= content.size
        return removed

    def _fresh(self, endpoint: str, model: str, computation: Computation[BaseModel]) -> JobRecord:
        return JobRecord(
            id=computation.key.digest,
            endpoint=endpoint,
            model=model,
            created=datetime.now(UTC),
            dataset_version=computation.key.version,
            expected_seconds=computation.expected_seconds() if computation.expected_seconds else None,
        )

    def _sent(self, stored: Stored) -> Stored:
        """Send the message; returns the updated record."""
        self._queue.put(stored.job.id)
        if not stored.job.unsent:
            return stored
        try:
            marked = self._store.replace(stored.job.model_copy(update={"enqueued": True}), stored.tag)
        except StoreUnavailableError as error:  # it will run, and somebody will send a second message
            logger.warning("job %s is not marked as sent: %s", stored.job.id, error)
            return stored
        return marked or self._existing(stored.job.id)

    def _if_written(self, job: JobRecord) -> Stored | None:
        """The record, if it is the one that was to be written: then the storage's answer was lost.

        A worker may have changed it since.
        """
        stored = self._store.read(job.id)
        return stored if stored is not None and stored.job.created == job.created else None

    def _sent_if_possible(self, stored: Stored) -> Stored:
        """Send the message if that may not have been done; a sweep does it if the queue cannot be used."""
        if stored.job.unsent:
            try:
                return self._sent(stored)
            except StoreUnavailableError as error:
                logger.warning("the message of job %s is still to be sent: %s", stored.job.id, error)
        return stored

    def _lost_result(self, job: JobRecord) -> bool:
        return job.status is Status.SUCCEEDED and stored_result(self._store, job.result_id or job.id) is None

    def _existing(self, job_id: str) -> Stored:
        stored = self._store.read(job_id) if is_id(job_id) else None
        if stored is None:
            raise UnknownJobError(f"Job {job_id[:40]!r} does not exist; perhaps it has expired")
        return stored
