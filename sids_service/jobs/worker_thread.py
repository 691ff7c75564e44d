"""A worker in this process, for jobs in a folder: no host calls anybody there."""

from datetime import timedelta
from threading import Event, Thread

from sids_service.jobs.jobs import Jobs
from sids_service.jobs.messages import MessageQueue
from sids_service.jobs.polling import Poller
from sids_service.jobs.worker import Worker

MOST_DEQUEUES = 5
"""As host.json has it for the Functions host."""

A_DAY = timedelta(days=1).total_seconds()


class WorkerThread:
    """Takes up what is queued or was interrupted, and removes what is old, until it is stopped."""

    def __init__(
        self, jobs: Jobs, queue: MessageQueue, worker: Worker, *, lease_seconds: float, keep_days: float
    ) -> None:
        self._jobs = jobs
        self._keep_days = keep_days
        self._stop = Event()
        # A message and the lease of its job run out together, so that an interrupted job is soon begun again.
        self._poller = Poller(
            queue,
            lambda message: worker.work(message.text),
            lambda message: worker.give_up(message.text),
            hidden_seconds=lease_seconds,
            most_dequeues=MOST_DEQUEUES,
        )
        self._threads = [
            Thread(target=self._poller.run, args=(self._stop,), name="jobs", daemon=True),
            Thread(target=self._expire_daily, name="expiry", daemon=True),
        ]

    def start(self) -> None:
        """Start in the background."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no further job; one in work is waited for."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _expire_daily(self) -> None:
        while not self._stop.is_set():
            self._jobs.expire(self._keep_days)
            self._stop.wait(A_DAY)
