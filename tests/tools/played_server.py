"""A local HTTP server whose answers a test writes, faults included."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    # Says that the body is whole, and hangs up half-way.
    truncated: bool = False


class PlayedServer:
    """Answers what `respond` says, unless faults are waiting for the path; they are used up one by one."""

    def __init__(self) -> None:
        self.respond: Callable[[str, Mapping[str, str]], Answer] = lambda _path, _query: Answer(status=404)
        self.faults: dict[str, list[Answer]] = {}
        self.asked: Counter[str] = Counter()
        self.held: set[str] = set()
        self._release = threading.Event()
        self._lock = threading.Lock()
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                played.reply(self, unquote(parts.path), dict(parse_qsl(parts.query)))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def release(self) -> None:
        """Answer what was held back."""
        self.held = set()
        self._release.set()

    def reply(self, handler: BaseHTTPRequestHandler, path: str, query: Mapping[str, str]) -> None:
        with self._lock:
            self.asked[path] += 1
            waiting = self.faults.get(path)
            answer = waiting.pop(0) if waiting else None
        if path in self.held:
            self._release.wait(PATIENCE_SECONDS)
        answer = answer or self.respond(path, query)
        try:
            handler.send_response(answer.status)
            for name, value in answer.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(answer.body)))
            handler.end_headers()
            handler.wfile.write(answer.body[: len(answer.body) // 2] if answer.truncated else answer.body)
        except OSError:  # the process that asked was killed
            handler.close_connection = True
