"""Runs waiting jobs in an order that is fair between clients, on any queue.

A message is a permit to run one job: whichever job's id it carries, the worker runs the one whose turn it is. Queues
that are first in, first out, and the trigger of the Functions host, thus need not know the order. There is a message
for every unfinished job, since each message is kept until the job it ran has ended.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from time import monotonic

from sids_service.jobs.errors import StillRunningError
from sids_service.jobs.job import FINISHED, JobRecord, is_id
from sids_service.jobs.queue import MessageQueue
from sids_service.jobs.quota import has_ended
from sids_service.jobs.store import JobStore
from sids_service.jobs.waiting import Waiting
from sids_service.jobs.worker import Worker

LIST_SHARE = 5
"""A list is used for this many times the time that reading it took, so that long lists do not slow short jobs down."""

MOST_ATTEMPTS = 5
"""Of a job run by others' messages; as many as its own message is received (`maxDequeueCount` in host.json)."""

logger = logging.getLogger(__name__)


class FairWorker:
    """A worker that chooses the job of each message.

    Args:
        worker: runs the chosen jobs.
        store: has the list of waiting jobs.
        queue: receives a message for a job whose own was used up by others.
        around: wraps each run, for example to mark its log lines with the job's id.
    """

    def __init__(
        self,
        worker: Worker,
        store: JobStore,
        queue: MessageQueue,
        around: Callable[[str], AbstractContextManager[object]],
    ) -> None:
        self._worker = worker
        self._store = store
        self._queue = queue
        self._around = around
        self._entries: list[Waiting] = []
        self._outdated_at = 0.0

    def work(self, message: str) -> None:
        """Run one job. The message may be deleted when this returns; exceptions are those of `Worker.work`."""
        if self._is_retry(message) and self._run(message):
            return
        for entry in self._in_turn():
            with suppress(StillRunningError):  # another worker was faster
                if self._run(entry.job_id, entry):
                    return
        self._run(message)

    def give_up(self, message: str) -> None:
        """Fail the job of a message that was received too often, unless it has finished, is leased or was never tried.

        Its failures may have been those of other jobs. Then a new message replaces it.
        """
        job = self._job(message)
        if job is not None and job.status not in FINISHED and job.attempts == 0:
            logger.warning("job %s was never tried: its message was received for other jobs", message)
            self._queue.put(message)
            return
        failed = job is not None and _is_free(job)
        with self._around(message):
            self._worker.give_up(message)
        if not failed and (other := next(self._in_turn(), None)):
            self._queue.put(other.job_id)

    def _is_retry(self, message: str) -> bool:
        """Whether the message's own job was tried before and can be tried again."""
        job = self._job(message)
        return job is not None and job.attempts > 0 and _is_free(job)

    def _run(self, job_id: str, entry: Waiting | None = None) -> bool:
        """Whether the job was run to its end here. Raises what `Worker.work` raises."""
        with self._around(job_id):
            job = self._worker.work(job_id)
        if job is not None:
            for each in [entry] if entry else self._store.waiting():
                if each.job_id == job_id and has_ended(each, job):
                    self._forget(each)
                    self._store.leave(each)
        return job is not None

    def _in_turn(self) -> Iterator[Waiting]:
        """The entries of jobs that can be run now, in the order of the list; not those that failed a moment ago."""
        if monotonic() < self._outdated_at:
            yield from self._free(self._entries, fresh=False)
        started = monotonic()
        self._entries = sorted(self._store.waiting())
        self._outdated_at = monotonic() + LIST_SHARE * (monotonic() - started)
        yield from self._free(self._entries, fresh=True)

    def _free(self, entries: list[Waiting], *, fresh: bool) -> Iterator[Waiting]:
        """Those of the entries; in a list that is not fresh, ended ones were probably removed by who ran them."""
        for entry in entries:
            job = self._job(entry.job_id)
            if has_ended(entry, job):
                self._forget(entry)
                if fresh:
                    self._store.leave(entry)
            elif job is None or not _is_free(job):
                continue
            elif job.attempts >= MOST_ATTEMPTS:
                self._worker.give_up(job.id)
            elif job.lease_until is None or job.lease_until < datetime.now(UTC):
                yield entry

    def _forget(self, entry: Waiting) -> None:
        self._entries = [each for each in self._entries if each != entry]

    def _job(self, job_id: str) -> JobRecord | None:
        stored = self._store.read(job_id) if is_id(job_id) else None
        return stored.job if stored else None


def _is_free(job: JobRecord) -> bool:
    """Whether the job has not ended, and no worker has it."""
    return job.status not in FINISHED and not job.leased(datetime.now(UTC))
