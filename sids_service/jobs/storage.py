"""What the Blob and the Queue clients of the jobs have in common: how they are opened, and how they fail."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from sids_service.jobs.errors import StoreUnavailableError

# An unreachable service is found out within seconds (the libraries' own pauses add up to a minute): a client is told to
# come again, and a worker does by itself.
BOUNDS: Mapping[str, Any] = MappingProxyType(
    {
        "connection_timeout": 3,
        "read_timeout": 30,
        "retry_total": 1,
        "initial_backoff": 1,
        "increment_base": 1,
        "random_jitter_range": 0,
    }
)


@contextmanager
def reached(place: str) -> Iterator[None]:
    """Turn what the client libraries raise into StoreUnavailableError."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        lines = str(error.message).strip().splitlines() or [type(error).__name__]
        raise StoreUnavailableError(f"{place} cannot be used: {lines[0]}") from error
