"""The record of a job: its state, shared by all processes."""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from sids_core.errors import RequestError

ID = re.compile(r"[0-9a-f]{32}")


class Status(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})


class JobError(BaseModel):
    """The stored error of a request that the data cannot serve.

    Attributes:
        kind: stable name in snake_case.
        message: for people.
        parameter: the faulty parameter; None if the error concerns the request as a whole.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    message: str
    parameter: str | None

    @classmethod
    def of(cls, error: RequestError) -> "JobError":
        """Make the record of an exception."""
        return cls(kind=error.kind, message=str(error), parameter=error.parameter)

    def exception(self) -> RequestError:
        """Restore the exception."""
        return RequestError(self.message, kind=self.kind, parameter=self.parameter)


class JobRecord(BaseModel):
    """The state of a job. Updated by conditional writes of the whole record.

    Attributes:
        id: the digest of the computation's key.
        endpoint: name of the requested endpoint.
        model: name of its model.
        status: the job's state.
        created: when it was submitted.
        enqueued: whether a message for it has been sent to the queue.
        expected_seconds: estimated duration of the computation.
        attempts: number of attempts so far.
        owner: the worker that holds the lease; empty without a lease.
        lease_until: when the lease expires, unless extended; after a failed attempt, until when only the job's own
            message retries it.
        started: when the latest attempt started.
        progress: share of the work done, 0 to 1.
        cancelling: whether a running job is to stop, since everybody who asked for it has cancelled.
        cancellable: whether it stops once all of `submitters` have cancelled; not if others want it, too.
        submitters: digests of the tokens of those who asked for it and have not cancelled.
        withdrawn: digests of the tokens of those who have, the latest ones.
        finished: when it succeeded, failed or was cancelled.
        reason: why it, or the latest attempt, failed.
        error: set if the request itself is at fault.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    endpoint: str
    model: str
    status: Status = Status.QUEUED
    created: datetime
    enqueued: bool = False
    expected_seconds: float | None = None
    attempts: int = 0
    owner: str = ""
    lease_until: datetime | None = None
    started: datetime | None = None
    progress: float = 0.0
    cancelling: bool = False
    cancellable: bool = True
    submitters: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    finished: datetime | None = None
    reason: str = ""
    error: JobError | None = None

    def leased(self, now: datetime) -> bool:
        """Whether an unexpired lease exists."""
        return self.status is Status.RUNNING and self.lease_until is not None and now < self.lease_until

    @property
    def may_succeed(self) -> bool:
        """Whether a finished job can be retried: it was cancelled, or failed for a reason other than its request."""
        return self.status is Status.CANCELLED or (self.status is Status.FAILED and self.error is None)


def is_id(text: str) -> bool:
    """Whether the text has the form of a job id."""
    return ID.fullmatch(text) is not None
