"""The decorators that a model's endpoints are written with."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import azure.functions as func

from sids_service.web.answers import JSON
from sids_service.web.endpoint import Endpoint, describe

Handler = TypeVar("Handler", bound=Callable[..., Any])


class ModelBlueprint(func.Blueprint):
    """The endpoints of one model; the function app turns each into one Azure Function.

    A function's arguments are its request: one pydantic model is the JSON body, every other argument is a query
    parameter (or a path parameter, where the path names it in braces), optional if it has a default. Its result is the
    answer. It stays an ordinary function that can be called directly.

    Args:
        name: the model's name, first part of its functions' names.
        label: the model's name for people.
        prefix: first part of the routes, the name if not given.
    """

    def __init__(self, name: str, *, label: str, prefix: str | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name = name
        self.label = label
        self._prefix = name if prefix is None else prefix
        self._endpoints: list[Endpoint] = []

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """In the order of their definition."""
        return tuple(self._endpoints)

    def get(
        self, path: str, *, main: bool = False, produces: str = JSON, conflicts: str = ""
    ) -> Callable[[Handler], Handler]:
        """Answer GET requests with the decorated function; `conflicts` tells people when the answer is 409."""
        return self._register("GET", path, main=main, produces=produces, conflicts=conflicts)

    def post(self, path: str, *, main: bool = False, produces: str = JSON) -> Callable[[Handler], Handler]:
        """Answer POST requests with the decorated function."""
        return self._register("POST", path, main=main, produces=produces)

    def _register(
        self, method: str, path: str, *, main: bool, produces: str, conflicts: str = ""
    ) -> Callable[[Handler], Handler]:
        def decorate(function: Handler) -> Handler:
            full = "/".join(part for part in (self._prefix, path) if part)
            endpoint = describe(
                function,
                model=self.name,
                label=self.label,
                method=method,
                path=full,
                main=main,
                produces=produces,
                conflicts=conflicts,
            )
            self._endpoints.append(endpoint)
            return function

        return decorate


def function_name(endpoint: Endpoint) -> str:
    """The Azure Function's name: the model's, then the path below it, `root` if there is none."""
    below = endpoint.path.removeprefix(f"{endpoint.model}/")
    word = re.sub(r"\W+", "_", below).strip("_")
    return f"{endpoint.model}_{word or 'root'}"
