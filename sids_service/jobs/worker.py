"""Runs jobs: each by one worker, even if several receive its message; retried if a worker dies."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from sids_core.errors import RequestError, SidsError
from sids_core.stages import watch
from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import (
    ComputationCancelledError,
    DatasetChangedError,
    LeaseLostError,
    StillRunningError,
)
from sids_service.jobs.executor import Executor
from sids_service.jobs.job import FINISHED, JobError, JobRecord, Status, is_id
from sids_service.jobs.lease import Lease
from sids_service.jobs.store import JobStore, Part, Stored, update

logger = logging.getLogger(__name__)


class JobHandler(Protocol):
    """An endpoint whose responses can be computed as jobs."""

    def computation(self, request: bytes) -> Computation[BaseModel]:
        """Rebuild the computation from a request in canonical JSON.

        Raises:
            RequestError: the data cannot serve the request.
            pydantic.ValidationError: the request is not valid, for example after a change of the service.
        """


class Worker:
    """Runs the jobs of the endpoints with a handler, one call per message."""

    def __init__(
        self, store: JobStore, executor: Executor, handlers: Mapping[str, JobHandler], lease_seconds: float
    ) -> None:
        self._store = store
        self._executor = executor
        self._handlers = handlers
        self._lease_seconds = lease_seconds

    def work(self, job_id: str) -> JobRecord | None:
        """Run a job.

        Returns:
            Its record if it was run to its end here; None if it had ended before, or went over to another worker.

        Raises:
            StillRunningError: another worker holds the lease; keep the message, since that worker may die.
            Exception: the attempt failed; keep the message for a retry.
        """
        while (job := self._run(job_id)) is not None and job.status is Status.QUEUED:
            logger.info("job %s was asked for again while it stopped", job_id)
        return job

    def _run(self, job_id: str) -> JobRecord | None:
        """The record after the attempt: `QUEUED` if the job is to be run once more; None if it was not run."""
        claimed = self._claim(job_id)
        if claimed is None:
            return None
        lease = Lease(self._store, claimed, self._lease_seconds)
        logger.info("job %s of %s: attempt %d", job_id, claimed.job.endpoint, claimed.job.attempts)
        try:
            status, changes = self._attempt(lease)
        except LeaseLostError as error:
            logger.warning("%s", error)
            return None
        except SidsError as error:
            lease.release(Status.QUEUED, reason=str(error), lease_until=self._next_try())
            raise
        except Exception:
            error_id = uuid4().hex
            logger.exception("error %s", error_id)
            reason = f"The service failed; its log has the details under the error id {error_id}"
            lease.release(Status.QUEUED, reason=reason, lease_until=self._next_try())
            raise
        job = lease.release(status, **changes)
        logger.info("job %s %s", job_id, job.status)
        return job

    def _next_try(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._lease_seconds)

    def give_up(self, job_id: str) -> None:
        """Fail the job of a message that was received too often, unless it has finished or is leased."""

        def fail(job: JobRecord) -> JobRecord:
            now = datetime.now(UTC)
            if job.status in FINISHED or job.leased(now):
                return job
            died = f"{job.attempts} attempts ended without an error: workers killed, or out of memory"
            changes = {"status": Status.FAILED, "finished": now, "owner": "", "reason": job.reason or died}
            return job.model_copy(update=changes)

        stored = update(self._store, job_id, fail) if is_id(job_id) else None
        if stored is None:
            logger.error("message of no known job: %.80r", job_id)
        else:
            logger.error("job %s is given up: %s", job_id, stored.job.reason)

    def _attempt(self, lease: Lease) -> tuple[Status, dict[str, Any]]:
        """The job's new status, and the other changes of its record."""
        job = lease.job
        if job.cancelling:
            return Status.CANCELLED, {}
        handler = self._handlers.get(job.endpoint)
        if handler is None:
            served = ", ".join(self._handlers) or "none"
            reason = f"The worker serves {served}, not {job.endpoint}: check MODEL_SERVICE and JOBS_QUEUE"
            return Status.FAILED, {"reason": reason}
        request = self._store.content(Part.REQUEST, job.id)
        if request is None:
            return Status.FAILED, {"reason": "The stored request has expired"}
        try:
            with lease.heartbeats():
                self._store.keep(Part.RESULT, job.id, self._result(handler, request, lease))
        except ComputationCancelledError:
            return Status.CANCELLED, {}
        except RequestError as error:
            return Status.FAILED, {"reason": str(error), "error": JobError.of(error)}
        except _InvalidRequestError as error:
            return Status.FAILED, {"reason": str(error)}
        return Status.SUCCEEDED, {"progress": 1.0, "reason": ""}

    def _result(self, handler: JobHandler, request: bytes, lease: Lease) -> bytes:
        try:
            computation = handler.computation(request)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            faults = "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in details)
            raise _InvalidRequestError(f"The stored request is no longer valid: {faults}") from error
        if computation.key.digest != lease.job.id:
            raise DatasetChangedError("the dataset or the service has changed since; submit the request again")
        lease.follow(computation.stages)
        with watch(lease):
            result, _ = self._executor.submit(computation, patient=True).result()
        return result

    def _claim(self, job_id: str) -> Stored | None:
        owner = uuid4().hex

        def take(job: JobRecord) -> JobRecord:
            now = datetime.now(UTC)
            if job.status in FINISHED or job.owner == owner or job.leased(now):
                return job
            return job.model_copy(
                update={
                    "status": Status.RUNNING,
                    "enqueued": True,
                    "owner": owner,
                    "lease_until": now + timedelta(seconds=self._lease_seconds),
                    "started": now,
                    "attempts": job.attempts + 1,
                    "progress": 0.0,
                }
            )

        stored = update(self._store, job_id, take) if is_id(job_id) else None
        if stored is None:
            logger.error("message of no known job: %.80r", job_id)
            return None
        if stored.job.status in FINISHED:
            return None
        if stored.job.owner != owner:
            raise StillRunningError(f"job {job_id} is being computed by another worker")
        return stored


class _InvalidRequestError(Exception):
    """The stored request is no longer valid."""
