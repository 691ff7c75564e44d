"""Doing a job: once, however many workers get its message, and again where a worker died."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sids_core.errors import SidsError
from sids_core.stages import watch
from sids_service.jobs.errors import LeaseLostError, OtherDataError, RunCancelledError, StillRunningError
from sids_service.jobs.job import FINISHED, Job, Status, is_id
from sids_service.jobs.lease import Lease
from sids_service.jobs.runs import Runs
from sids_service.jobs.store import JobStore, Part, Stored, update
from sids_service.jobs.task import Task

logger = logging.getLogger(__name__)


class Worker:
    """Works on the jobs of the tasks it knows, one call a message."""

    def __init__(self, store: JobStore, runs: Runs, tasks: Mapping[str, Task], lease_seconds: float) -> None:
        self._store = store
        self._runs = runs
        self._tasks = tasks
        self._lease_seconds = lease_seconds

    def work(self, job_id: str) -> None:
        """Do the job of a message, which is done with when this returns.

        Raises:
            StillRunningError: another worker has it; the message should come again, since that one may die.
            Exception: the attempt failed, and the message should come again.
        """
        claimed = self._claim(job_id)
        if claimed is None:
            return
        lease = Lease(self._store, claimed, self._lease_seconds)
        logger.info("job %s of %s: attempt %d", job_id, claimed.job.endpoint, claimed.job.attempts)
        try:
            status, changes = self._outcome(lease)
        except LeaseLostError as error:
            logger.warning("%s", error)
            return
        except SidsError as error:
            lease.end(Status.QUEUED, reason=str(error))
            raise
        except Exception:
            error_id = uuid4().hex
            logger.exception("error %s", error_id)
            lease.end(
                Status.QUEUED, reason=f"The service failed; its log has the details under the error id {error_id}"
            )
            raise
        lease.end(status, **changes)
        logger.info("job %s %s", job_id, status)

    def give_up(self, job_id: str) -> None:
        """End the job as failed whose message came too often; nothing where it has ended, or a worker is at it."""

        def fail(job: Job) -> Job:
            now = datetime.now(UTC)
            if job.status in FINISHED or job.owned(now):
                return job
            silent = f"{job.attempts} workers ended while they computed it, without a word: killed, or out of memory"
            changes = {"status": Status.FAILED, "finished": now, "owner": "", "reason": job.reason or silent}
            return job.model_copy(update=changes)

        stored = update(self._store, job_id, fail) if is_id(job_id) else None
        if stored is None:
            logger.error("a message that is no job's: %.80r", job_id)
        else:
            logger.error("job %s is given up: %s", job_id, stored.job.reason)

    def _outcome(self, lease: Lease) -> tuple[Status, dict[str, Any]]:
        if lease.job.cancelling:
            return Status.CANCELLED, {}
        job = lease.job
        task = self._tasks.get(job.endpoint)
        if task is None:
            served = ", ".join(self._tasks) or "none"
            reason = f"Its worker serves {served}, not {job.endpoint}: MODEL_SERVICE and JOBS_QUEUE do not fit together"
            return Status.FAILED, {"reason": reason}
        request = self._store.content(Part.REQUEST, job.id)
        if request is None:
            return Status.FAILED, {"reason": "Its request has expired"}
        try:
            with lease.kept_up():
                run = task.run(request)
                if run.key.digest != job.id:
                    raise OtherDataError("the dataset or the service has changed since this was asked; ask again")
                lease.follow(run.stages)
                with watch(lease):
                    result = self._runs.for_job(run)
                self._store.keep(Part.RESULT, job.id, result)
        except RunCancelledError:
            return Status.CANCELLED, {}
        except SidsError as error:
            refusal = task.refusal(error)
            if refusal is None:
                raise
            return Status.FAILED, {"reason": str(error), "refusal": refusal}
        return Status.SUCCEEDED, {"progress": 1.0, "reason": ""}

    def _claim(self, job_id: str) -> Stored | None:
        owner = uuid4().hex

        def take(job: Job) -> Job:
            now = datetime.now(UTC)
            if job.status in FINISHED or job.owner == owner or job.owned(now):
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
            logger.error("a message that is no job's: %.80r", job_id)
            return None
        if stored.job.status in FINISHED:
            return None
        if stored.job.owner != owner:
            raise StillRunningError(f"job {job_id} is being computed by another worker")
        return stored
