"""A SQLite database on local disk, shared by the threads of this process and by other processes.

Every statement is its own transaction, atomic even under kill -9: locks end with their process, and the next one to
open the file recovers the log. A commit does not wait for the disk unless it is `durable`, which also saves all earlier
ones: a power failure undoes the commits after the last durable one, and does not corrupt the database. Write-ahead
logging needs shared memory, so the file must not be on a network share.

After an error the file is opened anew, so that a disk that was full, read-only or away is used again once it can be. A
damaged or foreign file is set aside (`sids_service.storage.repair`).

In statements the function `machine_seconds()` is the time at which they run. A time that is passed as a parameter was
read before the statement waited for its locks, and others may have written later ones meanwhile.
"""

import logging
import os
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
from sids_service.storage import repair

BUSY_SECONDS = 30.0
"""Seconds that a statement waits for locks, which are held for milliseconds."""

OPEN_ATTEMPTS = 100
OPEN_PAUSE_SECONDS = 0.05
UPTIME = Path("/proc/uptime")

logger = logging.getLogger(__name__)


def machine_seconds() -> float:
    """Seconds since the machine was started, the same for all of its processes, whatever they take for the time of day.

    Differences to an earlier value may be negative, if the machine was started again since.
    """
    try:
        return float(UPTIME.read_bytes().split()[0])
    except OSError:  # not Linux
        return time.monotonic()


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
        version: of the schema; a file of another one is set aside like a foreign file.
        error: raised instead of SQLite's own errors; its message does not name the path, which is logged.
    """

    def __init__(self, path: Path, schema: str, version: int, error: type[SidsError]) -> None:
        self._path = path
        self._schema = schema
        self._version = version
        self._error = error
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._lock = Lock()

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query; empty if the file does not exist."""
        with self._translated():
            if repair.identity(self._path) is None:
                return []
        return self.execute(statement, *parameters).rows

    def execute(self, statement: str, *parameters: object, durable: bool = False) -> Executed:
        """Execute one statement; a durable one has reached the disk when this returns, with all that came before."""
        with self._translated(), self._lock:
            try:
                return self._executed(statement, parameters, durable=durable)
            except sqlite3.DatabaseError as error:
                if not repair.is_damage(error):
                    raise
                self._set_aside(error)
            return self._executed(statement, parameters, durable=durable)

    def _executed(self, statement: str, parameters: tuple[object, ...], *, durable: bool) -> Executed:
        try:
            connection = self._current()
            if durable:
                connection.execute("PRAGMA synchronous=FULL")
            cursor = connection.execute(statement, parameters)
            done = Executed(cursor.fetchall(), cursor.rowcount)
            if durable:
                connection.execute("PRAGMA synchronous=NORMAL")
        except sqlite3.Error as error:
            # On a full disk a database that is open can still be read, but not be opened.
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
                self._close()
            raise
        if self._file != repair.identity(self._path):  # another process has set it aside meanwhile
            self._close()
            raise sqlite3.OperationalError("the file was replaced")
        return done

    def _current(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != repair.identity(self._path):
            self._close()
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        _make_folder(self._path.parent)
        with repair.alone(self._path):
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            # Not closed at the end of the process, when threads may still be using it.
            weakref.finalize(self, connection.close).atexit = False
            try:
                connection.create_function("machine_seconds", 0, machine_seconds)
                self._file = repair.identity(self._path)
                known = self._knows(connection)  # before anything is written to it
                _start_log(connection)
                connection.execute("PRAGMA synchronous=NORMAL")
                if not known:
                    connection.executescript(f"{self._schema}; PRAGMA user_version={self._version};")
            except BaseException:
                connection.close()
                raise
        return connection

    def _knows(self, connection: sqlite3.Connection) -> bool:
        """Whether the database has our tables; False if it is empty."""
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        if version != self._version and (version or tables):
            raise repair.ForeignDatabaseError(f"it is a database of another program or version ({version})")
        return bool(tables)

    def _set_aside(self, error: Exception) -> None:
        damaged = self._file or repair.identity(self._path)
        self._close()
        with repair.alone(self._path):
            if damaged is None or damaged != repair.identity(self._path):  # another process did it
                return
            aside = repair.set_aside(self._path)
        logger.error("%s is damaged (%s): it is kept as %s, and a new one is begun", self._path, error, aside.name)
        connection = self._current()
        logger.error("%d rows of %s could be read and are kept", repair.salvage(aside, connection), aside.name)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._file = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeError) as error:  # of a damaged schema even the message is no text
            reason = error.strerror if isinstance(error, OSError) else str(error)
            logger.warning("%s cannot be used: %s", self._path, reason)
            raise self._error(f"the database on local disk cannot be used: {reason}") from error


def _make_folder(folder: Path) -> None:
    """Create a folder that survives a power failure."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        descriptor = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _start_log(connection: sqlite3.Connection) -> None:
    """Turn write-ahead logging on, retrying: SQLite does not wait for other processes that do the same."""
    for attempt in range(1, OPEN_ATTEMPTS + 1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if attempt == OPEN_ATTEMPTS or error.sqlite_errorcode & 0xFF not in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            ):
                raise
            time.sleep(OPEN_PAUSE_SECONDS)
        else:
            return
