"""Messages in an Azure Storage queue, encoded as the Functions host expects them: base64 of UTF-8."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from sids_service.jobs.messages import Message
from sids_service.jobs.storage import BOUNDS, reached

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

FOR_EVER = -1
"""Seconds to live. The service's default is a week, after which a job would wait for nobody."""

RECEIPT_IS_OLD = 400
"""Status of PopReceiptMismatch: the message was received again meanwhile."""


class StorageQueue:
    """A queue, made with the first message. Nothing is imported or connected to before the first call."""

    def __init__(self, name: str, connect: Callable[[], "QueueClient"]) -> None:
        self._place = f"the queue {name}"
        self._connect = connect

    @classmethod
    def by_identity(cls, account_url: str, name: str) -> "StorageQueue":
        """A queue opened by the process's own identity."""

        def connect() -> "QueueClient":
            from azure.identity import DefaultAzureCredential
            from azure.storage.queue import QueueClient

            return QueueClient(account_url, name, DefaultAzureCredential(), **BOUNDS)

        return cls(name, connect)

    @classmethod
    def by_connection_string(cls, secret: str, name: str) -> "StorageQueue":
        """A queue opened by a connection string."""

        def connect() -> "QueueClient":
            from azure.storage.queue import QueueClient

            return QueueClient.from_connection_string(secret, name, **BOUNDS)

        return cls(name, connect)

    def put(self, text: str) -> None:
        """Add a message, which stays until it is deleted."""
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        content = b64encode(text.encode()).decode()
        with reached(self._place):
            try:
                self._queue.send_message(content, time_to_live=FOR_EVER)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    self._queue.create_queue()
                self._queue.send_message(content, time_to_live=FOR_EVER)

    def receive(self, hidden_seconds: float) -> Message | None:
        """The next message, hidden from everybody else for that long; None where none is visible."""
        from azure.core.exceptions import ResourceNotFoundError

        with reached(self._place):
            try:
                found = self._queue.receive_message(visibility_timeout=ceil(hidden_seconds))
            except ResourceNotFoundError:
                return None
        if found is None:
            return None
        return Message(_decoded(found.content), found.dequeue_count or 1, found.id, str(found.pop_receipt))

    def hide(self, message: Message, seconds: float) -> Message:
        """Hide it for that long from now on; as it was where somebody else has received it since."""
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        with reached(self._place):
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
        """Remove it, unless somebody else has received it since."""
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        with reached(self._place):
            try:
                self._queue.delete_message(message.name, message.receipt)
            except ResourceNotFoundError:
                return
            except HttpResponseError as error:
                if error.status_code != RECEIPT_IS_OLD:
                    raise

    def length(self) -> int:
        """About how many messages there are, hidden ones included."""
        from azure.core.exceptions import ResourceNotFoundError

        with reached(self._place):
            try:
                return self._queue.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0

    @cached_property
    def _queue(self) -> "QueueClient":
        return self._connect()


def _decoded(content: str) -> str:
    """The text; as it is where somebody has put something else into the queue."""
    try:
        return b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return content
