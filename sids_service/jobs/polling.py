"""Taking messages off a queue as the Functions host does with a batch size of one."""

import logging
from collections.abc import Callable
from threading import Event, Lock

from sids_core.errors import SidsError
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.messages import Message, MessageQueue
from sids_service.jobs.repeating import repeating

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0

logger = logging.getLogger(__name__)


class Poller:
    """Hands one message after another to `handle`.

    A message whose handling returns is deleted. If it raises, or the process dies, the message comes again, until it
    has come `most_dequeues` times; then it goes to `poison`.
    """

    def __init__(
        self,
        queue: MessageQueue,
        handle: Callable[[Message], None],
        poison: Callable[[Message], None],
        *,
        hidden_seconds: float,
        most_dequeues: int,
    ) -> None:
        self._queue = queue
        self._handle = handle
        self._poison = poison
        self._hidden_seconds = hidden_seconds
        self._most_dequeues = most_dequeues

    def run(self, stop: Event) -> None:
        """Poll until stopped: at once after a message, with growing pauses while there is none."""
        pause = SHORTEST_PAUSE
        while not stop.is_set():
            try:
                found = self.once()
            except StoreUnavailableError as error:
                logger.warning("%s", error)
                found = False
            except Exception:
                # The thread is all that takes messages: it must outlive a fault that nobody foresaw.
                logger.exception("polling failed")
                found = False
            pause = SHORTEST_PAUSE if found else min(2 * pause, LONGEST_PAUSE)
            if not found:
                stop.wait(pause)

    def once(self) -> bool:
        """Handle the next message; whether there was one."""
        message = self._queue.receive(self._hidden_seconds)
        if message is None:
            return False
        held = _Held(self._queue, message, self._hidden_seconds)
        if message.dequeues > self._most_dequeues:
            self._poison(message)
            held.delete()
            return True
        with repeating(self._hidden_seconds / 2, held.extend):
            failed = self._failed(message)
        if not failed:
            held.delete()
        elif message.dequeues == self._most_dequeues:
            self._poison(message)
            held.delete()
        else:
            held.extend()
        return True

    def _failed(self, message: Message) -> bool:
        try:
            self._handle(message)
        except Exception as error:
            logger.warning(
                "message %.80r failed (%d of %d): %s",
                message.text,
                message.dequeues,
                self._most_dequeues,
                error,
                exc_info=not isinstance(error, SidsError),
            )
            return True
        return False


class _Held:
    """A message in work; every extension gives it a new receipt."""

    def __init__(self, queue: MessageQueue, message: Message, seconds: float) -> None:
        self._queue = queue
        self._message = message
        self._seconds = seconds
        self._lock = Lock()

    def extend(self) -> None:
        """Keep it hidden for the full time from now on."""
        with self._lock:
            try:
                self._message = self._queue.hide(self._message, self._seconds)
            except StoreUnavailableError as error:
                logger.warning("message %.80r could not be kept hidden: %s", self._message.text, error)

    def delete(self) -> None:
        with self._lock:
            self._queue.delete(self._message)
