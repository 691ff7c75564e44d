"""Jobs and their queue in one SQLite database on local disk, used without Azure Storage.

Leases and hidden messages are timed by the clock of the machine, since the processes' own may be set differently.
"""

from datetime import datetime
from pathlib import Path
from time import time
from uuid import uuid4

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.job import JobRecord
from sids_service.jobs.queue import Message
from sids_service.jobs.sealing import sealed_content, sealed_record, unsealed_content, unsealed_record
from sids_service.jobs.store import Content, Part, Stored
from sids_service.jobs.waiting import ID_POSITION, Waiting
from sids_service.storage.local import Database, machine_seconds

FILE = "jobs.sqlite3"

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, tag TEXT NOT NULL, record BLOB NOT NULL, previous_tag TEXT NOT NULL, previous BLOB NOT NULL,
    changed REAL NOT NULL, written REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS contents (
    job TEXT NOT NULL, part TEXT NOT NULL, content BLOB NOT NULL, changed REAL NOT NULL, PRIMARY KEY (job, part)
);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, text TEXT NOT NULL, visible_from REAL NOT NULL,
    dequeues INTEGER NOT NULL, receipt TEXT NOT NULL, hidden_from REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS waiting (name TEXT PRIMARY KEY);
CREATE INDEX IF NOT EXISTS next_message ON messages (queue, number);
"""
"""`changed` is in seconds since 1970 (UTC), all other times in seconds of the machine's clock."""

VERSION = 4
"""Of the tables; to be raised with every change of them."""

DAMAGED = "surrogateescape"
"""How a tag that is no text any more is read, so that its record can still be replaced."""

UNFINISHED = ('%"status":"queued"%', '%"status":"running"%')
"""Parts of the records of jobs that wait or run."""


def open_database(folder: Path) -> Database:
    """The database of a folder; the file is not opened yet."""
    return Database(folder / FILE, SCHEMA, VERSION, StoreUnavailableError)


