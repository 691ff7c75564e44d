"""The record of a job: its state, as every process that works on it sees it."""

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
    """The error of a request that the data cannot serve.

    Attributes:
        kind: a stable name in snake_case.
        message: for people.
        parameter: the faulty parameter; None where the request as a whole is at fault.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    message: str
    parameter: str | None

    @classmethod
    def of(cls, error: RequestError) -> "JobError":
        """What is stored of an exception."""
        return cls(kind=error.kind, message=str(error), parameter=error.parameter)

    def exception(self) -> RequestError:
        """The exception again."""
        return RequestError(self.message, kind=self.kind, parameter=self.parameter)


class JobRecord(BaseModel):
    """The state of a job. Changed by replacing it as a whole, on the condition that nothing else has meanwhile.

    Attributes:
        id: the digest of the computation's key.
        endpoint: name of the function whose answer is requested.
        model: name of its model.
        status: the job's state.
        created: when it was submitted.
        enqueued: whether a message for it has been sent to the queue.
        ahead: messages in the queue when it was submitted.
        expected_seconds: estimated duration of the computation.
        attempts: number of times a worker has started it.
        owner: the worker that holds the lease; empty where none does.
        lease_until: when the lease expires, unless the owner extends it.
        started: when its owner started it.
        progress: share done, 0 to 1.
        cancelling: whether its owner has been asked to stop.
        finished: when it succeeded, failed or was cancelled.
        reason: why it failed, or why the last attempt did.
        error: set where the request itself is at fault.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    endpoint: str
    model: str
    status: Status = Status.QUEUED
    created: datetime
    enqueued: bool = False
    ahead: int = 0
    expected_seconds: float | None = None
    attempts: int = 0
    owner: str = ""
    lease_until: datetime | None = None
    started: datetime | None = None
    progress: float = 0.0
    cancelling: bool = False
    finished: datetime | None = None
    reason: str = ""
    error: JobError | None = None

    def leased(self, now: datetime) -> bool:
        """Whether a worker holds a lease that has not expired."""
        return self.status is Status.RUNNING and self.lease_until is not None and now < self.lease_until

    @property
    def may_succeed(self) -> bool:
        """Whether a finished job is worth another try: it was cancelled, or failed by no fault of the request."""
        return self.status is Status.CANCELLED or (self.status is Status.FAILED and self.error is None)


def is_id(text: str) -> bool:
    """Whether this could be the id of a job."""
    return ID.fullmatch(text) is not None
