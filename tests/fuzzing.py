"""Sends the requests of the grammar to a server and holds every answer against its OpenAPI document."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from tests.grammar import Request

THREADS = 4
TIMEOUT_SECONDS = 120


def faults(url: str, requests: Iterable[Request]) -> list[str]:
    """What was wrong with the answers: undocumented, of another shape than documented, 500, or none at all."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS) as client, ThreadPoolExecutor(THREADS) as pool:
        check = answer_check(client.get("/openapi.json").json())

        def ask(request: Request) -> str:
            try:
                response = client.request(
                    request.method,
                    request.path,
                    params=request.query,
                    content=request.body,
                    headers=request.headers,
                )
            except httpx.HTTPError as error:
                return f"{error!r}: {request}"
            fault = check(request, response)
            return f"{fault}: {response.text[:300]}: {request}" if fault else ""

        return [fault for fault in pool.map(ask, requests) if fault]


def answer_check(document: dict[str, Any]) -> Callable[[Request, httpx.Response], str]:
    """The check of an answer: what is wrong with it, or nothing."""

    @cache
    def validator(template: str, method: str, status: str) -> Draft202012Validator | None:
        content = document["paths"][template][method]["responses"][status].get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return Draft202012Validator({**schema, "components": document["components"]}) if schema else None

    def check(request: Request, response: httpx.Response) -> str:
        method, status = request.method.lower(), str(response.status_code)
        if status not in document["paths"][request.template][method]["responses"]:
            return f"{status} is not documented"
        if response.status_code == 500:
            return "500"
        if response.status_code == 503 and "Retry-After" not in response.headers:
            return "503 without Retry-After"
        shape = validator(request.template, method, status)
        if shape is None:
            return ""
        answer = json.loads(response.content, parse_constant=lambda name: name)
        return next((f"not as documented: {error.message[:300]}" for error in shape.iter_errors(answer)), "")

    return check
