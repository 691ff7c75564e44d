"""Timings of runs, appended by every process of a service and bounded by rotation.

They stand in numbered files, one JSON a line. A full file is followed by the next; only the last two stay.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.store import blob_connection, is_remote, local_folder
from sids_service.settings import Settings
from sids_service.storage.azure import translated

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

FULL_BYTES = 256 * 1024
"""Some 700 timings."""

FOLDER = "timings"
PLACE = "the storage of timings cannot be used"

FULL = 412
"""Status of MaxBlobSizeConditionNotMet."""


class TimingLog(Protocol):
    """Lines, the oldest of which are dropped. Every method may raise StoreUnavailableError."""

    def append(self, lines: Sequence[str]) -> None:
        """Add lines, whoever else does so at the same time."""

    def read(self) -> list[str]:
        """The lines that are kept, oldest first."""


class FolderTimingLog:
    """A folder on this machine."""

    def __init__(self, folder: Path, full_bytes: int = FULL_BYTES) -> None:
        self.folder = folder
        self._full_bytes = full_bytes

    def append(self, lines: Sequence[str]) -> None:
        """Add lines, whoever else does so at the same time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        numbers = self._numbers()
        latest = numbers[-1] if numbers else 1
        if numbers and (self.folder / _name(latest)).stat().st_size >= self._full_bytes:
            latest += 1
        # One write to a file opened for appending is not mixed with another process's.
        file = os.open(self.folder / _name(latest), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, _joined(lines))
        finally:
            os.close(file)
        for number in numbers:
            if number < latest - 1:
                (self.folder / _name(number)).unlink(missing_ok=True)

    def read(self) -> list[str]:
        """The lines that are kept, oldest first."""
        lines: list[str] = []
        for number in self._numbers()[-2:]:
            with suppress(FileNotFoundError):  # another process has just dropped it
                lines += (self.folder / _name(number)).read_text(encoding="utf-8").splitlines()
        return lines

    def _numbers(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob("*.jsonl")) if self.folder.is_dir() else []


class BlobTimingLog:
    """Append blobs in a container, which is made with the first line."""

    def __init__(self, connect: Callable[[], "ContainerClient"], full_bytes: int = FULL_BYTES) -> None:
        self.connect = connect
        self._full_bytes = full_bytes

    def append(self, lines: Sequence[str]) -> None:
        """Add lines, whoever else does so at the same time."""
        with translated(PLACE, StoreUnavailableError):
            numbers = self._numbers()
            latest = numbers[-1] if numbers else 1
            if not self._appended(latest, _joined(lines)):
                self._appended(latest + 1, _joined(lines))
            for number in numbers[:-1]:
                if number < latest:
                    self._remove(number)

    def read(self) -> list[str]:
        """The lines that are kept, oldest first."""
        from azure.core.exceptions import ResourceNotFoundError

        lines: list[str] = []
        with translated(PLACE, StoreUnavailableError):
            for number in self._numbers()[-2:]:
                with suppress(ResourceNotFoundError):
                    lines += self._container.download_blob(_blob(number)).readall().decode().splitlines()
        return lines

    def _appended(self, number: int, content: bytes) -> bool:
        """Whether there was room."""
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        blob = self._container.get_blob_client(_blob(number))
        for _ in range(2):
            try:
                blob.append_block(content, maxsize_condition=self._full_bytes)
            except ResourceNotFoundError:
                self._make(number)
            except HttpResponseError as error:
                if error.status_code == FULL:
                    return False
                raise
            else:
                return True
        return False

    def _make(self, number: int) -> None:
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

        blob = self._container.get_blob_client(_blob(number))
        with suppress(ResourceExistsError, ResourceModifiedError):  # another worker has made it
            try:
                blob.create_append_blob(match_condition=MatchConditions.IfMissing)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    self._container.create_container()
                blob.create_append_blob(match_condition=MatchConditions.IfMissing)

    def _remove(self, number: int) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        with suppress(ResourceNotFoundError):
            self._container.delete_blob(_blob(number))

    def _numbers(self) -> list[int]:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            names = list(self._container.list_blob_names(name_starts_with=f"{FOLDER}/"))
        except ResourceNotFoundError:
            return []
        return sorted(int(name.removeprefix(f"{FOLDER}/").partition(".")[0]) for name in names)

    @cached_property
    def _container(self) -> "ContainerClient":
        return self.connect()


def open_timing_log(settings: Settings) -> TimingLog:
    """Where timings are kept: beside the jobs."""
    if is_remote(settings):
        return BlobTimingLog(blob_connection(settings))
    return FolderTimingLog(local_folder(settings) / "timings")


def _name(number: int) -> str:
    return f"{number:08}.jsonl"


def _blob(number: int) -> str:
    return f"{FOLDER}/{_name(number)}"


def _joined(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
