"""Requests to functions, as the Azure Functions host routes them: an ASGI application over `app.get_functions()`.

Where the host's ways matter to a caller they are kept: paths match in any case and with a trailing slash, empty query
parameters are dropped and repeated ones joined by commas, bodies end at 100 MiB.
"""

import json
import re
from asyncio import CancelledError, get_running_loop
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import azure.functions as func
from azure.functions.decorators.function_app import Function
from azure.functions.decorators.http import HttpTrigger

LARGEST_BODY = 100 * 2**20

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP-triggered function and the requests it takes."""

    path: re.Pattern[str]
    methods: frozenset[str]
    anonymous: bool
    function: Callable[[func.HttpRequest], func.HttpResponse]


class FunctionsHost:
    """The ASGI application. Functions run in the executor, since they are synchronous."""

    def __init__(self, functions: Iterable[Function], prefix: str, executor: Executor) -> None:
        self.routes = tuple(route for function in functions if (route := _route(function, prefix)))
        self._executor = executor

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await _read(receive)
        response = _refused(413) if body is None else await self._respond(scope, body)
        content = response.get_body()
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        if response.status_code != 204:
            headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _respond(self, scope: Message, body: bytes) -> func.HttpResponse:
        found = [(route, match) for route in self.routes if (match := route.path.fullmatch(scope["path"]))]
        if not found:
            return _refused(404)
        for route, match in found:
            if scope["method"] in route.methods:
                if not route.anonymous:
                    return _refused(401)
                request = _request(scope, body, match.groupdict())
                try:
                    return await get_running_loop().run_in_executor(self._executor, route.function, request)
                except CancelledError:  # the server stops and has waited long enough
                    return _refused(503)
        return _refused(405, Allow=", ".join(sorted({method for route, _ in found for method in route.methods})))


def read_route_prefix(host_json: Path) -> str:
    """The first part of every route: that of host.json, `api` where it names none."""
    settings = json.loads(host_json.read_text(encoding="utf-8"))
    prefix: str = settings.get("extensions", {}).get("http", {}).get("routePrefix", "api")
    return prefix


def _route(function: Function, prefix: str) -> Route | None:
    trigger = function.get_trigger()
    if not isinstance(trigger, HttpTrigger):
        return None
    methods = trigger.methods or func.HttpMethod
    return Route(
        _pattern("/".join(part for part in (prefix, trigger.route or function.get_function_name()) if part)),
        frozenset(str(method.value) for method in methods),
        trigger.auth_level is func.AuthLevel.ANONYMOUS,
        function.get_user_function(),
    )


def _pattern(template: str) -> re.Pattern[str]:
    """`{name}` is one segment, `{*name}` the rest of the path, `{name:maxlength(0)?}` nothing at all."""
    parts = re.split(r"({[^}]*})", template)
    expression = "".join(_part(part) for part in parts)
    return re.compile(f"/{expression}/?", re.IGNORECASE)


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    if part.endswith(":maxlength(0)?}"):
        return ""
    name = part.strip("{*}")
    return f"(?P<{name}>.*)" if part.startswith("{*") else f"(?P<{name}>[^/]+)"


def _request(scope: Message, body: bytes, route_params: dict[str, str]) -> func.HttpRequest:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    query = scope["query_string"].decode("latin-1")
    address = f"{scope['scheme']}://{headers.get('host', 'localhost')}{scope['raw_path'].decode('latin-1')}"
    return func.HttpRequest(
        scope["method"],
        f"{address}?{query}" if query else address,
        headers=headers,
        params={name: ",".join(values) for name, values in parse_qs(query).items()},
        route_params=route_params,
        body=body,
    )


async def _read(receive: Receive) -> bytes | None:
    """The body, or None where it is larger than the host takes."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        size += len(message.get("body", b""))
        if size <= LARGEST_BODY:
            chunks.append(message.get("body", b""))
    return b"".join(chunks) if size <= LARGEST_BODY else None


def _refused(status: int, **headers: str) -> func.HttpResponse:
    return func.HttpResponse(b"", status_code=status, headers=headers)
