"""A collector: takes what is sent by OTLP over HTTP, and by the exporters of Azure Monitor, and may keep them waiting.

It reads the protocol's own messages (opentelemetry-proto). The real one is a program in Go, of which no package of
Python or Node exists.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MESSAGES: Mapping[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
DEADLINE_SECONDS = 60


@dataclass
class Receiver:
    """What arrived, by path."""

    url: str = ""
    open: Event = field(default_factory=Event)
    arriving: Event = field(default_factory=Event)
    _received: list[tuple[str, Any]] = field(default_factory=list)
    _changed: Condition = field(default_factory=Condition)

    def add(self, path: str, content: Any) -> None:
        with self._changed:
            self._received.append((path, content))
            self._changed.notify_all()

    def wait_for(self, path: str, text: str) -> str:
        """What arrived at the path, as JSON, once it has the text."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.all(path), DEADLINE_SECONDS), self.all(path)
        return self.all(path)

    def all(self, path: str) -> str:
        """What arrived at the path, as JSON."""
        return json.dumps([content for where, content in self._received if where == path])

    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for where, content in self._received
            if where == "/v1/traces"
            for resource in content["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


@contextmanager
def receiving(*, held: bool = False) -> Iterator[Receiver]:
    """A collector on a free port; a held one does not answer until `open` is set."""
    receiver = Receiver()
    if not held:
        receiver.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.arriving.set()
            receiver.open.wait()
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path in MESSAGES:
                receiver.add(self.path, MessageToDict(MESSAGES[self.path].FromString(body)))
                self._answer(b"")
            else:
                items = json.loads(body)
                receiver.add(self.path.partition("?")[0], items)
                told = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
                self._answer(json.dumps(told).encode())

        def _answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
