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
from sids_service.web import request_ids
from sids_service.web.errors import BodyTooLargeError, error_response, failure_response
from sids_service.web.routes import Paths

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
    "ETag",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "Server-Timing",
    "Cache-Status",
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
        """Answer OPTIONS; pass on everything else."""
        headers = Headers(scope=scope)
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
    """Gives each request an id, times it and logs it.

    Args:
        app: the wrapped application.
        paths: the routes' paths.
        on_request: called with every request.
    """

    def __init__(self, app: ASGIApp, paths: Paths, on_request: Callable[[], None] | None) -> None:
        self._app = app
        self._paths = paths
        self._on_request = on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self._on_request is not None:
            self._on_request()
        started = perf_counter()
        proposed = Headers(scope=scope).get("x-request-id")
        with request_ids.handling(proposed) as request_id, stages.record() as seconds:
            status = 500

            async def marked(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    headers = MutableHeaders(scope=message)
                    headers["X-Request-ID"] = request_id
                    headers["Server-Timing"] = _server_timing({**seconds, "total": perf_counter() - started})
                await send(message)

            await self._app(self._paths.canonical(scope), receive, marked)
            milliseconds = (perf_counter() - started) * 1000
            logger.info("%s %s %d %.1f ms", scope["method"], quote(scope["path"]), status, milliseconds)


class Guard:
    """Limits the request body, and answers unexpected exceptions with an error id.

    Args:
        app: the wrapped application.
        max_body_bytes: larger bodies are rejected while being read.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        responding = False

        async def noted(message: Message) -> None:
            nonlocal responding
            responding = True
            await send(message)

        try:
            self._check_declared_length(Headers(scope=scope))
            await self._app(scope, self._limited(receive), noted)
        except BodyTooLargeError as error:
            await error_response(error)(scope, receive, send)
        except Exception:
            error_id = uuid4().hex
            logger.exception("error %s", error_id)
            if responding:
                raise
            await failure_response(error_id)(scope, receive, send)

    def _check_declared_length(self, headers: Headers) -> None:
        declared = headers.get("content-length", "")
        if declared.isdecimal() and (len(declared) >= 20 or int(declared) > self._max_body_bytes):
            raise self._too_large()

    def _limited(self, receive: Receive) -> Receive:
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_body_bytes:
                raise self._too_large()
            return message

        return limited

    def _too_large(self) -> BodyTooLargeError:
        return BodyTooLargeError(f"The body is too large; at most {self._max_body_bytes} bytes are accepted")


def _server_timing(seconds: Mapping[str, float]) -> str:
    """The header of https://www.w3.org/TR/server-timing/: tokens and milliseconds."""
    return ", ".join(f"{NOT_IN_TOKEN.sub('-', name)};dur={value * 1000:.1f}" for name, value in seconds.items())
