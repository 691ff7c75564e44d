"""The record of a job: what every process that works on it knows of it."""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

ID = re.compile(r"[0-9a-f]{32}")


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})


class Refusal(BaseModel):
    """The error that the request would have been answered with at once: its HTTP status and body."""

    model_config = ConfigDict(frozen=True)

    status: int
    body: str


class Job(BaseModel):
    """The state of a job. Changed by replacing it as a whole, on the condition that nobody else has meanwhile.

    Attributes:
        id: the digest of the run's key.
        endpoint: name of the function whose answer is wanted.
        model: name of its model.
        status: where it stands.
        created: when it was asked for.
        enqueued: whether a message in the queue stands for it.
        ahead: messages in the queue when it was asked for.
        expected_seconds: how long it is expected to compute.
        attempts: how often a worker has begun with it.
        owner: the worker that has it; empty where none does.
        lease_until: when its owner is taken for dead, unless it extends this time.
        started: when its owner began.
        progress: done share, 0 to 1.
        cancelling: whether its owner has been asked to stop.
        finished: when it ended, in whichever way.
        reason: why it failed, or why the last attempt did.
        refusal: set where the request itself is at fault.
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
    refusal: Refusal | None = None

    def owned(self, now: datetime) -> bool:
        """Whether a worker has it that is taken to be alive."""
        return self.status is Status.RUNNING and self.lease_until is not None and now < self.lease_until

    @property
    def may_succeed(self) -> bool:
        """Whether it is worth another try after it ended: it was cancelled, or failed by no fault of the request."""
        return self.status is Status.CANCELLED or (self.status is Status.FAILED and self.refusal is None)


def is_id(text: str) -> bool:
    """Whether this could be the id of a job."""
    return ID.fullmatch(text) is not None
