"""Calls the functions of an app as a Functions host does, without HTTP in between."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
from azure.functions.decorators.http import HttpTrigger


class FunctionClient:
    """Finds a function by its route and calls it."""

    def __init__(self, app: func.FunctionApp) -> None:
        self._functions = [
            (trigger, function.get_user_function())
            for function in app.get_functions()
            if isinstance(trigger := function.get_trigger(), HttpTrigger)
        ]

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> func.HttpResponse:
        for trigger, function in self._functions:
            match = route_pattern(trigger).fullmatch(path)
            if match and method in methods_of(trigger):
                request = func.HttpRequest(
                    method,
                    f"http://localhost{path}" + (f"?{urlencode(query)}" if query else ""),
                    headers=headers,
                    params=query,
                    route_params=match.groupdict(),
                    body=body,
                )
                response: func.HttpResponse = asyncio.run(function(request, None))
                return response
        raise LookupError(f"no function for {method} {path}")

    def get(self, path: str, **query: str) -> func.HttpResponse:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any, **headers: str) -> func.HttpResponse:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call("POST", path, body=content, headers=headers)


def route_pattern(trigger: HttpTrigger) -> re.Pattern[str]:
    """The paths of a trigger, with its route parameters as groups."""
    template = re.sub(r"{\w+:maxlength\(0\)\?}", "", trigger.route or "").replace(".", r"\.")
    return re.compile("/" + re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", re.sub(r"{\*(\w+)}", r"(?P<\1>.*)", template)))


def methods_of(trigger: HttpTrigger) -> set[str]:
    """The methods of a trigger."""
    return {str(item.value) for item in trigger.methods or ()}


def read(response: func.HttpResponse) -> Any:
    """An answer's JSON; NaN and Infinity are none."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in an answer")

    return json.loads(response.get_body(), parse_constant=refuse)
