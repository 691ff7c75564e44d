"""A worker's lease on a job: heartbeats, progress, cancellation."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any

from sids_service.jobs.errors import ComputationCancelledError, LeaseLostError, StoreUnavailableError
from sids_service.jobs.job import JobRecord, Status
from sids_service.jobs.store import JobStore, Stored

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
"""Longest interval between two heartbeats, which also check for cancellation."""


class Progress:
    """Adds up the expected shares of completed stages; reaches 1 only when the job ends.

    A stage that is entered again gets at most what the stages that are still to come leave.
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = shares
        self._to_come = dict(shares)
        self._before = 0.0
        self._share = 0.0
        self.done = 0.0

    def entered(self, stage: str) -> None:
        """A stage begins; a stage without a share is ignored."""
        if stage in self._shares:
            self._before += self._share
            self._to_come.pop(stage, None)
            left = max(0.0, 1 - self._before - sum(self._to_come.values()))
            self._share = min(self._shares[stage], left)
            self.advanced(0.0)

    def advanced(self, share: float) -> None:
        """This share (0 to 1) of the stage is done."""
        self.done = min(0.99, round(self._before + share * self._share, 3))


class Lease:
    """A worker's lease. Only the holder changes the job's record; others may request cancellation."""

    def __init__(self, store: JobStore, stored: Stored, seconds: float) -> None:
        self._store = store
        self._stored = stored
        self._seconds = seconds
        self._lost = False
        self._lock = Lock()
        self._progress = Progress({})

    @property
    def job(self) -> JobRecord:
        """The record as last read or written."""
        return self._stored.job

    def follow(self, stages: Mapping[str, float]) -> None:
        """Measure progress by the expected share of each stage."""
        self._progress = Progress(stages)

    @contextmanager
    def heartbeats(self) -> Iterator[None]:
        """Extend the lease by heartbeats during the enclosed block."""
        with repeating(min(self._seconds / 3, HEARTBEAT_SECONDS), self._heartbeat):
            yield

    def entered(self, stage: str) -> None:
        """A stage begins.

        Raises:
            ComputationCancelledError: the job has been cancelled.
            LeaseLostError: another worker has the job.
        """
        self._progress.entered(stage)
        self._check()

    def advanced(self, share: float) -> None:
        """This share of the stage is done. Raises what `entered` raises."""
        self._progress.advanced(share)
        self._check()

    def checkpoint(self) -> None:
        """Raise what `entered` raises."""
        self._check()

    def release(self, status: Status, **changes: Any) -> JobRecord:
        """Store the final state of the attempt and end the lease.

        Returns:
            The stored record: `QUEUED` instead of `CANCELLED` if somebody has asked for the job again meanwhile.

        Raises:
            LeaseLostError: another worker has the job.
            StoreUnavailableError: the state could not be stored; the job will be retried.
        """

        def end(job: JobRecord) -> dict[str, Any]:
            stored = Status.QUEUED if status is Status.CANCELLED and not job.cancelling else status
            pause = self._seconds if status is Status.QUEUED else 0.0
            finished = None if stored is Status.QUEUED else datetime.now(UTC)
            return {"status": stored, "owner": "", "lease_seconds": pause, "finished": finished, **changes}

        self._write(end)
        return self.job

    def _check(self) -> None:
        if self._lost:
            raise LeaseLostError(f"job {self.job.id}: the lease was lost to another worker")
        if self.job.cancelling:
            raise ComputationCancelledError(f"job {self.job.id} was cancelled")

    def _heartbeat(self) -> None:
        extended = {"lease_seconds": self._seconds, "progress": self._progress.done}
        try:
            self._write(lambda _: extended)
        except StoreUnavailableError as error:
            logger.warning("job %s: heartbeat failed: %s", self.job.id, error)
        except LeaseLostError:
            self._lost = True

    def _write(self, changes: Callable[[JobRecord], dict[str, Any]]) -> None:
        with self._lock:
            while True:
                wanted = self.job.model_copy(update=changes(self.job))
                written = self._store.replace(wanted, self._stored.tag)
                if written is not None:
                    self._stored = written
                    return
                current = self._store.read(self.job.id)
                if current is not None and current.job == wanted:  # written, but the storage's answer was lost
                    self._stored = current
                    return
                if current is None or current.job.owner != self.job.owner:
                    raise LeaseLostError(f"job {self.job.id}: the lease was lost to another worker")
                self._stored = current


@contextmanager
def repeating(seconds: float, action: Callable[[], None]) -> Iterator[None]:
    """Call `action` at this interval in a separate thread until the enclosed block ends."""
    over = Event()

    def repeat() -> None:
        while not over.wait(seconds):
            action()

    thread = Thread(target=repeat, name="repeating", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
