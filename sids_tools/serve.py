"""The development server: the application under uvicorn, without the Azure Functions host.

Without a DATASET_… setting it serves synthetic demo data, generated once in the current folder.
"""

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from sids_service.web.request_ids import mark_log_lines

if TYPE_CHECKING:
    from sids_service.dataset.panel_source import PanelSource

DEMO_DATA = Path("demo-data")
DEFAULT_PORT = "7071"
GRACE_SECONDS = 3
KEEP_ALIVE_SECONDS = 120
"""Idle connections stay open longer than clients keep them (5 to 115 seconds by default), so that none is closed at the
moment when the next request is sent on it."""


def main() -> NoReturn:
    """Serve until stopped by a signal. Exit codes: 0 stopped, 1 port in use, 2 invalid settings."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    mark_log_lines()
    for chatty in ("uvicorn", "azure.core", "azure.identity"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _serve(_listen(os.environ.get("PORT", "").strip() or DEFAULT_PORT))
    logging.shutdown()
    sys.stdout.flush()
    # A training in a pool thread cannot be interrupted, and waiting for it would make Ctrl-C look broken.
    os._exit(0)


def _serve(listener: socket.socket) -> None:
    from blueprints.app import check_protected, selected
    from sids_core.errors import SidsError
    from sids_service.dataset.panel_source import open_panel_source
    from sids_service.errors import ConfigurationError
    from sids_service.settings import read_settings

    try:
        settings = read_settings()
        check_protected(settings.access_protects)
        if settings.access == "keys":
            raise ConfigurationError("ACCESS is keys, which only the Functions host checks; choose anonymous or entra")
        if not (settings.dataset_path or settings.dataset_container_url or settings.dataset_connection_string):
            os.environ["DATASET_PATH"] = str(_demo_data())
            settings = read_settings()
        dataset = open_panel_source(settings)
        if settings.dataset_path:  # a container may be unreachable for a while; a missing folder is a typing error
            dataset.check_source()
        selected(settings.model_service)
    except SidsError as error:
        _fail(str(error), 2)
    import uvicorn

    from function_app import app, dataset, telemetry

    port = listener.getsockname()[1]
    count = len(app.get_functions())
    _say(f"Development server, not for production: {count} functions on http://localhost:{port}")
    _say(f"Access: {app.api.state.access}")
    demo = settings.dataset_path and settings.dataset_path.resolve() == DEMO_DATA.resolve()
    kind = "synthetic demo data" if demo else "data"

    class Server(uvicorn.Server):
        """Starts what works in the background when it listens: until then that would share the processor."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            app.start()
            if app.worker is not None:
                app.worker.start()
            Thread(target=_announce, args=(dataset, kind, port), daemon=True).start()

    config = uvicorn.Config(
        app.api,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # TRUSTED_PROXIES decides whom to believe, as on every host
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    with suppress(SystemExit):  # uvicorn shuts down gracefully, then raises the signal again
        Server(config).run(sockets=[listener])
    telemetry.stop()


def _listen(port: str) -> socket.socket:
    if not port.isdecimal() or int(port) > 65535:
        _fail(f"PORT is {port!r}; it should be a number up to 65535", 2)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", int(port)))
    except OSError as error:
        _fail(f"port {port} cannot be used ({error.strerror}); choose another one: PORT=7072", 1)
    return listener


def _demo_data() -> Path:
    if not DEMO_DATA.exists():
        from sids_core.panel.demo import write_demo_data

        _say(f"No DATASET_PATH is set: generating synthetic demo data in {DEMO_DATA}")
        write_demo_data(DEMO_DATA)
    return DEMO_DATA


def _announce(dataset: "PanelSource", kind: str, port: int) -> None:
    from sids_core.errors import DataUnavailableError

    with suppress(DataUnavailableError):
        dataset.panel()
    status = dataset.status()
    if not status.ready:
        _say(f"No data yet ({status.error or 'still loading'}); http://localhost:{port}/ready says when it is loaded")
        return
    counts = f"{status.countries} countries, {status.indicators} indicators, {status.years} years"
    _say(f"Ready: {kind} from {status.source} ({counts})")
    _say(f"Try:   curl http://localhost:{port}/ready")
    _say(f"Look:  http://localhost:{port}/explore")
    _say(f"Docs:  http://localhost:{port}/docs")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _fail(reason: str, code: int) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    sys.stderr.flush()
    os._exit(code)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
