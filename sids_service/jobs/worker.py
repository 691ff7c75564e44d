"""Runs jobs: each by one worker, even if several receive its message; retried if a worker dies."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from sids_core.errors import DataUnavailableError, RequestError, SidsError
from sids_core.stages import watch
from sids_service.disclosure import public_message
from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import (
    ComputationCancelledError,
    LeaseLostError,
    StillRunningError,
    StoreUnavailableError,
)
from sids_service.jobs.executor import Executor
from sids_service.jobs.job import FINISHED, JobError, JobRecord, Status, is_id
from sids_service.jobs.lease import Lease
from sids_service.jobs.queue import MessageQueue
from sids_service.jobs.store import JobStore, Part, Stored, update
from sids_service.telemetry.telemetry import OFF, Telemetry

MAX_FAILURES, MAX_ATTEMPTS = 5, 10
"""Attempts after which a job fails: if the last one failed, and if its worker died, which may be another's fault. Those
that the storage ends do not count."""

logger = logging.getLogger(__name__)


class JobHandler(Protocol):
    """An endpoint whose responses can be computed as jobs."""

    def computation(self, request: bytes) -> Computation[BaseModel]:
        """Rebuild the computation from a request in canonical JSON.

        Raises:
            RequestError: the data cannot serve the request.
            pydantic.ValidationError: the request is not valid, for example after a change of the service.
        """

    def refresh(self) -> str:
        """Look for a newer dataset now; returns the version of the one that is served."""


class Worker:
    """Runs the jobs of the endpoints with a handler, one call per message."""

    def __init__(
        self,
        store: JobStore,
        queue: MessageQueue,
        executor: Executor,
        handlers: Mapping[str, JobHandler],
        lease_seconds: float,
        telemetry: Telemetry = OFF,
    ) -> None:
        self._store = store
        self._queue = queue
        self._executor = executor
        self._handlers = handlers
        self._lease_seconds = lease_seconds
        self._telemetry = telemetry

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
        with self._telemetry.job(claimed.job):
            return self._run_claimed(claimed)

    def _run_claimed(self, claimed: Stored) -> JobRecord | None:
        job_id = claimed.job.id
        lease = Lease(self._store, claimed, self._lease_seconds)
        logger.info("job %s of %s: attempt %d", job_id, claimed.job.endpoint, claimed.job.attempts)
        try:
            status, changes = self._attempt(lease)
        except LeaseLostError as error:
            logger.warning("%s", error)
            return None
        except (StoreUnavailableError, DataUnavailableError):
            lease.release(Status.QUEUED, attempts=claimed.job.attempts - 1)
            raise
        except SidsError as error:
            logger.warning("job %s: %s", job_id, error)
            lease.release(Status.QUEUED, reason=public_message(error))
            raise
        except Exception:
            error_id = uuid4().hex
            logger.exception("error %s", error_id)
            reason = f"The service failed; its log has the details under the error id {error_id}"
            lease.release(Status.QUEUED, reason=reason)
            raise
        job = lease.release(status, **changes)
        logger.info("job %s %s", job_id, job.status)
        if job.status in FINISHED:
            self._telemetry.ended(job.status)
        return job

    def give_up(self, job_id: str) -> None:
        """Fail the job of a message that was received too often, if its attempts are used up; else send a new one.

        A message is also received in vain while another worker has the job, or the storage fails. Nothing is done for a
        job that has finished or is leased.
        """

        def fail(stored: Stored) -> JobRecord:
            waits = stored.job.status not in FINISHED and not stored.leased
            return _failed(stored.job) if waits and _used_up(stored.job) else stored.job

        stored = update(self._store, job_id, fail) if is_id(job_id) else None
        if stored is None:
            logger.error("message of no known job: %.80r", job_id)
        elif stored.job.status is Status.FAILED:
            logger.error("job %s is given up: %s", job_id, stored.job.reason)
        elif stored.job.status not in FINISHED and not stored.leased:
            self._queue.put(job_id)

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
        posed = {"answered_version": job.dataset_version}
        try:
            with lease.heartbeats():
                computation = _as_submitted(handler, request, job)
                if computation is None:
                    posed["answered_version"] = handler.refresh() if job.dataset_version else ""
                    computation = _computation(handler, request)
                    posed = {"answered_version": computation.key.version, "result_id": computation.key.digest}
                self._store.keep(Part.RESULT, computation.key.digest, self._result(computation, lease))
        except ComputationCancelledError:
            return Status.CANCELLED, {}
        except RequestError as error:
            return Status.FAILED, {"reason": str(error), "error": JobError.of(error), **posed}
        except _InvalidRequestError as error:
            return Status.FAILED, {"reason": str(error)}
        return Status.SUCCEEDED, {"progress": 1.0, "reason": "", **posed}

    def _result(self, computation: Computation[BaseModel], lease: Lease) -> bytes:
        lease.follow(computation.stages)
        with watch(lease):
            result, _ = self._executor.submit(computation, patient=True).result()
        return result

    def _claim(self, job_id: str) -> Stored | None:
        owner = uuid4().hex

        def take(stored: Stored) -> JobRecord:
            job = stored.job
            if job.status in FINISHED or job.owner == owner or stored.leased:
                return job
            if _used_up(job):
                return _failed(job)
            return job.model_copy(
                update={
                    "status": Status.RUNNING,
                    "enqueued": True,
                    "owner": owner,
                    "lease_seconds": self._lease_seconds,
                    "started": datetime.now(UTC),
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


def _as_submitted(handler: JobHandler, request: bytes, job: JobRecord) -> Computation[BaseModel] | None:
    """The computation that the job was submitted for; None if the dataset or the service is another one."""
    with suppress(RequestError):
        computation = _computation(handler, request)
        if computation.key.digest == job.id:
            return computation
    return None


def _used_up(job: JobRecord) -> bool:
    return job.attempts >= (MAX_FAILURES if job.reason else MAX_ATTEMPTS)


def _failed(job: JobRecord) -> JobRecord:
    died = f"{job.attempts} attempts ended without an error: workers killed, or out of memory"
    changes = {"status": Status.FAILED, "finished": datetime.now(UTC), "owner": "", "reason": job.reason or died}
    return job.model_copy(update=changes)


def _computation(handler: JobHandler, request: bytes) -> Computation[BaseModel]:
    try:
        return handler.computation(request)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in details)
        raise _InvalidRequestError(f"The stored request is no longer valid: {faults}") from error


class _InvalidRequestError(Exception):
    """The stored request is no longer valid."""
