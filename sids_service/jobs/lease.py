"""A worker's hold on a job: it gives signs of life, tells the progress, and hears when the job is wanted no more."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from sids_service.jobs.errors import LeaseLostError, RunCancelledError, StoreUnavailableError
from sids_service.jobs.job import Job, Status
from sids_service.jobs.progress import Progress
from sids_service.jobs.repeating import repeating
from sids_service.jobs.store import JobStore, Stored

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
"""At most so many between two looks at the record, so that a cancellation is soon heard of."""


class Lease:
    """Watches the work on the job. Only the holder may change the job's record; others may ask it to stop."""

    def __init__(self, store: JobStore, stored: Stored, seconds: float) -> None:
        self._store = store
        self._stored = stored
        self._seconds = seconds
        self._lost = False
        self._lock = Lock()
        self._progress = Progress({})

    @property
    def job(self) -> Job:
        """The record as it was last seen."""
        return self._stored.job

    def follow(self, stages: Mapping[str, float]) -> None:
        """Tell the progress by the share that each stage is expected to take."""
        self._progress = Progress(stages)

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Extend the lease again and again during the enclosed work."""
        with repeating(min(self._seconds / 3, BEAT_SECONDS), self._beat):
            yield

    def entered(self, stage: str) -> None:
        """A stage begins.

        Raises:
            RunCancelledError: the job is wanted no more.
            LeaseLostError: the job is somebody else's by now.
        """
        self._progress.entered(stage)
        self._check()

    def advanced(self, share: float) -> None:
        """This share of the stage is done. Raises what `entered` raises."""
        self._progress.advanced(share)
        self._check()

    def end(self, status: Status, **changes: Any) -> None:
        """Give the job up in this state.

        Raises:
            LeaseLostError: the job is somebody else's by now.
            StoreUnavailableError: nobody knows of the end; the job is tried again.
        """
        finished = None if status is Status.QUEUED else datetime.now(UTC)
        self._write(status=status, owner="", lease_until=None, finished=finished, **changes)

    def _check(self) -> None:
        if self._lost:
            raise LeaseLostError(f"job {self.job.id} is not this worker's any more")
        if self.job.cancelling:
            raise RunCancelledError(f"job {self.job.id} is wanted no more")

    def _beat(self) -> None:
        try:
            self._write(lease_until=datetime.now(UTC) + timedelta(seconds=self._seconds), progress=self._progress.done)
        except StoreUnavailableError as error:
            logger.warning("job %s: no sign of life could be given: %s", self.job.id, error)
        except LeaseLostError:
            self._lost = True

    def _write(self, **changes: Any) -> None:
        with self._lock:
            while True:
                written = self._store.replace(self.job.model_copy(update=changes), self._stored.tag)
                if written is not None:
                    self._stored = written
                    return
                current = self._store.read(self.job.id)
                if current is None or current.job.owner != self.job.owner:
                    raise LeaseLostError(f"job {self.job.id} is not this worker's any more")
                self._stored = current
