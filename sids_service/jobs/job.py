"""The record of a job: its state, shared by all processes."""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from sids_core.errors import RequestError
from sids_service.jobs.errors import DeadlineExceededError

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
        dataset_version: version of the dataset for which it was submitted; empty if no data is used.
        owner: the worker that holds the lease; empty without a lease.
        lease_seconds: how long after its last change the record is its owner's, by the clock of the store; after a
            failed attempt, how long only the job's own message retries it.
        started: when the latest attempt started.
        progress: share of the work done, 0 to 1.
        cancelling: whether a running job is to stop, since everybody who asked for it has cancelled.
        cancellable: whether it stops once all of `submitters` have cancelled; not if others want it, too.
        submitters: digests of the tokens of those who asked for it and have not cancelled.
        withdrawn: digests of the tokens of those who have, the latest ones.
        finished: when it succeeded, failed or was cancelled.
        reason: why it, or the latest attempt, failed.
        error: set if the request itself is at fault.
        answered_version: version of the dataset with which it ended.
        result_id: name of the stored result, if it is not the job's: the dataset or the service had changed.
        trace_context: W3C `traceparent` of the request that submitted it, whose trace it continues; empty without one.
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
    dataset_version: str = ""
    owner: str = ""
    lease_seconds: float = 0.0
    started: datetime | None = None
    progress: float = 0.0
    cancelling: bool = False
    cancellable: bool = True
    submitters: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    finished: datetime | None = None
    reason: str = ""
    error: JobError | None = None
    answered_version: str = ""
    result_id: str = ""
    trace_context: str = ""

    @property
    def may_succeed(self) -> bool:
        """Whether a finished job can be retried: cancelled, failed for another reason than its request, posed anew.

        A run that was given up after too long may have shared the processor with others.
        """
        if self.status is Status.FAILED and (self.error is None or self.error.kind == DeadlineExceededError.KIND):
            return True
        return self.status is Status.CANCELLED or (self.status in FINISHED and self.posed_anew)

    @property
    def unsent(self) -> bool:
        """Whether it waits, and perhaps no message has been sent."""
        return self.status is Status.QUEUED and not self.enqueued

    @property
    def posed_anew(self) -> bool:
        """Whether it ended with another version of the dataset, or of the service, than it was submitted for."""
        other_data = bool(self.answered_version) and self.answered_version != self.dataset_version
        return other_data or self.result_id not in ("", self.id)


def is_id(text: str) -> bool:
    """Whether the text has the form of a job id."""
    return ID.fullmatch(text) is not None
