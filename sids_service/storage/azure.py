"""The one place that opens Azure Storage: identity or connection string, timeouts and retries, error translation.

The client libraries are imported on first use: a process without Azure Storage never loads them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sids_core.errors import SidsError
from sids_core.file_names import shown
from sids_service import addresses
from sids_service.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient
    from azure.storage.queue import QueueClient

BOUNDED: Mapping[str, Any] = MappingProxyType(
    {
        "connection_timeout": 3,
        "read_timeout": 30,
        "retry_total": 1,
        "initial_backoff": 1,
        "increment_base": 1,
        "random_jitter_range": 0,
    }
)
"""Timeouts and retries that report an unreachable service within seconds (the libraries' defaults take up to a minute);
the caller retries later."""


def open_container(
    *, url: str | None = None, connection_string: str | None = None, name: str = "", bounded: bool = True
) -> "ContainerClient":
    """A Blob container; nothing is connected to yet.

    Args:
        url: the container's URL, opened by the process's own identity.
        connection_string: opens the container `name` instead.
        name: the container's name, with a connection string.
        bounded: fail within seconds; otherwise keep the library's longer retries, for uploads.

    Raises:
        ConfigurationError: not exactly one of the two is given, or it is malformed; the message repeats no secret.
    """
    from azure.storage.blob import ContainerClient

    bounds = BOUNDED if bounded else {}
    if (url is None) == (connection_string is None):
        raise ConfigurationError("name the container either by its URL or by a connection string")
    if connection_string is not None:
        if not addresses.CONTAINER.fullmatch(name):
            raise ConfigurationError(f"{shown(name)} is not the name of a container: {addresses.CONTAINER_FORM}")
        try:
            return ContainerClient.from_connection_string(connection_string, name, **bounds)
        except ValueError:
            raise ConfigurationError("the connection string is malformed") from None
    from azure.identity import DefaultAzureCredential

    check_container_url(str(url), "the container's URL")
    return ContainerClient.from_container_url(str(url), DefaultAzureCredential(), **bounds)


def open_queue(*, account_url: str | None = None, connection_string: str | None = None, name: str) -> "QueueClient":
    """A queue, opened by the process's own identity or by connection string; nothing is connected to yet.

    Raises:
        ConfigurationError: the connection string is malformed; the message does not repeat it.
    """
    from azure.storage.queue import QueueClient

    if connection_string is not None:
        try:
            return QueueClient.from_connection_string(connection_string, name, **BOUNDED)
        except ValueError:
            raise ConfigurationError("the connection string is malformed") from None
    from azure.identity import DefaultAzureCredential

    return QueueClient(str(account_url), name, DefaultAzureCredential(), **BOUNDED)


def check_container_url(url: str, setting: str) -> None:
    """Raise ConfigurationError, naming the setting, if a URL is not that of a container or contains a key."""
    try:
        addresses.check_container_url(url)
    except ValueError as fault:
        raise ConfigurationError(f"{setting} {fault}") from None


def check_connection_string(secret: str, setting: str) -> None:
    """Raise ConfigurationError, naming the setting, if a connection string does not open a Blob service."""
    try:
        addresses.check_connection_string(secret, ("blob",))
    except ValueError as fault:
        raise ConfigurationError(f"{setting} {fault}") from None


@contextmanager
def translated(place: str, error: type[SidsError]) -> Iterator[None]:
    """Translate errors of the client libraries to `error`, with one line that names the place and the cause."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as cause:
        lines = str(cause.message).strip().splitlines() or [type(cause).__name__]
        raise error(f"{place}: {lines[0]}") from cause
