"""A proxy for HTTP that behaves like a bad network and a busy service, at random but seeded."""

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from random import Random
from threading import Event, Thread

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CONNECTION = re.compile(rb"\r\nconnection: [^\r]*", re.IGNORECASE)
STATUSES = {500: b"Internal Server Error", 503: b"Server Busy", 429: b"Too Many Requests"}
FAULTS = ("request lost", "response lost", "reset", "late", "500", "500 after all", "503", "429")
LATE_SECONDS = 2.0


class FaultyProxy:
    """Forwards each request to a port of this machine, except for a share of them, each with one of FAULTS.

    Args:
        upstream: the port.
        share: of requests with a fault, 0 to 1.
        seed: of the faults.
        fault: chooses the fault of a request by its first line instead; "" for none.
    """

    def __init__(
        self, upstream: int, *, share: float = 0.0, seed: int = 0, fault: Callable[[bytes], str] | None = None
    ) -> None:
        self._upstream = upstream
        self._share = share
        self._random = Random(seed)  # noqa: S311
        self._fault = fault or self._drawn
        self.faults: Counter[str] = Counter()
        self.requests = 0
        self.port = 0

    @contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        """Answers on `port` meanwhile."""
        ready = Event()
        thread = Thread(target=asyncio.run, args=(self._run(ready),), daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join()

    async def _run(self, ready: Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._over.wait()
        server.close()
        while unfinished := asyncio.all_tasks() - {asyncio.current_task()}:  # connections accepted last begin new ones
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        await asyncio.sleep(0)  # transports that are closing

    def _drawn(self, _line: bytes) -> str:
        return self._random.choice(FAULTS) if self._random.random() < self._share else ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError), closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            fault = self._fault(head.partition(b"\r\n")[0])
            self.requests += 1
            self.faults[fault] += bool(fault)
            await self._answer(CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n" + body, fault, writer)

    async def _answer(self, request: bytes, fault: str, writer: asyncio.StreamWriter) -> None:
        if fault in ("500", "503", "429"):
            writer.write(_failure(int(fault)))
        elif fault == "reset":
            _reset(writer)
        elif fault != "request lost":
            if fault == "late":
                await asyncio.sleep(self._random.uniform(0, LATE_SECONDS))
            response = await self._forwarded(request)
            if fault == "500 after all":
                writer.write(_failure(500))
            elif fault != "response lost":
                writer.write(response)
                await writer.drain()

    async def _forwarded(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            writer.write(request)
            return await reader.read(-1)
        finally:
            writer.close()


def _failure(status: int) -> bytes:
    return b"HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % (status, STATUSES[status])


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
