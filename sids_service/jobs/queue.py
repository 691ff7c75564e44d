"""Message queues with the semantics of Azure Storage: a received message becomes visible again unless deleted."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from math import ceil
from typing import TYPE_CHECKING, Protocol

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.store import local_folder
from sids_service.settings import Settings
from sids_service.storage.azure import open_queue as open_storage_queue
from sids_service.storage.azure import translated

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

FOR_EVER = -1
"""Time to live in seconds. After the storage service's default of a week a job would have no message."""

RECEIPT_IS_OLD = 400
"""Status of PopReceiptMismatch: the message was received again meanwhile."""


@dataclass(frozen=True, slots=True)
class Message:
    """A received message.

    Attributes:
        text: its content.
        dequeues: number of times it has been received.
        name: its id in the queue.
        receipt: proves that it has not been received again since.
    """

    text: str
    dequeues: int
    name: str
    receipt: str


class MessageQueue(Protocol):
    """A queue, roughly first in, first out. Every method may raise StoreUnavailableError."""

    def put(self, text: str) -> None:
        """Add a message; it remains until deleted."""

    def receive(self, hidden_seconds: float) -> Message | None:
        """Receive the next message and hide it for `hidden_seconds`; None if none is visible."""

    def hide(self, message: Message, seconds: float) -> Message:
        """Hide it for `seconds` from now on; returns the message to use afterwards."""

    def delete(self, message: Message) -> None:
        """Remove it, unless it has been received again since."""

    def length(self) -> int:
        """Approximate number of messages, hidden ones included."""


def open_queue(settings: Settings) -> MessageQueue:
    """The configured queue; nothing is opened or connected to yet."""
    name = settings.jobs_queue
    if settings.jobs_storage is not None:
        secret = settings.jobs_storage.get_secret_value()
        return StorageQueue(name, partial(open_storage_queue, connection_string=secret, name=name))
    if settings.jobs_storage__queueserviceuri is not None:
        account = settings.jobs_storage__queueserviceuri
        return StorageQueue(name, partial(open_storage_queue, account_url=account, name=name))
    from sids_service.jobs.local_store import LocalQueue, open_database

    return LocalQueue(open_database(local_folder(settings)), name)


class StorageQueue:
    """An Azure Storage queue, created with the first message; `connect` opens it at the first call.

    Messages are encoded as the Functions host expects them: base64 of UTF-8.
    """

    def __init__(self, name: str, connect: Callable[[], "QueueClient"]) -> None:
        self._place = f"the queue {name} cannot be used"
        self._connect = connect

    def put(self, text: str) -> None:
        """Add a message; it remains until deleted."""
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        content = b64encode(text.encode()).decode()
        with translated(self._place, StoreUnavailableError):
            try:
                self._queue.send_message(content, time_to_live=FOR_EVER)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    self._queue.create_queue()
                self._queue.send_message(content, time_to_live=FOR_EVER)

    def receive(self, hidden_seconds: float) -> Message | None:
        """Receive the next message and hide it for `hidden_seconds`; None if none is visible."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(self._place, StoreUnavailableError):
            try:
                found = self._queue.receive_message(visibility_timeout=ceil(hidden_seconds))
            except ResourceNotFoundError:
                return None
        if found is None:
            return None
        return Message(_decoded(found.content), found.dequeue_count or 1, found.id, str(found.pop_receipt))

    def hide(self, message: Message, seconds: float) -> Message:
        """Hide it for `seconds` from now on; unchanged if it has been received again since."""
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        with translated(self._place, StoreUnavailableError):
            try:
                hidden = self._queue.update_message(message.name, message.receipt, visibility_timeout=ceil(seconds))
            except ResourceNotFoundError:
                return message
            except HttpResponseError as error:
                if error.status_code == RECEIPT_IS_OLD:
                    return message
                raise
        return Message(message.text, message.dequeues, message.name, str(hidden.pop_receipt))

    def delete(self, message: Message) -> None:
        """Remove it, unless it has been received again since."""
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        with translated(self._place, StoreUnavailableError):
            try:
                self._queue.delete_message(message.name, message.receipt)
            except ResourceNotFoundError:
                return
            except HttpResponseError as error:
                if error.status_code != RECEIPT_IS_OLD:
                    raise

    def length(self) -> int:
        """Approximate number of messages, hidden ones included."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(self._place, StoreUnavailableError):
            try:
                return self._queue.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0

    @cached_property
    def _queue(self) -> "QueueClient":
        return self._connect()


def _decoded(content: str) -> str:
    """The text; unchanged if the message is not base64 of UTF-8, as one that another program sent."""
    try:
        return b64decode(content, validate=True).decode()
    except ValueError:  # of any of the steps: not ASCII, not base64, not UTF-8
        return content
