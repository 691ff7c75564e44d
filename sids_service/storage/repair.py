"""What is done with a database file that is damaged or another program's: it is set aside, and its rows are saved."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

COMPANIONS = ("-wal", "-shm")
"""What SQLite adds to the name of a database for its log and the index of that."""

LONGEST_GAP = 1_000
"""Rows that cannot be read one after another, after which a table is taken to have ended."""

DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class ForeignDatabaseError(sqlite3.DatabaseError):
    """The file is a database, but not of this program, or of another version of it."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file itself is at fault, not its disk, its locks or the statement."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, ForeignDatabaseError) or (code is not None and code & 0xFF in DAMAGES)


def identity(path: Path) -> tuple[int, int] | None:
    """Tells a file from another one that took its name; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time opens, creates or sets aside a database; the lock ends with its process."""
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def set_aside(path: Path) -> Path:
    """Rename a database and its companions to the first free name; nothing is deleted."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in COMPANIONS:
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    return path.rename(aside)


def salvage(aside: Path, connection: sqlite3.Connection) -> int:
    """Copy what can be read of the tables that the connection has, too; returns the number of rows.

    Only the rows of damaged pages are missing. A row that exists is kept.
    """
    saved = 0
    with closing(sqlite3.connect(aside)) as source:
        source.execute("PRAGMA writable_schema=ON")  # also reads a file that is shorter than it says
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            ((columns,),) = connection.execute("SELECT count(*) FROM pragma_table_info(?)", (table,))
            insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join(columns * '?')})"  # noqa: S608 - our own names
            for row in _readable(source, table):
                with suppress(sqlite3.DatabaseError):  # of another program or version, or with other columns
                    saved += connection.execute(insert, row).rowcount
    return saved


def _readable(source: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table in order, without those of damaged pages."""
    # One by one: a cursor reads ahead, and would lose the last row before a damaged page.
    statement = f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT 1"  # noqa: S608
    last, missing = 0, 0
    while missing <= LONGEST_GAP:
        try:
            found = source.execute(statement, (last,)).fetchone()
        except sqlite3.Error:
            found = (last,)
        if found is None:
            return
        if found[0] > last:
            last, missing = found[0], 0
            yield found[1:]
        else:  # unreadable, or out of order in a damaged page
            last, missing = last + 1, missing + 1