class LocalJobStore:
    """The jobs of a database. Tags are never reused, so that a slow writer cannot overwrite a later record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, job: JobRecord) -> Stored | None:
        """Store a new record; None if one exists already, which is kept."""
        tag = uuid4().hex
        record = sealed_record(job, tag)
        done = self._database.execute(
            "INSERT OR IGNORE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(job.id, tag, record, tag, record, time(), machine_seconds()),
        )
        return Stored(job, tag) if done.changed else None

    def read(self, job_id: str) -> Stored | None:
        """The record, or the one before it if that is damaged; None if none exists, or both are damaged and removed."""
        # As bytes, since damaged ones may be no text.
        query = """SELECT CAST(record AS BLOB), CAST(tag AS BLOB), CAST(previous AS BLOB), CAST(previous_tag AS BLOB),
            CAST(written AS REAL) FROM jobs WHERE id = ?"""
        for record, tag, previous, previous_tag, written in self._database.query(query, job_id):
            job = _unsealed(record, job_id, tag) or _unsealed(previous, job_id, previous_tag)
            if job is not None:
                age = machine_seconds() - written
                # Written after now: before the machine was started again, and so by a process that has ended.
                return Stored(job, _text(tag), age if age >= 0 else float("inf"))
            self._database.execute("DELETE FROM jobs WHERE id = ? AND CAST(record AS BLOB) = ?", job_id, record)
        return None

    def replace(self, job: JobRecord, tag: str) -> Stored | None:
        """Replace the version with the tag; None if that is not the current one."""
        new = uuid4().hex
        done = self._database.execute(
            """UPDATE jobs SET tag = ?, record = ?, previous = record, previous_tag = tag, changed = ?, written = ?
                WHERE id = ? AND CAST(tag AS BLOB) = ?""",
            *(new, sealed_record(job, new), time(), machine_seconds(), job.id, tag.encode(errors=DAMAGED)),
        )
        return Stored(job, new) if done.changed else None

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        """Store a request or a result."""
        self._database.execute(
            "INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)",
            job_id,
            part.value,
            sealed_content(content, part, job_id),
            time(),
        )

    def content(self, part: Part, job_id: str) -> bytes | None:
        """A request or a result; None if it does not exist, or is damaged."""
        query = "SELECT CAST(content AS BLOB) FROM contents WHERE job = ? AND part = ?"
        found = self._database.query(query, job_id, part.value)
        return unsealed_content(bytes(found[0][0]), part, job_id) if found else None

    def contents(self) -> list[Content]:
        """Every request and result."""
        query = "SELECT CAST(changed AS REAL), part, job, length(content) FROM contents WHERE part IN (?, ?)"
        rows = self._database.query(query, Part.REQUEST.value, Part.RESULT.value)
        return [Content(changed, Part(part), job, size) for changed, part, job, size in rows]

    def discard(self, content: Content) -> None:
        """Remove a request or a result, if it is there."""
        self._database.execute("DELETE FROM contents WHERE job = ? AND part = ?", content.job_id, content.part.value)

    def expire(self, before: datetime) -> int:
        """Remove jobs last changed before that time; returns their number."""
        self._database.execute("DELETE FROM contents WHERE changed < ?", before.timestamp())
        return self._database.execute("DELETE FROM jobs WHERE changed < ?", before.timestamp()).changed

    def wait(self, entry: Waiting) -> None:
        """Add an entry to the list of waiting jobs."""
        self._database.execute("INSERT OR IGNORE INTO waiting VALUES (?)", entry.name)

    def waiting(self) -> list[Waiting]:
        """The list of waiting jobs."""
        names = self._database.query("SELECT name FROM waiting")
        return [entry for (name,) in names if (entry := Waiting.of(str(name)))]

    def leave(self, entry: Waiting) -> None:
        """Remove an entry from the list, if it is there."""
        self._database.execute("DELETE FROM waiting WHERE name = ?", entry.name)

    def unlisted(self) -> list[str]:
        """Ids of jobs that wait or run without an entry: of a damaged database some tables may be whole."""
        statement = """SELECT id FROM jobs WHERE (CAST(record AS TEXT) LIKE ? OR CAST(record AS TEXT) LIKE ?)
            AND id NOT IN (SELECT substr(name, ?, 32) FROM waiting)"""
        return [job_id for (job_id,) in self._database.query(statement, *UNFINISHED, ID_POSITION)]


class LocalQueue:
    """A queue of a database, by name."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def put(self, text: str) -> None:
        """Add a message; it remains until deleted, and like all that was stored before it survives a power failure."""
        self._database.execute(
            "INSERT INTO messages (queue, text, visible_from, dequeues, receipt) VALUES (?, ?, 0, 0, '')",
            *(self._name, text),
            durable=True,
        )

    def receive(self, hidden_seconds: float) -> Message | None:
        """Receive the next message and hide it for `hidden_seconds`; None if none is visible."""
        receipt = uuid4().hex
        done = self._database.execute(
            # What is hidden from a later time on was hidden before the machine was started again.
            """WITH clock AS MATERIALIZED (SELECT machine_seconds() AS now)
            UPDATE messages
            SET hidden_from = now, visible_from = now + ?, dequeues = dequeues + 1, receipt = ? FROM clock
            WHERE number = (
                SELECT number FROM messages WHERE queue = ? AND (visible_from <= now OR hidden_from > now)
                ORDER BY number LIMIT 1
            ) RETURNING CAST(text AS BLOB), dequeues, number""",
            *(hidden_seconds, receipt, self._name),
        )
        for text, dequeues, number in done.rows:
            # Whatever another program wrote: a text that SQLite cannot decode would never be taken from the queue.
            return Message(bytes(text or b"").decode(errors="replace"), dequeues, str(number), receipt)
        return None

    def hide(self, message: Message, seconds: float) -> Message:
        """Hide it for `seconds` from now on; unchanged if it has been received again since."""
        self._database.execute(
            """UPDATE messages SET hidden_from = now, visible_from = now + ? FROM (SELECT machine_seconds() AS now)
            WHERE number = ? AND receipt = ?""",
            *(seconds, int(message.name), message.receipt),
        )
        return message

    def delete(self, message: Message) -> None:
        """Remove it, unless it has been received again since."""
        self._database.execute(
            "DELETE FROM messages WHERE number = ? AND receipt = ?", int(message.name), message.receipt
        )

    def length(self) -> int:
        """Number of messages, hidden ones included."""
        found = self._database.query("SELECT count(*) FROM messages WHERE queue = ?", self._name)
        return int(found[0][0]) if found else 0


def _text(stored: bytes) -> str:
    return bytes(stored).decode(errors=DAMAGED)


def _unsealed(record: bytes, job_id: str, tag: bytes) -> JobRecord | None:
    return unsealed_record(bytes(record), job_id, _text(tag))
