"""Routes: common behaviour of all endpoints beyond FastAPI's, and path matching.

The Functions host ignores case and a trailing slash in paths, and passes one text per query parameter; every host
behaves the same.
"""

import re
from collections.abc import Callable, Coroutine, Iterable
from inspect import getdoc
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from sids_service.web.access import Access
from sids_service.web.bodies import DOCUMENT_BYTES, column_field, parse
from sids_service.web.errors import GIVEN, NotJsonError


class JsonRequest(Request):
    """A request whose body is parsed as JSON for any Content-Type, since `curl -d` declares a form.

    Args:
        request: as received.
        columns: the field whose lists and objects are kept as text, see `bodies`.
    """

    def __init__(self, request: Request, columns: str | None) -> None:
        headers = [item for item in request.scope["headers"] if item[0] != b"content-type"]
        super().__init__(
            {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}, request.receive
        )
        self._columns = columns
        self._document: Any = None

    async def json(self) -> Any:
        """The body as an object.

        Raises:
            SidsError: as of `bodies.parse`, or the client disconnected before the end.
            RequestValidationError: JSON, but not an object.
        """
        if self._document is None:
            try:
                body = await self.body()
            except ClientDisconnect:
                raise NotJsonError("The body ends early: the client has disconnected") from None
            if len(body) <= DOCUMENT_BYTES:
                self._document = parse(body, self._columns)
            else:  # takes long enough to keep others waiting
                self._document = await run_in_threadpool(parse, body, self._columns)
        return self._document


class JsonRoute(APIRoute):
    """A route that checks who asks, and parses its body strictly as JSON.

    The first line of its docstring is its summary.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        summary = options.pop("summary", None) or (getdoc(endpoint) or "").partition("\n")[0] or None
        super().__init__(path, endpoint, summary=summary, **options)
        kind = self.body_field.field_info.annotation if self.body_field else None
        self.columns = column_field(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, after the request was let in and its body parsed."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            access: Access = request.app.state.access
            closed = await access.check(request, self)
            read = request
            if self.body_field is not None:
                read = JsonRequest(request, self.columns)
                request.scope[GIVEN] = await read.json()  # for the errors, whose handlers have this scope
            response = await handle(read)
            if closed:  # else a cache in front might answer those who are not let in
                response.headers["Cache-Control"] = "private"
            return response

        return checked


class Paths:
    """The paths of some routers, matched like on the Functions host."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._methods: dict[str, set[str]] = {}
        self._large: set[str] = set()
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    self._methods.setdefault(route.path, set()).update(route.methods or ())
                    if isinstance(route, JsonRoute) and route.columns:
                        self._large.add(route.path)
        # Paths without parameters first, as they are more specific.
        templates = sorted(self._methods, key=lambda path: ("{" in path, path))
        self._patterns = [(_pattern(template), template) for template in templates]

    def allowed(self, path: str) -> str:
        """The methods of a path, for the Allow header; empty for an unknown path."""
        found = self._find(path)
        return ", ".join([*sorted(self._methods[found[0]]), "OPTIONS"]) if found else ""

    def template(self, path: str) -> str:
        """The template of a path's route; empty for an unknown path."""
        found = self._find(path)
        return found[0] if found else ""

    def takes_columns(self, path: str) -> bool:
        """Whether a body of the path may be large, as its columns are kept as text."""
        found = self._find(path)
        return found is not None and found[0] in self._large

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


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template.rstrip("/"))
    expression = "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile(f"{expression}/?", re.IGNORECASE)
