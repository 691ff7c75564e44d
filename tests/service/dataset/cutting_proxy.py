"""A server between a client and Blob storage that cuts off or changes what is downloaded."""

import threading
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Change = Callable[[bytes], bytes]


class CuttingProxy:
    """Passes requests on; `change` is applied to the bodies of blobs whose name contains `of`, `times` times.

    Attributes:
        port: its port on this machine.
        downloads: how many bodies of such blobs were asked for.
        change: what becomes of a body.
        of: part of the blobs' names.
        times: how many bodies are changed.
        announces: whether Content-Length is that of the stored body, so that the client sees the connection break.
    """

    def __init__(self, blob_port: int) -> None:
        self.change: Change = lambda body: body
        self.of = ""
        self.times = 0
        self.announces = False
        self.downloads = 0
        self._blob_port = blob_port
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with closing(HTTPConnection("127.0.0.1", proxy._blob_port)) as asked:
                    asked.request(self.command, self.path, headers=dict(self.headers))
                    response = asked.getresponse()
                    body = response.read()
                sent = proxy._sent(self.path, body) if self.command == "GET" and response.status < 300 else body
                self.send_response(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in {"content-length", "transfer-encoding", "connection", "date", "server"}:
                        self.send_header(name, value)
                length = response.getheader("Content-Length") if self.command == "HEAD" or proxy.announces else None
                self.send_header("Content-Length", length or str(len(sent)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(sent)

            do_HEAD = do_GET  # noqa: N815 (the name that the server calls)

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        return Handler

    def _sent(self, path: str, body: bytes) -> bytes:
        if not self.of or self.of not in path:
            return body
        self.downloads += 1
        if self.downloads > self.times:
            return body
        return self.change(body)
