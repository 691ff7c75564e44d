"""Which files make up the dataset right now, and one consistent copy of them.

A source holds the three tables themselves, or a file `current.json` that says where they are:
`{"version": "…", "files": {"indicatorData": "versions/7/indicatorData.parquet", …}}`. A publisher writes a new version
beside the old one and replaces `current.json` last, so that no reader sees half of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from sids_core.panel.errors import DatasetError
from sids_core.panel.layout import REQUIRED_COLUMNS, find_tables
from sids_service.dataset.store import SourceChangedError, Store

CURRENT = "current.json"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table's file: its name in the store, and the tag of its content."""

    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of the three tables, by table."""

    files: Mapping[str, TableFile]

    @property
    def tags(self) -> str:
        """One text that changes when a file does."""
        return "\n".join(f"{table} {file.name} {file.tag}" for table, file in sorted(self.files.items()))


def look(store: Store) -> Snapshot:
    """Which files hold the tables.

    Raises:
        DatasetError: a table has no file, or several; `current.json` is malformed or names a file that is not there.
        DataUnavailableError: the store cannot be reached.
        SourceChangedError: `current.json` was replaced meanwhile.
    """
    names = store.names()
    if CURRENT not in names:
        found = find_tables(names, store.source)
        return Snapshot({table: TableFile(name, names[name]) for table, name in found.items()})
    with TemporaryDirectory() as folder:
        text = store.fetch(CURRENT, names[CURRENT], Path(folder)).read_bytes()
    files = {}
    for table, name in _current_files(text, store.source).items():
        tag = store.tag(name)
        if tag is None:
            raise DatasetError(f"{store.source}: {CURRENT} names {name} for {table}, which is not there")
        files[table] = TableFile(name, tag)
    return Snapshot(files)


def fetch(store: Store, snapshot: Snapshot, folder: Path) -> dict[str, Path]:
    """Local copies of exactly the files of the snapshot, by table.

    Raises:
        SourceChangedError: one of them has changed meanwhile.
        DataUnavailableError: the store cannot be reached.
    """
    return {table: store.fetch(file.name, file.tag, folder) for table, file in snapshot.files.items()}


def check_unchanged(store: Store, snapshot: Snapshot) -> None:
    """Raise SourceChangedError where the files are no longer the snapshot's."""
    if look(store).tags != snapshot.tags:
        raise SourceChangedError(store.source)


def _current_files(text: bytes, source: str) -> dict[str, str]:
    try:
        named = json.loads(text)["files"]
        files = {table: str(named[table]) for table in REQUIRED_COLUMNS}
    except (ValueError, KeyError, TypeError) as error:
        tables = ", ".join(REQUIRED_COLUMNS)
        raise DatasetError(
            f'{source}: {CURRENT} is not of the form {{"files": {{table: name}}}} for {tables}'
        ) from error
    for table, name in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise DatasetError(f"{source}: {CURRENT} names {name} for {table}, which is outside")
        find_tables([*(f"{other}.csv" for other in files if other != table), path.name], f"{source}: {CURRENT}")
    return files
