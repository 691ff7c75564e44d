"""Where a batch writes: a folder or a Blob container. Each file is written atomically."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

from sids_core.file_names import check_relative, inside
from sids_core.files import UNFINISHED, write_file
from sids_service.batch.locking import check_held, leased_blob, locked_file
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.storage.azure import open_container, translated

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

PLACE = "the container of --out cannot be used"


class Output(Protocol):
    """Files by name, with `/` as the separator; PathError for a name that would lead out of the place."""

    def write(self, name: str, content: bytes) -> None:
        """Store the file, replacing an existing one."""

    def read(self, name: str) -> bytes | None:
        """The file's content; None if it does not exist."""

    def names(self, folder: str) -> Iterator[str]:
        """Names of all files in the folder, recursively."""

    def alone(self, lock: str, place: str) -> AbstractContextManager[None]:
        """Hold the lock, a file of that name; raises ConfigurationError if another process writes to `place`."""


class FolderOutput:
    """A local folder, created with the first file. No symbolic link in it is followed out of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        """Store the file, replacing an existing one."""
        write_file(inside(self._folder, name), content)

    def read(self, name: str) -> bytes | None:
        """The file's content; None if it does not exist."""
        try:
            return inside(self._folder, name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> Iterator[str]:
        """Names of all files in the folder, recursively."""
        for path in sorted(inside(self._folder, folder).rglob("*")):
            if path.is_file() and path.suffix != UNFINISHED:
                yield path.relative_to(self._folder).as_posix()

    def alone(self, lock: str, place: str) -> AbstractContextManager[None]:
        """Hold the lock, a file of that name; raises ConfigurationError if another process writes to `place`."""
        return locked_file(inside(self._folder, lock), place)


class BlobOutput:
    """A container, created with the first file if it does not exist."""

    def __init__(self, url: str | None, connection_string: str | None, name: str) -> None:
        self._place = (url, connection_string, name)
        self._lost: Event | None = None

    def write(self, name: str, content: bytes) -> None:
        """Store the file, replacing an existing one; StoreUnavailableError if a lock was lost meanwhile."""
        check_relative(name)
        check_held(self._lost)
        with translated(PLACE, StoreUnavailableError):
            self._container.upload_blob(name, content, overwrite=True)

    def read(self, name: str) -> bytes | None:
        """The file's content; None if it does not exist."""
        from azure.core.exceptions import ResourceNotFoundError

        check_relative(name)
        with translated(PLACE, StoreUnavailableError):
            try:
                return self._container.download_blob(name).readall()
            except ResourceNotFoundError:
                return None

    def names(self, folder: str) -> Iterator[str]:
        """Names of all files in the folder, recursively."""
        check_relative(folder)
        with translated(PLACE, StoreUnavailableError):
            yield from self._container.list_blob_names(name_starts_with=f"{folder}/")

    @contextmanager
    def alone(self, lock: str, place: str) -> Iterator[None]:
        """Hold the lock, a blob of that name; raises ConfigurationError if another process writes to `place`."""
        check_relative(lock)
        with ExitStack() as held:
            with translated(PLACE, StoreUnavailableError):
                self._lost = held.enter_context(leased_blob(self._container.get_blob_client(lock), place))
            yield

    @cached_property
    def _container(self) -> "ContainerClient":
        from azure.core.exceptions import ResourceExistsError

        url, connection_string, name = self._place
        container = open_container(url=url, connection_string=connection_string, name=name, bounded=False)
        with suppress(ResourceExistsError):
            container.create_container()
        return container
