"""Who may do what: which operations need a credential, and who checks it.

A route is closed unless it is marked with `OPEN` or the operator's ACCESS_PROTECTS leaves it out, so that a new one
cannot be forgotten. The check is part of the route itself (`routes.JsonRoute`), before the body is read: no other view
of the path could differ from the router's.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute

from sids_service.entra.tokens import Tokens
from sids_service.errors import ConfigurationError
from sids_service.settings import Settings

OPEN: dict[str, Any] = {"security": []}
"""Marks a route that is open under every setting (`openapi_extra=OPEN`), in OpenAPI's own words."""

ALL, CATALOGUE, COMPUTATIONS, JOBS = "all", "catalogue", "computations", "jobs"
GROUPS = (ALL, CATALOGUE, COMPUTATIONS, JOBS)
"""What ACCESS_PROTECTS may name besides models."""

RESPOND_ASYNC = "respond-async"
SCHEMES: Mapping[str, Mapping[str, str]] = {
    "keys": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Functions-Key",
        "description": "A key of the Functions host.",
    },
    "entra": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of Entra ID.",
    },
}
"""OpenAPI's security schemes."""

_by_host: ContextVar[bool] = ContextVar("by_host", default=False)


@contextmanager
def passed_by_host() -> Iterator[None]:
    """The enclosed request came through the Functions host, which has checked its key if the function needs one."""
    token = _by_host.set(True)
    try:
        yield
    finally:
        _by_host.reset(token)


@dataclass(frozen=True)
class Access:
    """The operator's decision.

    Attributes:
        scheme: anonymous, keys or entra.
        protects: groups and models whose operations need a credential; empty if anonymous.
        tokens: checks tokens, if the scheme is entra.
    """

    scheme: str = "anonymous"
    protects: frozenset[str] = frozenset()
    tokens: Tokens | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Access":
        """The decision in the settings."""
        if settings.access == "anonymous":
            return cls()
        protects = frozenset((settings.access_protects or ALL).split(","))
        if settings.access == "keys":
            return cls("keys", protects)
        tenant, audiences = str(settings.entra_tenant), str(settings.entra_audience).split(",")
        roles = tuple(settings.entra_roles.split(","))
        return cls("entra", protects, Tokens(settings.entra_authority, tenant, tuple(audiences), roles))

    def needs_credential(self, route: APIRoute, *, later: bool = False) -> bool:
        """Whether requests for a route need a credential; `later` are those for a job of a computed one."""
        if not self.protects or (route.openapi_extra or {}).get("security") == []:
            return False
        groups = groups_of(route) | ({JOBS} if later and is_computed(route) else set())
        return ALL in self.protects or not self.protects.isdisjoint(groups)

    def needs_key(self, route: APIRoute) -> bool:
        """Whether the Functions host has to check the key of a route's function.

        It decides by function and sees no header: where jobs need a key, so does everything that can make one.
        """
        return self.scheme == "keys" and self.needs_credential(route, later=True)

    async def check(self, request: Request, route: APIRoute) -> bool:
        """Whether a request needed a credential; it has a valid one if this returns.

        Raises:
            UnauthorizedError: it needs a valid token.
            ForbiddenError: its token lacks the role.
            SigningKeysError: tokens cannot be checked for now.
            ConfigurationError: keys are required, and no Functions host has passed this request.
        """
        later = prefers_async(", ".join(request.headers.getlist("prefer")))
        if not self.needs_credential(route, later=later):
            return False
        if self.tokens is not None:
            await self.tokens.check(request.headers)
        elif not _by_host.get():
            raise ConfigurationError("ACCESS is keys, which only the Functions host checks; this server is another one")
        return True

    def __str__(self) -> str:
        protected = "everything but health, readiness and the pages"
        if self.protects and ALL not in self.protects:
            protected = ", ".join(sorted(self.protects))
        match self.scheme:
            case "keys":
                return f"the Functions host's keys for {protected}"
            case "entra":
                return f"tokens of Entra ID for {protected}"
            case _:
                return "anonymous for everything"


def groups_of(route: APIRoute) -> frozenset[str]:
    """The names under which ACCESS_PROTECTS may list a route."""
    first, _, rest = route.path.strip("/").partition("/")
    name = first if rest and first != "data" else CATALOGUE
    return frozenset({name, COMPUTATIONS} if is_computed(route) else {name})


def is_computed(route: APIRoute) -> bool:
    """Whether a route takes a turn, and answers 202 with a job where that is preferred."""
    return 202 in route.responses


def prefers_async(prefer: str) -> bool:
    """Whether the Prefer header of RFC 7240 asks for a job."""
    preferences = prefer.lower().split(",")
    return any(preference.partition(";")[0].strip() == RESPOND_ASYNC for preference in preferences)
