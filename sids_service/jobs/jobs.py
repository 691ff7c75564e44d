"""Asking for jobs, and what has become of them."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from sids_service.jobs.errors import JobFailedError, NoResultError, UnknownJobError
from sids_service.jobs.job import FINISHED, Job, Refusal, Status, is_id
from sids_service.jobs.messages import MessageQueue
from sids_service.jobs.run import Run
from sids_service.jobs.store import JobStore, Part, Stored, update

SEND_SECONDS = 5
"""By then a message has been sent; a client whose request failed in between is told to ask again no sooner."""


class Jobs:
    """The jobs of every process that shares the store and the queue."""

    def __init__(self, store: JobStore, queue: MessageQueue) -> None:
        self._store = store
        self._queue = queue

    def submit(self, endpoint: str, model: str, run: Run[BaseModel]) -> Job:
        """The job of the run: a new one, or the one there is of an equal run.

        One that was cancelled, or failed by no fault of its request, is queued again.

        Args:
            endpoint: name of the task that a worker makes the run from again.
            model: the endpoint's model.
            run: what is asked for.

        Raises:
            SidsError: what the run's check raises; nothing is queued then.
            StoreUnavailableError: nobody can tell whether it is queued; ask again.
        """
        job_id = run.key.digest
        stored = self._store.read(job_id)
        if stored is None:
            run.check()
            self._store.keep(Part.REQUEST, job_id, run.key.request.encode())
            mine = self._store.create(self._fresh(endpoint, model, run))
        elif stored.job.may_succeed:
            self._store.keep(Part.REQUEST, job_id, run.key.request.encode())
            mine = self._store.replace(self._fresh(endpoint, model, run), stored.tag)
        else:
            mine = stored if _forgotten(stored.job) else None
        return self._enqueued(mine).job if mine else self.state(job_id)

    def state(self, job_id: str) -> Job:
        """The job's record. Raises UnknownJobError."""
        return self._known(job_id).job

    def position(self, job: Job) -> int | None:
        """At most so many jobs come first, by the queue's rough count; None where it does not wait."""
        if job.status is not Status.QUEUED:
            return None
        return max(0, min(job.ahead, self._queue.length() - 1))

    def result(self, job_id: str) -> bytes | Refusal:
        """The result as JSON, or the error that the request is answered with.

        Raises:
            UnknownJobError: there is no such job, or its result has expired.
            NoResultError: it has not finished, or was cancelled.
            JobFailedError: it failed by no fault of the request.
        """
        job = self.state(job_id)
        match job.status:
            case Status.SUCCEEDED:
                result = self._store.content(Part.RESULT, job_id)
                if result is None:
                    raise UnknownJobError(f"The result of job {job_id} has expired; ask again")
                return result
            case Status.FAILED if job.refusal:
                return job.refusal
            case Status.FAILED:
                raise JobFailedError(job.reason)
            case Status.CANCELLED:
                raise NoResultError(f"Job {job_id} was cancelled; ask again to have it computed", kind="job_cancelled")
            case _:
                raise NoResultError(f"Job {job_id} is {job.status}; its result is not there yet", kind="job_unfinished")

    def cancel(self, job_id: str) -> Job:
        """Want the job no more: a queued one is never begun, a running one is asked to stop, an ended one stays.

        Raises:
            UnknownJobError: there is no such job.
        """

        def change(job: Job) -> Job:
            now = datetime.now(UTC)
            if job.status in FINISHED or job.cancelling:
                return job
            if job.owned(now):
                return job.model_copy(update={"cancelling": True})
            return job.model_copy(update={"status": Status.CANCELLED, "owner": "", "finished": now})

        self._known(job_id)
        stored = update(self._store, job_id, change)
        return stored.job if stored else self.state(job_id)

    def expire(self, keep_days: float) -> int:
        """Remove jobs and results that are older; how many."""
        return self._store.expire(datetime.now(UTC) - timedelta(days=keep_days))

    def _fresh(self, endpoint: str, model: str, run: Run[BaseModel]) -> Job:
        return Job(
            id=run.key.digest,
            endpoint=endpoint,
            model=model,
            created=datetime.now(UTC),
            ahead=self._queue.length(),
            expected_seconds=run.expected_seconds() if run.expected_seconds else None,
        )

    def _enqueued(self, stored: Stored) -> Stored:
        """With a message in the queue."""
        self._queue.put(stored.job.id)
        marked = self._store.replace(stored.job.model_copy(update={"enqueued": True}), stored.tag)
        return marked or self._known(stored.job.id)

    def _known(self, job_id: str) -> Stored:
        stored = self._store.read(job_id) if is_id(job_id) else None
        if stored is None:
            raise UnknownJobError(f"There is no job {job_id[:40]!r}; perhaps it has expired")
        return stored


def _forgotten(job: Job) -> bool:
    """Whether the process that stored it must have died before it sent the message."""
    age = datetime.now(UTC) - job.created
    return job.status is Status.QUEUED and not job.enqueued and age > timedelta(seconds=SEND_SECONDS)
