"""Sources of the tables' files (the interface of a folder and a Blob container), and consistent copies of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sids_core.errors import DataUnavailableError
from sids_core.panel.digests import SUMS, check_digest
from sids_core.panel.layout import CURRENT, ListedFile, file_names, file_of_current_missing, listed_files, parse_current


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
    """A table's file as listed, and the tag of its content."""

    listed: ListedFile
    tag: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of the three tables at one moment, by table."""

    files: Mapping[str, TableFile]

    @property
    def tags(self) -> str:
        """A text that changes with any file."""
        lines = [(table, file.listed.name, file.tag, file.listed.sha256) for table, file in sorted(self.files.items())]
        return "\n".join(" ".join(line).rstrip() for line in lines)


def list_tables(source: FileSource) -> Snapshot:
    """The files that currently hold the tables: those in the source, or those named by its `current.json`.

    Raises:
        DatasetError: a table has no file, or several; `current.json` or `SHA256SUMS` is malformed or names a file that
            does not exist.
        DataUnavailableError: the source cannot be reached.
        SourceChangedError: `current.json` or `SHA256SUMS` was replaced meanwhile.
    """
    tags = source.tags()
    if CURRENT not in tags:
        sums = _content(source, SUMS, tags[SUMS]) if SUMS in tags else None
        listed = listed_files(tags, source.source, sums)
        return Snapshot({table: TableFile(file, tags[file.name]) for table, file in listed.items()})
    files = {}
    for table, file in parse_current(_content(source, CURRENT, tags[CURRENT]), source.source).items():
        tag = source.tag(file.name)
        if tag is None:
            raise file_of_current_missing(source.source, file.name, table)
        files[table] = TableFile(file, tag)
    return Snapshot(files)


def _content(source: FileSource, name: str, tag: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = source.fetch(name, tag, Path(folder))
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise SourceChangedError(name) from error
        except OSError as error:
            raise DataUnavailableError(f"{source.source}: {name} cannot be read: {error.strerror}") from error


def fetch_tables(source: FileSource, snapshot: Snapshot, folder: Path) -> dict[str, Path]:
    """Local copies of the files of the snapshot, by table, compared with their digests, if any.

    Raises:
        TableError: a file has another digest.
        SourceChangedError: one of them has changed meanwhile.
        DataUnavailableError: the source cannot be reached.
    """
    fetched = {}
    for table, file in snapshot.files.items():
        fetched[table] = source.fetch(file.listed.name, file.tag, folder)
        check_digest(fetched[table], file.listed.sha256, file.listed.where)
    return fetched
