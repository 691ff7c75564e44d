"""Sources of the tables' files (the interface of a folder and a Blob container), and consistent copies of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sids_core.errors import DataUnavailableError
from sids_core.panel.layout import CURRENT, file_names, file_of_current_missing, find_tables, parse_current


class SourceChangedError(Exception):
    """A file has changed since it was listed; list the files again."""


class FileSource(Protocol):
    """Files by name, each with a tag that changes with its content.

    Every method raises DataUnavailableError, with one line that names the source, if it cannot be reached.
    """

    @property
    def source(self) -> str:
        """Name of the source for people; contains no secret."""

    def tags(self) -> Mapping[str, str]:
        """Name → tag of the files directly in the source, not in its folders."""

    def tag(self, name: str) -> str | None:
        """The tag of a file, which may be in a folder of the source; None if it does not exist."""

    def fetch(self, name: str, tag: str, folder: Path) -> Path:
        """The file on local disk, under its own name; raises SourceChangedError if its tag has changed.

        `folder` is an empty folder for the download; a local source need not use it.
        """


class FolderSource:
    """A folder, which may be a mounted file share; a file's tag is its size and modification time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def source(self) -> str:
        """The folder's path."""
        return str(self._folder)

    def tags(self) -> Mapping[str, str]:
        """Name → tag of the files directly in the folder."""
        tags = {name: self.tag(name) for name in file_names(self._folder)}
        return {name: tag for name, tag in tags.items() if tag is not None}

    def tag(self, name: str) -> str | None:
        """Size in bytes and modification time in nanoseconds; None if the file does not exist."""
        try:
            found = (self._folder / name).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataUnavailableError(f"{self.source}: {name} cannot be read: {error.strerror}") from error
        return f"{found.st_size}-{found.st_mtime_ns}"

    def fetch(self, name: str, tag: str, folder: Path) -> Path:  # noqa: ARG002
        """The path of the file itself."""
        if self.tag(name) != tag:
            raise SourceChangedError(name)
        return self._folder / name


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table's file: its name in the source, and the tag of its content."""

    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of the three tables at one moment, by table."""

    files: Mapping[str, TableFile]

    @property
    def tags(self) -> str:
        """A text that changes with any file."""
        return "\n".join(f"{table} {file.name} {file.tag}" for table, file in sorted(self.files.items()))


def list_tables(source: FileSource) -> Snapshot:
    """The files that currently hold the tables: those in the source, or those named by its `current.json`.

    Raises:
        DatasetError: a table has no file, or several; `current.json` is malformed or names a file that does not exist.
        DataUnavailableError: the source cannot be reached.
        SourceChangedError: `current.json` was replaced meanwhile.
    """
    tags = source.tags()
    if CURRENT not in tags:
        return Snapshot(
            {table: TableFile(name, tags[name]) for table, name in find_tables(tags, source.source).items()}
        )
    with TemporaryDirectory() as folder:
        path = source.fetch(CURRENT, tags[CURRENT], Path(folder))
        try:
            text = path.read_bytes()
        except FileNotFoundError as error:
            raise SourceChangedError(CURRENT) from error
        except OSError as error:
            raise DataUnavailableError(f"{source.source}: {CURRENT} cannot be read: {error.strerror}") from error
    files = {}
    for table, name in parse_current(text, source.source).items():
        tag = source.tag(name)
        if tag is None:
            raise file_of_current_missing(source.source, name, table)
        files[table] = TableFile(name, tag)
    return Snapshot(files)


def fetch_tables(source: FileSource, snapshot: Snapshot, folder: Path) -> dict[str, Path]:
    """Local copies of the files of the snapshot, by table.

    Raises:
        SourceChangedError: one of them has changed meanwhile.
        DataUnavailableError: the source cannot be reached.
    """
    return {table: source.fetch(file.name, file.tag, folder) for table, file in snapshot.files.items()}
