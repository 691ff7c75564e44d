"""Routes: common behaviour of all endpoints beyond FastAPI's, and path matching.

The Functions host ignores case and a trailing slash in paths, and passes one text per query parameter; every host
behaves the same.
"""

import re
from collections.abc import Callable, Coroutine, Iterable
from inspect import getdoc
from json import detect_encoding
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from sids_service.web.errors import GIVEN, NotJsonError


class JsonRequest(Request):
    """A request whose body is parsed as JSON for any Content-Type, since `curl -d` declares a form."""

    def __init__(self, request: Request) -> None:
        headers = [item for item in request.scope["headers"] if item[0] != b"content-type"]
        super().__init__(
            {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}, request.receive
        )
        self._document: Any = None

    async def json(self) -> Any:
        """The body as an object.

        Raises:
            NotJsonError: not JSON (RFC 8259 excludes NaN and Infinity), not Unicode, nested deeper than 200 levels, or
                incomplete since the client disconnected.
            RequestValidationError: JSON, but not an object.
        """
        if self._document is None:
            try:
                document = from_json(_unicode(await self.body()), allow_inf_nan=False)
            except ClientDisconnect:
                raise NotJsonError("The body ends early: the client has disconnected") from None
            except UnicodeDecodeError as error:
                raise NotJsonError(f"The body is not JSON: it is no valid {error.encoding.upper()}") from None
            except ValueError as error:
                raise NotJsonError(f"The body is not JSON: {error}") from None
            if not isinstance(document, dict):
                raise RequestValidationError(
                    [{"loc": ("body",), "msg": "The body should be a JSON object", "type": "object_type"}]
                )
            self._document = document
        return self._document


class JsonRoute(APIRoute):
    """A route that parses its body strictly as JSON; the first line of its docstring is its summary."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        summary = options.pop("summary", None) or (getdoc(endpoint) or "").partition("\n")[0] or None
        super().__init__(path, endpoint, summary=summary, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, after the body was parsed."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def parsed(request: Request) -> Response:
            read = JsonRequest(request)
            request.scope[GIVEN] = await read.json()
            return await handle(read)

        return parsed


class Paths:
    """The paths of some routers, matched like on the Functions host."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._methods: dict[str, set[str]] = {}
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    self._methods.setdefault(route.path, set()).update(route.methods or ())
        # Paths without parameters first, as they are more specific.
        templates = sorted(self._methods, key=lambda path: ("{" in path, path))
        self._patterns = [(_pattern(template), template) for template in templates]

    def allowed(self, path: str) -> str:
        """The methods of a path, for the Allow header; empty for an unknown path."""
        found = self._find(path)
        return ", ".join([*sorted(self._methods[found[0]]), "OPTIONS"]) if found else ""

    def canonical(self, scope: Scope) -> Scope:
        """The scope with its route's path and one text per query parameter.

        The path is in the route's case, without a trailing slash. Empty parameters are dropped, repeated ones joined by
        commas.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"))
        joined = urlencode({name: ",".join(values) for name, values in query.items()})
        canonical = {**scope, "query_string": joined.encode("latin-1")}
        if found := self._find(scope["path"]):
            template, parameters = found
            canonical["path"] = template.format(**parameters)
        return canonical

    def _find(self, path: str) -> tuple[str, dict[str, str]] | None:
        for pattern, template in self._patterns:
            if match := pattern.fullmatch(path):
                return template, match.groupdict()
        return None


def _unicode(body: bytes) -> bytes | str:
    """The text of a body in UTF-8, UTF-16 or UTF-32, with or without a byte order mark; UTF-8 is returned as it is."""
    encoding = detect_encoding(body)
    return body if encoding == "utf-8" else body.decode(encoding)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template.rstrip("/"))
    expression = "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile(f"{expression}/?", re.IGNORECASE)
