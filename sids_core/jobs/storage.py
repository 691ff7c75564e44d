"""What the Blob and the Queue clients of the jobs have in common: how they are opened, and how they fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sids_core.jobs.errors import StoreUnavailableError

# An unreachable service is found out within seconds: a client waits, or the worker tries again by itself.
BOUNDS: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 30, "retry_total": 2, "retry_backoff_factor": 0.3}


@contextmanager
def reached(place: str) -> Iterator[None]:
    """Turn what the client libraries raise into StoreUnavailableError."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        lines = str(error.message).strip().splitlines() or [type(error).__name__]
        raise StoreUnavailableError(f"{place} cannot be used: {lines[0]}") from error
