"""Jobs in a container of Azure Blob Storage. A record is a blob, its tag the blob's ETag.

An empty blob in `waiting/` stands for each job that waits or runs (`waiting`), so that these are found without reading
all records. Ages are measured by the clock of the storage: its time of an answer less that of a blob's last change.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.job import JobRecord
from sids_service.jobs.sealing import RECORDS, sealed_content, sealed_record, unsealed_content, unsealed_record
from sids_service.jobs.store import Content, Part, Stored
from sids_service.jobs.waiting import Waiting
from sids_service.storage.azure import translated

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

WAITING = "waiting/"
PLACE = "the storage of jobs cannot be used"


class BlobJobStore:
    """A container, created on the first write; `connect` opens it at the first call."""

    def __init__(self, connect: Callable[[], "ContainerClient"]) -> None:
        self._connect = connect

    def create(self, job: JobRecord) -> Stored | None:
        """Store a new record; None if one exists already, which is kept."""
        tag = self._upload(_record(job.id), sealed_record(job), overwrite=False)
        return None if tag is None else Stored(job, tag)

    def read(self, job_id: str) -> Stored | None:
        """The record; None if it does not exist, or is damaged and was removed."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        dates: list[str] = []
        with translated(PLACE, StoreUnavailableError):
            try:
                blob = self._container.download_blob(
                    _record(job_id),
                    raw_response_hook=lambda answer: dates.append(answer.http_response.headers.get("Date", "")),
                )
                job, tag = unsealed_record(blob.readall(), job_id), str(blob.properties.etag)
                if job is not None:
                    return Stored(job, tag, _age(dates, blob.properties.last_modified))
                self._container.delete_blob(_record(job_id), etag=tag, match_condition=MatchConditions.IfNotModified)
            except ResourceModifiedError:
                return self.read(job_id)
            except ResourceNotFoundError:
                pass
        return None

    def replace(self, job: JobRecord, tag: str) -> Stored | None:
        """Replace the version with the tag; None if that is not the current one."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError):
            try:
                written = self._container.get_blob_client(_record(job.id)).upload_blob(
                    sealed_record(job), overwrite=True, etag=tag, match_condition=MatchConditions.IfNotModified
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                return None
        return Stored(job, str(written["etag"]))

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        """Store a request or a result."""
        self._upload(f"{part}/{job_id}", sealed_content(content, part, job_id), overwrite=True)

    def content(self, part: Part, job_id: str) -> bytes | None:
        """A request or a result; None if it does not exist, or is damaged."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError):
            try:
                stored = self._container.download_blob(f"{part}/{job_id}").readall()
            except ResourceNotFoundError:
                return None
        return unsealed_content(stored, part, job_id)

    def contents(self) -> list[Content]:
        """Every request and result."""
        from azure.core.exceptions import ResourceNotFoundError

        found = []
        with translated(PLACE, StoreUnavailableError):
            for part in (Part.REQUEST, Part.RESULT):
                try:
                    blobs = list(self._container.list_blobs(name_starts_with=f"{part}/"))
                except ResourceNotFoundError:  # the container was never created
                    return []
                found += [
                    Content(blob.last_modified.timestamp(), part, blob.name.removeprefix(f"{part}/"), blob.size or 0)
                    for blob in blobs
                ]
        return found

    def discard(self, content: Content) -> None:
        """Remove a request or a result, if it is there."""
        self._delete(f"{content.part}/{content.job_id}")

    def expire(self, before: datetime) -> int:
        """Remove jobs last changed before that time; returns their number."""
        from azure.core.exceptions import ResourceNotFoundError

        removed = 0
        with translated(PLACE, StoreUnavailableError):
            try:
                for blob in self._container.list_blobs():
                    if blob.last_modified < before:
                        self._container.delete_blob(blob.name)
                        removed += blob.name.startswith(f"{RECORDS}/")
            except ResourceNotFoundError:  # the container was never created, or another worker is expiring too
                return removed
        return removed

    def wait(self, entry: Waiting) -> None:
        """Add an entry to the list of waiting jobs: an empty blob."""
        self._upload(f"{WAITING}{entry.name}", b"", overwrite=True)

    def waiting(self) -> list[Waiting]:
        """The list of waiting jobs."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError):
            try:
                names = list(self._container.list_blob_names(name_starts_with=WAITING))
            except ResourceNotFoundError:
                return []
        return [entry for name in names if (entry := Waiting.of(name.removeprefix(WAITING)))]

    def leave(self, entry: Waiting) -> None:
        """Remove an entry from the list, if it is there."""
        self._delete(f"{WAITING}{entry.name}")

    def unlisted(self) -> list[str]:
        """None: every entry is a blob of its own, written before the record."""
        return []

    def _upload(self, name: str, content: bytes, *, overwrite: bool) -> str | None:
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError):
            blob = self._container.get_blob_client(name)
            try:
                try:
                    return str(blob.upload_blob(content, overwrite=overwrite)["etag"])
                except ResourceNotFoundError:
                    self._make_container()
                    return str(blob.upload_blob(content, overwrite=overwrite)["etag"])
            except ResourceExistsError:
                return None

    def _delete(self, name: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError), suppress(ResourceNotFoundError):
            self._container.delete_blob(name)

    def _make_container(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        with suppress(ResourceExistsError):
            self._container.create_container()

    @cached_property
    def _container(self) -> "ContainerClient":
        return self._connect()


def _age(dates: Sequence[str], last_modified: datetime) -> float:
    """The least age in seconds of a blob whose content came with the last of the answers.

    0 if the client library did not show that answer, as sometimes after a retry: a lease then ends a little later.
    """
    if not dates or not dates[-1]:
        return 0.0
    # Both times are rounded down to seconds.
    return max(0.0, (parsedate_to_datetime(dates[-1]) - last_modified).total_seconds() - 1)


def _record(job_id: str) -> str:
    return f"{RECORDS}/{job_id}"
