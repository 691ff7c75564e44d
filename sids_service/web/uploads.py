"""Bounds the bodies that a process holds at once, while they are read.

The Functions host passes complete bodies and limits them itself; there the bounds hold from the call of the function.
"""

import asyncio
from time import monotonic

from starlette.types import Message, Receive

from sids_service.errors import OverloadedError
from sids_service.web.errors import BodyTooLargeError, SlowBodyError

BODIES_AT_ONCE = 4
ORDINARY_AT_ONCE = 32
"""Bodies of the largest size, of surveys and of other requests, whose bytes may be held at once by any number."""

RETRY_SECONDS = 10

GRACE_SECONDS = 20
SLOWEST_BYTES_PER_SECOND = 8 * 2**10
"""A body may take the grace and the seconds of the slowest rate: 32 MB an hour, a form of 1 kB 20 seconds."""


class Uploads:
    """The bodies of a kind of endpoint.

    Args:
        most_bytes: of one body.
        together: bytes of all bodies that are held at once.
    """

    def __init__(self, most_bytes: int, together: int) -> None:
        self._most_bytes = most_bytes
        self._together = together
        self._held = 0

    def begin(self, receive: Receive, declared: str) -> "Upload":
        """The body of a request.

        Args:
            receive: of the request.
            declared: its length, as the client says; empty if it does not.

        Raises:
            BodyTooLargeError: the client announces too much.
        """
        if declared.isdecimal() and (len(declared) >= 20 or int(declared) > self._most_bytes):
            raise self.too_large()
        return Upload(self, receive)

    def too_large(self) -> BodyTooLargeError:
        """The error of a body above the limit."""
        return BodyTooLargeError(f"The body is too large; at most {self._most_bytes} bytes are accepted")

    def hold(self, size: int, more: int) -> None:
        """Count more bytes of a body, of which `size` have been counted.

        Raises:
            BodyTooLargeError: the body is too large.
            OverloadedError: all bodies together are.
        """
        if size + more > self._most_bytes:
            raise self.too_large()
        if self._held + more > self._together:
            raise OverloadedError(
                "The server is receiving or working on as many bodies as it can hold", retry_after=RETRY_SECONDS
            )
        self._held += more

    def release(self, size: int) -> None:
        """Forget a body."""
        self._held -= size


class Upload:
    """One body, counted until `end`."""

    def __init__(self, uploads: Uploads, receive: Receive) -> None:
        self._uploads = uploads
        self._receive = receive
        self._started = monotonic()
        self._size = 0
        self._complete = False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            SlowBodyError: the rest of the body takes too long.
            BodyTooLargeError: the body is too large.
            OverloadedError: all bodies together are.
        """
        if self._complete:
            return await self._receive()
        seconds = self._started + GRACE_SECONDS + self._size / SLOWEST_BYTES_PER_SECOND - monotonic()
        try:
            async with asyncio.timeout(seconds):
                message = await self._receive()
        except TimeoutError:
            raise SlowBodyError("The body arrives too slowly") from None
        more = len(message.get("body", b""))
        self._uploads.hold(self._size, more)
        self._size += more
        self._complete = not message.get("more_body", False)
        return message

    def end(self) -> None:
        """Forget the body."""
        self._uploads.release(self._size)
