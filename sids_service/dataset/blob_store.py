"""Tables in a container of Azure Blob Storage."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sids_core.errors import DataUnavailableError
from sids_service.dataset.store import SourceChangedError
from sids_service.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

# An unreachable service is found out within seconds; Dataset tries again by itself.
CONNECT_SECONDS, READ_SECONDS, RETRIES, RETRY_SECONDS = 3, 30, 1, 1


class BlobStore:
    """A container; a blob's tag is its ETag. Nothing is imported or connected to before the first look."""

    def __init__(self, address: str, connect: Callable[[], "ContainerClient"]) -> None:
        self._address = address
        self._connect = connect

    @classmethod
    def by_identity(cls, url: str) -> "BlobStore":
        """A container opened by the process's own identity.

        Raises:
            ConfigurationError: the URL is not that of a container, or carries a key.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or not parts.path.strip("/") or parts.query:
            raise ConfigurationError(
                "DATASET_CONTAINER_URL must be of the form https://<account>.blob.core.windows.net/<container>"
            )

        def connect() -> "ContainerClient":
            from azure.identity import DefaultAzureCredential
            from azure.storage.blob import ContainerClient

            return ContainerClient.from_container_url(url, DefaultAzureCredential(), **_bounds())

        return cls(url, connect)

    @classmethod
    def by_connection_string(cls, secret: str, container: str) -> "BlobStore":
        """A container opened by a connection string.

        Raises:
            ConfigurationError: the string names no account.
        """
        parts = dict(part.split("=", 1) for part in secret.split(";") if "=" in part)
        if "AccountName" not in parts and "BlobEndpoint" not in parts:
            # The string itself is a secret and not repeated.
            raise ConfigurationError("DATASET_CONNECTION_STRING names neither AccountName nor BlobEndpoint")
        account = f"https://{parts.get('AccountName')}.blob.{parts.get('EndpointSuffix', 'core.windows.net')}"

        def connect() -> "ContainerClient":
            from azure.storage.blob import ContainerClient

            return ContainerClient.from_connection_string(secret, container, **_bounds())

        return cls(f"{parts.get('BlobEndpoint', account).rstrip('/')}/{container}", connect)

    @property
    def source(self) -> str:
        """The container's URL."""
        return self._address

    def names(self) -> Mapping[str, str]:
        """Name → ETag of the blobs that are not in a folder of the container."""
        from azure.storage.blob import BlobProperties

        with self._reached():
            listed = self._client.walk_blobs(delimiter="/")
            return {blob.name: str(blob.etag) for blob in listed if isinstance(blob, BlobProperties)}

    def tag(self, name: str) -> str | None:
        """The blob's ETag; None where there is no such blob."""
        from azure.core.exceptions import ResourceNotFoundError

        with self._reached():
            try:
                return _bare(self._client.get_blob_client(name).get_blob_properties().etag)
            except ResourceNotFoundError:
                return None

    def fetch(self, name: str, tag: str, folder: Path) -> Path:
        """The blob downloaded into the folder."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        path = folder / PurePosixPath(name).name
        with self._reached():
            blob = self._client.get_blob_client(name)
            try:
                stream = blob.download_blob(etag=f'"{tag}"', match_condition=MatchConditions.IfNotModified)
                with path.open("wb") as file:
                    stream.readinto(file)
            except (ResourceModifiedError, ResourceNotFoundError) as error:
                raise SourceChangedError(name) from error
        return path

    @cached_property
    def _client(self) -> "ContainerClient":
        try:
            return self._connect()
        except ValueError as error:
            # The library's message may repeat the connection string.
            raise ConfigurationError(f"{self.source} cannot be opened: its settings are malformed") from error

    @contextmanager
    def _reached(self) -> Iterator[None]:
        from azure.core.exceptions import AzureError

        try:
            yield
        except AzureError as error:
            lines = str(error.message).strip().splitlines() or [type(error).__name__]
            raise DataUnavailableError(f"{self.source} cannot be read: {lines[0]}") from error


def _bounds() -> dict[str, Any]:
    from azure.storage.blob import LinearRetry

    return {
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retry_policy": LinearRetry(backoff=RETRY_SECONDS, retry_total=RETRIES),
    }


def _bare(etag: str) -> str:
    """Listings give an ETag without quotes, properties with them."""
    return etag.strip('"')
