"""Blob containers opened for writing."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sids_service.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


def open_container(url: str | None, connection_string: str | None, name: str) -> "ContainerClient":
    """The container at `url`, opened by one's own identity (as `az login` leaves it), or `name` by connection string.

    Raises:
        ConfigurationError: not exactly one of the two is given, or it is malformed. The string itself, a secret, is
            not repeated.
    """
    from azure.storage.blob import ContainerClient

    if (url is None) == (connection_string is None):
        raise ConfigurationError("say where to publish: either a container's URL or a connection string")
    if connection_string is not None:
        try:
            return ContainerClient.from_connection_string(connection_string, name)
        except ValueError:
            raise ConfigurationError("the connection string is malformed") from None
    from azure.identity import DefaultAzureCredential

    parts = urlsplit(str(url))
    if parts.scheme not in {"http", "https"} or not parts.netloc or not parts.path.strip("/") or parts.query:
        raise ConfigurationError("a container's URL is of the form https://<account>.blob.core.windows.net/<container>")
    return ContainerClient.from_container_url(str(url), DefaultAzureCredential())
