"""A call of an endpoint, as tests make it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and the function and answer it should find."""

    function: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    route_params: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
