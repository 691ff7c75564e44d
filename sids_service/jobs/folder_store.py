"""Jobs in a folder on this machine, safe for several processes and for a kill at any moment.

Every job has a folder of its own. A record's state is a file that is written once, under the next number; the one with
the highest number counts. A hard link is what makes a number be taken once, by a file that is complete. Former states
are emptied but keep their names, or somebody slow could take such a number again.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from uuid import uuid4

from sids_service.jobs.job import Job
from sids_service.jobs.store import Part, Stored

STATE = "state."


class FolderStore:
    """A folder of jobs, made when the first one is stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, job: Job) -> Stored | None:
        """Store a new record; None where there is one already, which stays."""
        return self._write(job, 1)

    def read(self, job_id: str) -> Stored | None:
        """The record; None where there is none."""
        seen = 0
        try:
            while (latest := self._latest(job_id)) > seen:
                content = (self._folder / job_id / f"{STATE}{latest}").read_bytes()
                if content:  # else a newer state has taken its place since the look
                    return Stored(Job.model_validate_json(content), str(latest))
                seen = latest
        except FileNotFoundError:  # it has expired since the look
            return None
        return None

    def replace(self, job: Job, tag: str) -> Stored | None:
        """Store the record in place of that with the tag; None where it is not that any more."""
        written = self._write(job, int(tag) + 1)
        if written is not None:
            with suppress(FileNotFoundError):  # it may have expired at this very moment
                os.truncate(self._folder / job.id / f"{STATE}{tag}", 0)
        return written

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        """Store a request or a result."""
        folder = self._folder / job_id
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"tmp.{uuid4().hex}"
        temporary.write_bytes(content)
        temporary.replace(folder / part)

    def content(self, part: Part, job_id: str) -> bytes | None:
        """A request or a result; None where there is none."""
        try:
            return (self._folder / job_id / part).read_bytes()
        except FileNotFoundError:
            return None

    def expire(self, before: datetime) -> int:
        """Remove what was last changed before that time; the number of jobs removed."""
        removed = 0
        for folder in self._jobs():
            with suppress(FileNotFoundError):  # another process may be expiring too
                if _changed(folder) < before:
                    rmtree(folder)
                    removed += 1
        return removed

    def _write(self, job: Job, number: int) -> Stored | None:
        folder = self._folder / job.id
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"tmp.{uuid4().hex}"
        temporary.write_text(job.model_dump_json(), encoding="utf-8")
        try:
            os.link(temporary, folder / f"{STATE}{number}")
        except FileExistsError:
            return None
        finally:
            temporary.unlink()
        return Stored(job, str(number))

    def _latest(self, job_id: str) -> int:
        folder = self._folder / job_id
        if not folder.is_dir():
            return 0
        names = [path.name for path in folder.iterdir()]
        return max((int(name.removeprefix(STATE)) for name in names if name.startswith(STATE)), default=0)

    def _jobs(self) -> Iterator[Path]:
        return self._folder.iterdir() if self._folder.is_dir() else iter(())


def _changed(folder: Path) -> datetime:
    # A folder's time is that of the last file made or removed in it.
    return datetime.fromtimestamp(folder.stat().st_mtime, UTC)
