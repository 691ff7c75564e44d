"""The development host's routing, on functions made for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import azure.functions as func
import httpx
import pytest

from sids_tools import local_routing
from sids_tools.local_routing import FunctionsHost, read_route_prefix

app = func.FunctionApp()
entered, released = Event(), Event()


@app.route("things/{name}/{*rest}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def things(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(repr((dict(req.route_params), dict(req.params), req.headers["x-two"], req.url)))


@app.route("guarded", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def guarded(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.url)


@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def unrouted(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.method)


@app.route("slow", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> func.HttpResponse:
    entered.set()
    released.wait(30)
    return func.HttpResponse(req.url)


@app.timer_trigger("timer", "0 0 * * * *")
def not_http(timer: func.TimerRequest) -> None:
    raise AssertionError(timer)


HOST = FunctionsHost(app.get_functions(), "api", ThreadPoolExecutor(2))


def ask(method: str, path: str, **options: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(HOST)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(send())


def test_templates_queries_and_headers_reach_the_function() -> None:
    path = "/api/things/a%20b%2541/c/d?x=1&x=2&empty=&name=S%C3%A3o"
    answer = ask("GET", path, headers=[("X-Two", "1"), ("X-Two", "2")])
    expected = ({"name": "a b%41", "rest": "c/d"}, {"x": "1,2", "name": "São"}, "1,2", f"http://localhost{path}")
    assert answer.text == repr(expected)
    assert answer.headers["content-length"] == str(len(answer.content))


def test_the_prefix_is_part_of_every_route() -> None:
    assert ask("GET", "/things/a/b").status_code == 404
    assert ask("PUT", "/API/Unrouted").text == "PUT"


def test_what_needs_a_key_is_refused() -> None:
    assert ask("GET", "/api/guarded").status_code == 401


def test_only_http_functions_are_served() -> None:
    assert len(HOST.routes) == 4


def test_bodies_end_at_the_hosts_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_routing, "LARGEST_BODY", 100)
    assert ask("POST", "/api/unrouted", content=b" " * 100).status_code == 200
    assert ask("POST", "/api/unrouted", content=b" " * 101).status_code == 413


def test_a_request_that_a_stop_interrupts_is_answered() -> None:
    async def interrupted() -> int:
        transport = httpx.ASGITransport(HOST)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            request = asyncio.create_task(client.get("/api/slow"))
            await asyncio.to_thread(entered.wait, 30)
            request.cancel()
            return (await request).status_code

    try:
        assert asyncio.run(interrupted()) == 503
    finally:
        released.set()


@pytest.mark.parametrize(
    ("text", "prefix"), [("{}", "api"), ('{"extensions": {"http": {"routePrefix": ""}}}', "")], ids=["default", "empty"]
)
def test_the_prefix_is_read_from_host_json(tmp_path: Path, text: str, prefix: str) -> None:
    (tmp_path / "host.json").write_text(text)
    assert read_route_prefix(tmp_path / "host.json") == prefix
