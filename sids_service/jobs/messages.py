"""Queues of messages, as Azure Storage has them: a message that was received reappears unless it is deleted."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received.

    Attributes:
        text: its content.
        dequeues: how often it has been received.
        name: identifies it in its queue.
        receipt: proves that it has not been received by somebody else since.
    """

    text: str
    dequeues: int
    name: str
    receipt: str


class MessageQueue(Protocol):
    """Messages, roughly in the order they came. Every method may raise StoreUnavailableError."""

    def put(self, text: str) -> None:
        """Add a message, which stays until it is deleted."""

    def receive(self, hidden_seconds: float) -> Message | None:
        """The next message, hidden from everybody else for that long; None where none is visible."""

    def hide(self, message: Message, seconds: float) -> Message:
        """Hide it for that long from now on; use the returned message from then on."""

    def delete(self, message: Message) -> None:
        """Remove it, unless somebody else has received it since."""

    def length(self) -> int:
        """About how many messages there are, hidden ones included."""
