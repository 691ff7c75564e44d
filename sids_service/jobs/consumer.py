"""The worker loop: receives messages like the Functions host with a batch size of one."""

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Lock, Thread

from sids_core.errors import SidsError
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.jobs import JobService
from sids_service.jobs.lease import repeating
from sids_service.jobs.queue import Message, MessageQueue

MAX_DEQUEUES = 5
"""The same as in host.json for the Functions host."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
AN_HOUR = timedelta(hours=1).total_seconds()
SWEEP_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Consumer:
    """Passes messages to `work`, one at a time.

    A message is deleted when `work` returns. If it raises, or the process dies, the message becomes visible again;
    after `max_dequeues` times it is passed to `give_up` and deleted, also if `give_up` fails.
    """

    def __init__(
        self,
        queue: MessageQueue,
        work: Callable[[str], None],
        give_up: Callable[[str], None],
        *,
        hidden_seconds: float,
        max_dequeues: int = MAX_DEQUEUES,
    ) -> None:
        self._queue = queue
        self._work = work
        self._give_up = give_up
        self._hidden_seconds = hidden_seconds
        self._max_dequeues = max_dequeues

    def run(self, stop: Event) -> None:
        """Poll until stopped: immediately after a message, at growing intervals while the queue is empty."""
        pause = SHORTEST_PAUSE
        while not stop.is_set():
            try:
                found = self.once()
            except StoreUnavailableError as error:
                logger.warning("%s", error)
                found = False
            except Exception:
                # No other thread receives messages: this one must survive unexpected errors.
                logger.exception("polling failed")
                found = False
            pause = SHORTEST_PAUSE if found else min(2 * pause, LONGEST_PAUSE)
            if not found:
                stop.wait(pause)

    def once(self) -> bool:
        """Handle the next message; returns whether one was visible."""
        message = self._queue.receive(self._hidden_seconds)
        if message is None:
            return False
        held = _HeldMessage(self._queue, message, self._hidden_seconds)
        if message.dequeues > self._max_dequeues:
            self._drop(held, message)
            return True
        with repeating(self._hidden_seconds / 2, held.extend):
            failed = self._failed(message)
        if not failed:
            held.delete()
        elif message.dequeues == self._max_dequeues:
            self._drop(held, message)
        else:
            held.extend()
        return True

    def _drop(self, held: "_HeldMessage", message: Message) -> None:
        try:
            self._give_up(message.text)
        except StoreUnavailableError:
            raise
        except Exception:
            logger.exception("message %.80r is dropped", message.text)
        held.delete()

    def _failed(self, message: Message) -> bool:
        try:
            self._work(message.text)
        except Exception as error:
            logger.warning(
                "message %.80r failed (%d of %d): %s",
                message.text,
                message.dequeues,
                self._max_dequeues,
                error,
                exc_info=not isinstance(error, SidsError),
            )
            return True
        return False


class _HeldMessage:
    """A message in progress; every extension may return a new receipt."""

    def __init__(self, queue: MessageQueue, message: Message, seconds: float) -> None:
        self._queue = queue
        self._message = message
        self._seconds = seconds
        self._lock = Lock()

    def extend(self) -> None:
        """Hide the message for the full time from now on."""
        with self._lock:
            try:
                self._message = self._queue.hide(self._message, self._seconds)
            except StoreUnavailableError as error:
                logger.warning("extending the invisibility of message %.80r failed: %s", self._message.text, error)

    def delete(self) -> None:
        with self._lock:
            self._queue.delete(self._message)


class BackgroundWorker:
    """A consumer, the search for lost messages and the removal of old jobs, in threads, without a Functions host."""

    def __init__(self, consumer: Consumer, jobs: JobService, keep_days: float, most_bytes: int) -> None:
        self._jobs = jobs
        self._keep_days = keep_days
        self._most_bytes = most_bytes
        self._stop = Event()
        self._lock = Lock()
        self._started = False
        self._threads = [
            Thread(target=consumer.run, args=(self._stop,), name="jobs", daemon=True),
            Thread(target=self._repeat, args=(self._sweep, SWEEP_SECONDS), name="sweep", daemon=True),
            Thread(target=self._repeat, args=(self._expire, AN_HOUR), name="expiry", daemon=True),
        ]

    def start(self) -> None:
        """Start the threads; repeated calls have no effect."""
        with self._lock:
            if not self._started:
                self._started = True
                for thread in self._threads:
                    thread.start()

    def stop(self) -> None:
        """Stop receiving, and wait for the job in progress."""
        self._stop.set()
        with self._lock:
            for thread in self._threads if self._started else ():
                thread.join()

    def _sweep(self) -> None:
        self._jobs.sweep()

    def _expire(self) -> None:
        self._jobs.expire(self._keep_days, self._most_bytes)

    def _repeat(self, action: Callable[[], None], seconds: float) -> None:
        while not self._stop.is_set():
            try:
                action()
            except StoreUnavailableError as error:
                logger.warning("%s", error)
            except Exception:
                # As in the consumer: nobody else does this.
                logger.exception("looking after the jobs failed")
            self._stop.wait(seconds)
