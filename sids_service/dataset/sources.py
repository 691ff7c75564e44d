"""Where the tables' files come from: what a folder and a Blob container have in common, and one consistent copy."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sids_core.errors import DataUnavailableError
from sids_core.panel.layout import CURRENT, file_names, file_of_current_missing, find_tables, parse_current


class SourceChangedError(Exception):
    """A file has changed since it was listed: list the files again."""


class FileSource(Protocol):
    """Files by name, each with a tag that changes when its content does.

    Every method raises DataUnavailableError, with one line that names the source, where it cannot be reached.
    """

    @property
    def source(self) -> str:
        """Identifies the source to people; holds no secret."""

    def tags(self) -> Mapping[str, str]:
        """Name → tag of the files directly in the source, not of those in a folder of it."""

    def tag(self, name: str) -> str | None:
        """The tag of one file, which may be in a folder of the source; None where it does not exist."""

    def fetch(self, name: str, tag: str, folder: Path) -> Path:
        """The file on local disk, under its own name; SourceChangedError where it has another tag by now.

        `folder` is an empty folder to download it to; a source whose files are local need not use it.
        """


class FolderSource:
    """A folder, which may be a mounted file share; a file's tag is its size and time of change."""

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
        """Size in bytes and time of change in nanoseconds; None where the file does not exist."""
        try:
            found = (self._folder / name).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataUnavailableError(f"{self.source}: {name} cannot be read: {error.strerror}") from error
        return f"{found.st_size}-{found.st_mtime_ns}"

    def fetch(self, name: str, tag: str, folder: Path) -> Path:  # noqa: ARG002
        """The file where it is."""
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
        """One text that changes when a file does."""
        return "\n".join(f"{table} {file.name} {file.tag}" for table, file in sorted(self.files.items()))


def list_tables(source: FileSource) -> Snapshot:
    """Which files hold the tables now: those in the source, or those that its `current.json` names.

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
        text = source.fetch(CURRENT, tags[CURRENT], Path(folder)).read_bytes()
    files = {}
    for table, name in parse_current(text, source.source).items():
        tag = source.tag(name)
        if tag is None:
            raise file_of_current_missing(source.source, name, table)
        files[table] = TableFile(name, tag)
    return Snapshot(files)


def fetch_tables(source: FileSource, snapshot: Snapshot, folder: Path) -> dict[str, Path]:
    """Local copies of exactly the files of the snapshot, by table.

    Raises:
        SourceChangedError: one of them has changed meanwhile.
        DataUnavailableError: the source cannot be reached.
    """
    return {table: source.fetch(file.name, file.tag, folder) for table, file in snapshot.files.items()}
