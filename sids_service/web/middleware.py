"""Middleware: request ids, timings, the request log, the body limit, and CORS."""

import logging
import re
from collections.abc import Callable, Mapping
from time import perf_counter
from urllib.parse import quote
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sids_core import stages
from sids_service.errors import OverloadedError
from sids_service.telemetry.telemetry import Telemetry
from sids_service.web import request_ids
from sids_service.web.bodies import DOCUMENT_BYTES
from sids_service.web.errors import (
    BadHostError,
    BodyTooLargeError,
    ForeignBodyError,
    SlowBodyError,
    error_response,
    failure_response,
)
from sids_service.web.origins import check_foreign, check_host
from sids_service.web.routes import Paths
from sids_service.web.uploads import BODIES_AT_ONCE, ORDINARY_AT_ONCE, Uploads

# The dashboard sends Access-Control-Allow-Origin as a request header, so its preflights request it.
ALLOWED_HEADERS = (
    "Access-Control-Allow-Origin",
    "Authorization",
    "Cancel-Token",
    "Content-Type",
    "If-None-Match",
    "Prefer",
    "X-Functions-Key",
    "X-Request-ID",
)
EXPOSED_HEADERS = (
    "Cancel-Token",
    "Dataset-Version",
    "ETag",
    "Location",
    "Posed-Anew",
    "Preference-Applied",
    "Retry-After",
    "Server-Timing",
    "Cache-Status",
    "WWW-Authenticate",
    "X-Request-ID",
)
PREFLIGHT_SECONDS = 3600
NOT_IN_TOKEN = re.compile(r"[^\w-]+", re.ASCII)

logger = logging.getLogger(__name__)


class Cors(CORSMiddleware):
    """Starlette's CORS, with 204 for every OPTIONS request, also from other origins.

    With the origin `*` every origin is allowed. Credentials never are, since no endpoint uses cookies.

    The platform's own CORS must stay unset, since it would answer preflights before the service.
    """

    def __init__(self, app: ASGIApp, origins: str, paths: Paths) -> None:
        super().__init__(
            app,
            allow_origins=origins.split(","),
            allow_methods=("GET", "POST", "OPTIONS"),
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer OPTIONS and what a foreign page may not send; pass on everything else."""
        headers = Headers(scope=scope)
        if scope["method"] == "POST" and "origin" in headers and not self.is_allowed_origin(headers["origin"]):
            try:
                check_foreign(headers)
            except ForeignBodyError as error:
                refusal = error_response(error)
                refusal.headers["Vary"] = "Origin"
                await refusal(scope, receive, send)
                return
        methods = self._paths.allowed(scope["path"]) if scope["method"] == "OPTIONS" else ""
        if not methods:
            # Not the base class's __call__, which answers preflights for unknown paths, too.
            await self.simple_response(scope, receive, send, headers)
            return
        answer = Response(status_code=204, headers={"Vary": "Origin", "Allow": methods})
        if "origin" in headers and "access-control-request-method" in headers:
            preflight = self.preflight_response(headers)
            if preflight.status_code == 200:
                allowed = {name: value for name, value in preflight.headers.items() if name.startswith("access-")}
                answer.headers.update({**allowed, "Access-Control-Allow-Methods": methods})
        elif "origin" in headers and self.is_allowed_origin(headers["origin"]):
            answer.headers.update({"Access-Control-Allow-Origin": headers["origin"], **self.simple_headers})
        await answer(scope, receive, send)

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Add the CORS headers of a response: only Vary for an origin that is not allowed."""
        if self.is_allowed_origin(request_headers.get("origin", "")):
            await super().send(message, send, request_headers)
            return
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).add_vary_header("Origin")
        await send(message)


class Requests:
    """Gives each request an id, times it, traces it and logs it.

    Args:
        app: the wrapped application.
        paths: the routes' paths.
        telemetry: is told of each request.
        on_request: called with every request.
    """

    def __init__(self, app: ASGIApp, paths: Paths, telemetry: Telemetry, on_request: Callable[[], None] | None) -> None:
        self._app = app
        self._paths = paths
        self._telemetry = telemetry
        self._on_request = on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self._on_request is not None:
            self._on_request()
        started = perf_counter()
        proposed = Headers(scope=scope).get("x-request-id")
        route = self._paths.template(scope["path"])
        with (
            request_ids.handling(proposed) as request_id,
            self._telemetry.request(scope, route, request_id) as answered,
            stages.record() as seconds,
        ):
            status = 500

            async def marked(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    answered(status)
                    headers = MutableHeaders(scope=message)
                    headers["X-Request-ID"] = request_id
                    headers["Server-Timing"] = _server_timing({**seconds, "total": perf_counter() - started})
                await send(message)

            await self._app(self._paths.canonical(scope), receive, marked)
            milliseconds = (perf_counter() - started) * 1000
            logger.info("%s %s %d %.1f ms", scope["method"], quote(scope["path"]), status, milliseconds)


class Guard:
    """Limits bodies, refuses impossible hosts, and answers unexpected exceptions with an error id.

    Args:
        app: the wrapped application.
        paths: the routes' paths.
        max_body_bytes: of a request with columns; the bodies of others are `DOCUMENT_BYTES` at most.
    """

    def __init__(self, app: ASGIApp, paths: Paths, max_body_bytes: int) -> None:
        self._app = app
        self._paths = paths
        self._large = Uploads(max_body_bytes, BODIES_AT_ONCE * max_body_bytes)
        ordinary = min(DOCUMENT_BYTES, max_body_bytes)
        self._ordinary = Uploads(ordinary, ORDINARY_AT_ONCE * ordinary)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        responding = False

        async def noted(message: Message) -> None:
            nonlocal responding
            responding = True
            await send(message)

        try:
            await self._handle(scope, receive, noted)
        except (BodyTooLargeError, SlowBodyError, OverloadedError, BadHostError) as error:
            await error_response(error)(scope, receive, send)
        except Exception:
            error_id = uuid4().hex
            logger.exception("error %s", error_id)
            if responding:
                raise
            await failure_response(error_id)(scope, receive, send)

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        check_host(headers.get("host", ""))
        uploads = self._large if self._paths.takes_columns(scope["path"]) else self._ordinary
        upload = uploads.begin(receive, headers.get("content-length", ""))
        try:
            await self._app(scope, upload.receive, send)
        finally:
            upload.end()


def _server_timing(seconds: Mapping[str, float]) -> str:
    """The header of https://www.w3.org/TR/server-timing/: tokens and milliseconds."""
    return ", ".join(f"{NOT_IN_TOKEN.sub('-', name)};dur={value * 1000:.1f}" for name, value in seconds.items())
