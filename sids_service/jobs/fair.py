"""Runs waiting jobs in an order that is fair between clients, on any queue.

A message is a permit to run one job: whichever job's id it carries, the worker runs the one whose turn it is. Queues
that are first in, first out, and the trigger of the Functions host, thus need not know the order. There is a message
for every unfinished job, since each message is kept until the job it ran has ended.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from time import monotonic

from sids_service.jobs.errors import StillRunningError
from sids_service.jobs.job import FINISHED, is_id
from sids_service.jobs.queue import MessageQueue
from sids_service.jobs.quota import has_ended
from sids_service.jobs.store import JobStore, Stored
from sids_service.jobs.waiting import Waiting
from sids_service.jobs.worker import Worker

LIST_SHARE = 5
"""A list is used for this many times the time that reading it took, so that long lists do not slow short jobs down."""

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
        """Run one job. The message may be deleted when this returns.

        Raises:
            StillRunningError: no job can be run now, but one that others run, or that failed a moment ago, may need the
                message.
            Exception: those of `Worker.work`.
        """
        if self._is_retry(message) and self._run(message):
            return
        for entry in self._in_turn():
            with suppress(StillRunningError):  # another worker was faster
                if self._run(entry.job_id, entry):
                    return
        if not self._run(message) and self._is_needed():
            raise StillRunningError("the jobs that are left are run by other workers, or failed a moment ago")

    def give_up(self, message: str) -> None:
        """Fail the job of a message that was received too often, if its attempts are used up; else send a new message.

        Its failures may have been those of other jobs. A permit whose own job has ended or is run goes to another one.
        """
        stored = self._stored(message)
        with self._around(message):
            self._worker.give_up(message)
        if (stored is None or not stored.is_free) and (other := next(self._in_turn(), None)):
            self._queue.put(other.job_id)

    def _is_needed(self) -> bool:
        """Whether jobs of the list just read have not ended, with no more messages than these, leased ones included."""
        jobs = {entry.job_id for entry in self._entries}
        left = [stored for job_id in jobs if (stored := self._stored(job_id)) and stored.job.status not in FINISHED]
        return 0 < len(left) >= self._queue.length()

    def _is_retry(self, message: str) -> bool:
        """Whether the message's own job was tried before and can be tried again."""
        stored = self._stored(message)
        return stored is not None and stored.job.attempts > 0 and stored.is_free

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
            stored = self._stored(entry.job_id)
            if has_ended(entry, stored.job if stored else None):
                self._forget(entry)
                if fresh:
                    self._store.leave(entry)
            elif stored is not None and stored.is_free and not stored.is_pausing:
                yield entry

    def _forget(self, entry: Waiting) -> None:
        self._entries = [each for each in self._entries if each != entry]

    def _stored(self, job_id: str) -> Stored | None:
        return self._store.read(job_id) if is_id(job_id) else None
