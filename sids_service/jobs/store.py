"""The job store: the interface of the local database and the Blob container, and the choice by settings."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sids_service.jobs.job import FINISHED, JobRecord, Status
from sids_service.jobs.waiting import Waiting
from sids_service.settings import Settings
from sids_service.storage.azure import open_container

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

logger = logging.getLogger(__name__)


class Part(StrEnum):
    """Bytes that are written once: parts of a job besides its record, and keys that all processes share."""

    REQUEST = "requests"
    RESULT = "results"
    KEY = "keys"


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as read or written.

    Attributes:
        job: the record.
        tag: identifies this version of it.
        age: seconds since it was written, by the clock of the store: those of processes may differ.
    """

    job: JobRecord
    tag: str
    age: float = field(default=0.0, compare=False)

    @property
    def leased(self) -> bool:
        """Whether a worker has the job, and has told so lately."""
        return self.job.status is Status.RUNNING and bool(self.job.owner) and self.age < self.job.lease_seconds

    @property
    def is_free(self) -> bool:
        """Whether the job has not ended, and no worker has it."""
        return self.job.status not in FINISHED and not self.leased

    @property
    def is_pausing(self) -> bool:
        """Whether an attempt failed a moment ago, so that only the job's own message retries it."""
        return self.job.status is Status.QUEUED and self.age < self.job.lease_seconds


@dataclass(frozen=True, slots=True, order=True)
class Content:
    """A stored request or result.

    Attributes:
        changed: seconds since 1970 (UTC) when it was stored.
        part: what it is.
        job_id: of which job.
        size: bytes.
    """

    changed: float
    part: Part
    job_id: str
    size: int


class JobStore(Protocol):
    """Records, requests and results by job id. Every method may raise StoreUnavailableError."""

    def create(self, job: JobRecord) -> Stored | None:
        """Store a new record; None if one exists already, which is kept."""

    def read(self, job_id: str) -> Stored | None:
        """The record; None if it does not exist, or is damaged."""

    def replace(self, job: JobRecord, tag: str) -> Stored | None:
        """Replace the version with the tag; None if that is not the current one."""

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        """Store a request or a result."""

    def content(self, part: Part, job_id: str) -> bytes | None:
        """A request or a result; None if it does not exist."""

    def contents(self) -> Iterable[Content]:
        """Every request and result."""

    def discard(self, content: Content) -> None:
        """Remove a request or a result, if it is there."""

    def expire(self, before: datetime) -> int:
        """Remove jobs last changed before that time; returns their number."""

    def wait(self, entry: Waiting) -> None:
        """Add an entry to the list of waiting jobs."""

    def waiting(self) -> list[Waiting]:
        """The list of waiting jobs."""

    def leave(self, entry: Waiting) -> None:
        """Remove an entry from the list, if it is there."""

    def unlisted(self) -> Sequence[str]:
        """Ids of jobs that wait or run without an entry, where damage can have cost it."""


def update(store: JobStore, job_id: str, change: Callable[[Stored], JobRecord]) -> Stored | None:
    """Update a record, retrying on concurrent changes; None if it does not exist.

    `change` returns the record itself for no change.
    """
    while (current := store.read(job_id)) is not None:
        changed = change(current)
        if changed is current.job:
            return current
        written = store.replace(changed, current.tag)
        if written is not None:
            return written
    return None


def is_remote(settings: Settings) -> bool:
    """Whether jobs are in Azure Storage, where the Functions host finds them, instead of on local disk."""
    return settings.jobs_storage is not None or settings.jobs_storage__blobserviceuri is not None


def open_store(settings: Settings) -> JobStore:
    """The configured store; nothing is opened or connected to yet."""
    if is_remote(settings):
        from sids_service.jobs.blob_store import BlobJobStore

        return BlobJobStore(blob_connection(settings))
    from sids_service.jobs.local_store import LocalJobStore, open_database

    return LocalJobStore(open_database(local_folder(settings)))


def blob_connection(settings: Settings) -> "partial[ContainerClient]":
    """Open the container of the jobs."""
    if settings.jobs_storage is not None:
        secret = settings.jobs_storage.get_secret_value()
        return partial(open_container, connection_string=secret, name=settings.jobs_container)
    account = str(settings.jobs_storage__blobserviceuri).rstrip("/")
    return partial(open_container, url=f"{account}/{settings.jobs_container}")


def local_folder(settings: Settings) -> Path:
    """A folder per dataset and set of models: a process that serves others must not receive these jobs."""
    if settings.jobs_path is not None:
        return settings.jobs_path
    sources = (settings.dataset_path and settings.dataset_path.resolve(), settings.dataset_container_url)
    served = (*sources, settings.dataset_container, settings.model_service)
    return settings.dataset_cache_path / "jobs" / sha256(repr(served).encode()).hexdigest()[:16]
