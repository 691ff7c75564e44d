"""Where a batch writes: a folder or a Blob container, file by file, each whole or not at all."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.storage.azure import translated
from sids_service.storage.containers import open_container

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

UNFINISHED = ".part"
PLACE = "the container of --out cannot be used"


class Output(Protocol):
    """Files by name, with `/` between the parts of it."""

    def write(self, name: str, content: bytes) -> None:
        """Store the file in place of an older one."""

    def read(self, name: str) -> bytes | None:
        """The file's content; None where there is none."""

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in the folder and in those below it."""


class FolderOutput:
    """A folder on this machine, made with the first file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        """Store the file in place of an older one."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.parent / f"{uuid4().hex}{UNFINISHED}"
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def read(self, name: str) -> bytes | None:
        """The file's content; None where there is none."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in the folder and in those below it."""
        for path in sorted((self._folder / folder).rglob("*")):
            if path.is_file() and path.suffix != UNFINISHED:
                yield path.relative_to(self._folder).as_posix()


class BlobOutput:
    """A container, made with the first file where it is missing."""

    def __init__(self, url: str | None, connection_string: str | None, name: str) -> None:
        self._place = (url, connection_string, name)

    def write(self, name: str, content: bytes) -> None:
        """Store the file in place of an older one."""
        with translated(PLACE, StoreUnavailableError):
            self._container.upload_blob(name, content, overwrite=True)

    def read(self, name: str) -> bytes | None:
        """The file's content; None where there is none."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError):
            try:
                return self._container.download_blob(name).readall()
            except ResourceNotFoundError:
                return None

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in the folder and in those below it."""
        with translated(PLACE, StoreUnavailableError):
            yield from self._container.list_blob_names(name_starts_with=f"{folder}/")

    @cached_property
    def _container(self) -> "ContainerClient":
        from azure.core.exceptions import ResourceExistsError

        container = open_container(*self._place)
        with suppress(ResourceExistsError):
            container.create_container()
        return container
