"""Jobs in a container of Azure Blob Storage. A record is a blob, its tag the blob's ETag."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sids_service.jobs.job import Job
from sids_service.jobs.storage import BOUNDS, reached
from sids_service.jobs.store import Part, Stored

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

RECORDS = "records/"
PLACE = "the storage of jobs"


class BlobJobStore:
    """A container, made when something is stored. Nothing is imported or connected to before the first call."""

    def __init__(self, connect: Callable[[], "ContainerClient"]) -> None:
        self.connect = connect

    @classmethod
    def by_identity(cls, account_url: str, container: str) -> "BlobJobStore":
        """A container opened by the process's own identity."""

        def connect() -> "ContainerClient":
            from azure.identity import DefaultAzureCredential
            from azure.storage.blob import ContainerClient

            return ContainerClient(account_url, container, DefaultAzureCredential(), **BOUNDS)

        return cls(connect)

    @classmethod
    def by_connection_string(cls, secret: str, container: str) -> "BlobJobStore":
        """A container opened by a connection string."""

        def connect() -> "ContainerClient":
            from azure.storage.blob import ContainerClient

            return ContainerClient.from_connection_string(secret, container, **BOUNDS)

        return cls(connect)

    def create(self, job: Job) -> Stored | None:
        """Store a new record; None where there is one already, which stays."""
        tag = self._upload(_record(job.id), _bytes(job), overwrite=False)
        return None if tag is None else Stored(job, tag)

    def read(self, job_id: str) -> Stored | None:
        """The record; None where there is none."""
        from azure.core.exceptions import ResourceNotFoundError

        with reached(PLACE):
            try:
                blob = self._container.download_blob(_record(job_id))
                return Stored(Job.model_validate_json(blob.readall()), str(blob.properties.etag))
            except ResourceNotFoundError:
                return None

    def replace(self, job: Job, tag: str) -> Stored | None:
        """Store the record in place of that with the tag; None where it is not that any more."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        with reached(PLACE):
            try:
                written = self._container.get_blob_client(_record(job.id)).upload_blob(
                    _bytes(job), overwrite=True, etag=tag, match_condition=MatchConditions.IfNotModified
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                return None
        return Stored(job, str(written["etag"]))

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        """Store a request or a result."""
        self._upload(f"{part}/{job_id}", content, overwrite=True)

    def content(self, part: Part, job_id: str) -> bytes | None:
        """A request or a result; None where there is none."""
        from azure.core.exceptions import ResourceNotFoundError

        with reached(PLACE):
            try:
                return self._container.download_blob(f"{part}/{job_id}").readall()
            except ResourceNotFoundError:
                return None

    def expire(self, before: datetime) -> int:
        """Remove what was last changed before that time; the number of jobs removed."""
        from azure.core.exceptions import ResourceNotFoundError

        removed = 0
        with reached(PLACE):
            try:
                for blob in self._container.list_blobs():
                    if blob.last_modified < before:
                        self._container.delete_blob(blob.name)
                        removed += blob.name.startswith(RECORDS)
            except ResourceNotFoundError:  # the container was never needed, or another worker is expiring too
                return removed
        return removed

    def _upload(self, name: str, content: bytes, *, overwrite: bool) -> str | None:
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        with reached(PLACE):
            blob = self._container.get_blob_client(name)
            try:
                try:
                    return str(blob.upload_blob(content, overwrite=overwrite)["etag"])
                except ResourceNotFoundError:
                    self._make_container()
                    return str(blob.upload_blob(content, overwrite=overwrite)["etag"])
            except ResourceExistsError:
                return None

    def _make_container(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            self._container.create_container()
        except ResourceExistsError:
            return

    @cached_property
    def _container(self) -> "ContainerClient":
        return self.connect()


def _record(job_id: str) -> str:
    return f"{RECORDS}{job_id}"


def _bytes(job: Job) -> bytes:
    return job.model_dump_json().encode()
