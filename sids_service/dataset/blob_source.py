"""Tables in a container of Azure Blob Storage."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sids_core.errors import DataUnavailableError
from sids_service import addresses
from sids_service.dataset.download import download
from sids_service.dataset.sources import SourceChangedError
from sids_service.storage.azure import check_connection_string, check_container_url, open_container, translated

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from azure.storage.blob import ContainerClient


class BlobSource:
    """A container; a blob's tag is its ETag. Imports and connects only when the files are listed."""

    def __init__(self, address: str, connect: Callable[[], "ContainerClient"]) -> None:
        self._address = address
        self._connect = connect

    @classmethod
    def by_identity(cls, url: str) -> "BlobSource":
        """A container opened by the process's own identity.

        Raises:
            ConfigurationError: the URL is not that of a container, or contains a key.
        """
        check_container_url(url, "DATASET_CONTAINER_URL")
        return cls(url, lambda: open_container(url=url))

    @classmethod
    def by_connection_string(cls, secret: str, container: str) -> "BlobSource":
        """A container opened by a connection string.

        Raises:
            ConfigurationError: the string is malformed; the message does not repeat it.
        """
        check_connection_string(secret, "DATASET_CONNECTION_STRING")
        address = f"{addresses.blob_endpoint(secret)}/{container}"
        return cls(address, lambda: open_container(connection_string=secret, name=container))

    @property
    def source(self) -> str:
        """The container's URL."""
        return self._address

    def tags(self) -> Mapping[str, str]:
        """Name → ETag of the blobs directly in the container, not in a folder."""
        from azure.storage.blob import BlobProperties

        with self._translated():
            listed = self._client.walk_blobs(delimiter="/")
            return {blob.name: str(blob.etag) for blob in listed if isinstance(blob, BlobProperties)}

    def tag(self, name: str) -> str | None:
        """The blob's ETag; None if it does not exist."""
        from azure.core.exceptions import ResourceNotFoundError

        with self._translated():
            try:
                # Listings give an ETag without quotes, properties with them.
                return self._client.get_blob_client(name).get_blob_properties().etag.strip('"')
            except ResourceNotFoundError:
                return None

    def fetch(self, name: str, tag: str, folder: Path) -> Path:
        """Download the blob into the folder, in the form that its name says, whatever its Content-Encoding."""
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        path = folder / PurePosixPath(name).name
        with self._translated():
            try:
                download(self._client.get_blob_client(name), tag, path, f"{self.source}/{name}")
            except (ResourceModifiedError, ResourceNotFoundError) as error:
                raise SourceChangedError(name) from error
        return path

    @cached_property
    def _client(self) -> "ContainerClient":
        return self._connect()

    def _translated(self) -> "AbstractContextManager[None]":
        return translated(f"{self.source} cannot be read", DataUnavailableError)
