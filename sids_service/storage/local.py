"""A SQLite database on local disk, shared by the threads of this process and by other processes.

Every statement is its own transaction, atomic even under kill -9: locks end with their process, and the next one to
open the file recovers the log. With `synchronous=NORMAL` a commit does not wait for the disk: a power failure may undo
the last commits, but does not corrupt the database. Write-ahead logging needs shared memory, so the file must not be on
a network share.
"""

import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from sids_core.errors import SidsError

BUSY_SECONDS = 30.0
"""Seconds that a statement waits for locks, which are held for milliseconds."""

OPEN_ATTEMPTS = 100
OPEN_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Executed:
    """The result of a statement: the rows returned, and the number of rows changed."""

    rows: list[tuple[Any, ...]]
    changed: int


class Database:
    """A database file, created with its folder by the first write.

    Args:
        path: the file.
        schema: statements that create the tables if they do not exist.
        error: raised instead of SQLite's own errors.
    """

    def __init__(self, path: Path, schema: str, error: type[SidsError]) -> None:
        self._path = path
        self._schema = schema
        self._error = error
        self._connection: sqlite3.Connection | None = None
        self._lock = Lock()

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query; empty if the file does not exist."""
        with self._translated():
            if self._connection is None and not self._path.exists():
                return []
        return self.execute(statement, *parameters).rows

    def execute(self, statement: str, *parameters: object) -> Executed:
        """Execute one statement."""
        with self._translated(), self._lock:
            if self._connection is None:
                self._connection = self._open()
            cursor = self._connection.execute(statement, parameters)
            return Executed(cursor.fetchall(), cursor.rowcount)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # Not closed at the end of the process, when threads may still be using it.
        weakref.finalize(self, connection.close).atexit = False
        _start_log(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(self._schema)
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeError) as error:  # of a damaged schema even the message is no text
            raise self._error(f"{self._path} cannot be used: {error}") from error


def _start_log(connection: sqlite3.Connection) -> None:
    """Turn write-ahead logging on, retrying: SQLite does not wait for other processes that do the same."""
    for attempt in range(1, OPEN_ATTEMPTS + 1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if attempt == OPEN_ATTEMPTS:
                raise
            time.sleep(OPEN_PAUSE_SECONDS)
        else:
            return
