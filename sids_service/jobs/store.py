"""Where jobs are kept: what a folder and a Blob container have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sids_service.jobs.job import Job


class Part(StrEnum):
    """What is kept of a job beside its record; bytes that are written once."""

    REQUEST = "requests"
    RESULT = "results"


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read or written; the tag names this state of it."""

    job: Job
    tag: str


class JobStore(Protocol):
    """Records, requests and results by the job's id. Every method may raise StoreUnavailableError."""

    def create(self, job: Job) -> Stored | None:
        """Store a new record; None where there is one already, which stays."""

    def read(self, job_id: str) -> Stored | None:
        """The record; None where there is none."""

    def replace(self, job: Job, tag: str) -> Stored | None:
        """Store the record in place of that with the tag; None where it is not that any more."""

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        """Store a request or a result."""

    def content(self, part: Part, job_id: str) -> bytes | None:
        """A request or a result; None where there is none."""

    def expire(self, before: datetime) -> int:
        """Remove what was last changed before that time; the number of jobs removed."""


def update(store: JobStore, job_id: str, change: Callable[[Job], Job]) -> Stored | None:
    """Change a record, again and again until nobody interferes; None where there is none.

    `change` returns the very job it was given where nothing is to be changed.
    """
    while (current := store.read(job_id)) is not None:
        changed = change(current.job)
        if changed is current.job:
            return current
        written = store.replace(changed, current.tag)
        if written is not None:
            return written
    return None
