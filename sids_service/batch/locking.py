"""Keeps two batches from writing the same files: each would overwrite what the other has merged.

A lock ends with its process, also with a killed one: at once in a folder, where the system holds it, and after
LEASE_SECONDS in a container, where it is a lease that is renewed.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO, TYPE_CHECKING

from sids_service.errors import ConfigurationError
from sids_service.jobs.errors import StoreUnavailableError

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobLeaseClient

LEASE_SECONDS = 15
"""The shortest that Azure grants."""
RENEW_SECONDS = 5
RETRY_SECONDS = 1
TAKEN = "another batch is writing to {}: wait for its end, or choose another --name"


@contextmanager
def locked_file(path: Path, place: str) -> Iterator[None]:
    """Hold a file that is made for this purpose and removed at the end.

    Raises:
        ConfigurationError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            _hold(file)
        except OSError as error:
            raise ConfigurationError(TAKEN.format(place)) from error
        if not _is_at(path, file):  # the process that held it has just removed it
            raise ConfigurationError(TAKEN.format(place))
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file
                path.unlink()


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


@contextmanager
def leased_blob(blob: "BlobClient", place: str) -> Iterator[Event]:
    """Hold a blob that is made for this purpose and stays; yields an event that is set when the lease is lost.

    Raises:
        ConfigurationError: another process holds it for longer than a killed one could.
        azure.core.exceptions.AzureError: the storage cannot be reached.
    """
    from azure.core.exceptions import ResourceExistsError

    with suppress(ResourceExistsError):
        blob.upload_blob(b"")
    lease = _lease(blob, place)
    lost, ended = Event(), Event()
    renewing = Thread(target=_renew, args=(lease, lost, ended), name="lock", daemon=True)
    renewing.start()
    try:
        yield lost
    finally:
        ended.set()
        renewing.join()
        if not lost.is_set():
            _release(lease)


def check_held(lost: Event | None) -> None:
    """Raise StoreUnavailableError if the lease of a batch was lost, since another one may be writing."""
    if lost is not None and lost.is_set():
        raise StoreUnavailableError("the lock of --out could not be renewed, and its storage may be unreachable")


def _lease(blob: "BlobClient", place: str) -> "BlobLeaseClient":
    from azure.core.exceptions import HttpResponseError

    for _ in range(LEASE_SECONDS // RETRY_SECONDS + 1):
        try:
            return blob.acquire_lease(LEASE_SECONDS)
        except HttpResponseError as error:
            if getattr(error, "error_code", None) != "LeaseAlreadyPresent":
                raise
        Event().wait(RETRY_SECONDS)
    raise ConfigurationError(TAKEN.format(place))


def _renew(lease: "BlobLeaseClient", lost: Event, ended: Event) -> None:
    from azure.core.exceptions import AzureError

    while not ended.wait(RENEW_SECONDS):
        try:
            lease.renew()
        except AzureError:
            lost.set()
            return


def _release(lease: "BlobLeaseClient") -> None:
    from azure.core.exceptions import AzureError

    with suppress(AzureError):  # it ends by itself
        lease.release()


if sys.platform == "win32":

    def _hold(file: IO[bytes]) -> None:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _hold(file: IO[bytes]) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
