"""Submits and cancels jobs; returns their state and results."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import JobFailedError, NoResultError, UnknownJobError
from sids_service.jobs.job import FINISHED, JobError, JobRecord, Status, is_id
from sids_service.jobs.queue import MessageQueue
from sids_service.jobs.quota import Limits, Quota
from sids_service.jobs.results import stored_result
from sids_service.jobs.store import JobStore, Part, Stored, update
from sids_service.jobs.submitters import asked_again, asked_first, wanted, without
from sids_service.jobs.waiting import OPERATOR

SEND_SECONDS = 5
"""Grace period for the queue message to be sent; matches the `Retry-After` of 503 answers."""


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
    ) -> JobRecord:
        """Submit a job for the computation, or return the existing one of an equal computation.

        A job that was cancelled, failed for a reason other than its request, or lost its result is queued again.

        Args:
            endpoint: name of the handler from which a worker rebuilds the computation.
            model: the endpoint's model.
            computation: what to compute.
            token: with which the submitter may cancel; None for one that never cancels.
            client: who pays for a new job: a short name of letters and digits. An existing job costs nothing.

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
                    return (self._enqueued(mine) if _never_sent(mine.job) else mine).job
                continue  # another process has changed the record
            if stored is None:
                computation.check()
            request = computation.key.request.encode()
            fresh = asked_first(self._fresh(endpoint, model, computation), token, stored.job if stored else None)
            entry = self._quota.admit(job_id, client, len(request), fresh.expected_seconds)
            self._store.keep(Part.REQUEST, job_id, request)
            mine = self._store.create(fresh) if stored is None else self._store.replace(fresh, stored.tag)
            if mine is not None:
                return self._enqueued(mine).job
            self._quota.withdraw(entry)

    def state(self, job_id: str) -> JobRecord:
        """The job's record. Raises UnknownJobError."""
        return self._existing(job_id).job

    def position(self, job: JobRecord) -> int | None:
        """Number of jobs that come before it as of a moment ago; None unless the job is queued."""
        return self._quota.ahead(job.id) if job.status is Status.QUEUED else None

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
                result = stored_result(self._store, job_id)
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

        def change(job: JobRecord) -> JobRecord:
            now = datetime.now(UTC)
            job = without(job, token)
            if job.status in FINISHED or job.cancelling or wanted(job):
                return job
            if job.leased(now):
                return job.model_copy(update={"cancelling": True})
            return job.model_copy(update={"status": Status.CANCELLED, "owner": "", "finished": now})

        self._existing(job_id)
        stored = update(self._store, job_id, change)
        return stored.job if stored else self.state(job_id)

    def expire(self, keep_days: float) -> int:
        """Remove older jobs and results; returns the number of jobs removed."""
        return self._store.expire(datetime.now(UTC) - timedelta(days=keep_days))

    def _fresh(self, endpoint: str, model: str, computation: Computation[BaseModel]) -> JobRecord:
        return JobRecord(
            id=computation.key.digest,
            endpoint=endpoint,
            model=model,
            created=datetime.now(UTC),
            expected_seconds=computation.expected_seconds() if computation.expected_seconds else None,
        )

    def _enqueued(self, stored: Stored) -> Stored:
        """Send the message; returns the updated record."""
        self._queue.put(stored.job.id)
        marked = self._store.replace(stored.job.model_copy(update={"enqueued": True}), stored.tag)
        return marked or self._existing(stored.job.id)

    def _lost_result(self, job: JobRecord) -> bool:
        return job.status is Status.SUCCEEDED and stored_result(self._store, job.id) is None

    def _existing(self, job_id: str) -> Stored:
        stored = self._store.read(job_id) if is_id(job_id) else None
        if stored is None:
            raise UnknownJobError(f"Job {job_id[:40]!r} does not exist; perhaps it has expired")
        return stored


def _never_sent(job: JobRecord) -> bool:
    """Whether the submitting process must have died before it sent the message."""
    age = datetime.now(UTC) - job.created
    return job.status is Status.QUEUED and not job.enqueued and age > timedelta(seconds=SEND_SECONDS)
