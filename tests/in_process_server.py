"""A server over real HTTP in the test's own process, so that a test can hold what it computes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings


@contextmanager
def serving(settings: Settings, *, loaded: bool = True) -> Iterator[str]:
    """Base URL of the server, once its dataset is loaded unless it is not to be."""
    dataset = open_panel_source(settings)
    app = build_app(Context(settings, dataset))
    if loaded:
        dataset.panel()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app.api, lifespan="off", log_config=None, ws="none", proxy_headers=False))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        dataset.stop()
