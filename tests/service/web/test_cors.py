"""Cross-origin requests as browsers make them."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from sids_service.settings import Settings
from sids_service.web.app import ServiceApp
from sids_service.web.middleware import Cors
from sids_service.web.routes import Paths
from tests.function_client import FunctionClient
from tests.service.web.conftest import ALLOWED, ROUTER, shop_api

PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "access-control-allow-origin,authorization,cancel-token,content-type,"
    "if-none-match,prefer,x-functions-key,x-request-id",
}


def test_preflight_from_an_allowed_origin(client: FunctionClient) -> None:
    answer = client.call("OPTIONS", "/shop/order", headers={"Origin": ALLOWED, **PREFLIGHT})
    assert answer.status_code == 204
    assert answer.get_body() == b""
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert answer.headers["Vary"] == "Origin"
    assert {"POST", "OPTIONS"} == set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = {name.lower() for name in answer.headers["Access-Control-Allow-Headers"].split(", ")}
    assert set(PREFLIGHT["Access-Control-Request-Headers"].split(",")) <= allowed


@pytest.mark.parametrize(
    "origin", ["https://foreign.example", "null", f"{ALLOWED}.foreign.example", "http://allowed.example"]
)
def test_preflight_from_a_foreign_origin(client: FunctionClient, origin: str) -> None:
    answer = client.call("OPTIONS", "/shop/order", headers={"Origin": origin, **PREFLIGHT})
    assert answer.status_code == 204
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [ALLOWED, "https://foreign.example"])
def test_preflight_for_an_unknown_path(origin: str) -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(shop_api()), base_url="http://shop") as client:
            return await client.options("/shop/nothing", headers={"Origin": origin, **PREFLIGHT})

    answer = asyncio.run(ask())
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found"}
    assert answer.headers.get("Access-Control-Allow-Origin") == (ALLOWED if origin == ALLOWED else None)


def test_options_without_an_origin(client: FunctionClient) -> None:
    answer = client.call("OPTIONS", "/shop/items")
    assert answer.status_code == 204
    assert answer.headers["Allow"] == "GET, OPTIONS"


@pytest.mark.parametrize(("path", "status"), [("/shop/numbers", 200), ("/shop/items", 422), ("/shop/things/x", 422)])
def test_answers_and_errors(client: FunctionClient, path: str, status: int) -> None:
    answer = client.call("GET", path, headers={"Origin": ALLOWED})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {
        *("Cancel-Token", "Dataset-Version", "ETag", "Location", "Posed-Anew", "Retry-After"),
        *("Server-Timing", "Cache-Status", "Preference-Applied", "WWW-Authenticate", "X-Request-ID"),
    }
    foreign = client.call("GET", path, headers={"Origin": "https://foreign.example"})
    assert foreign.status_code == status
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert foreign.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    [
        "https://lenseg.github.io",
        "https://sids-dashboard.github.io",
        "https://undp-data.github.io",
        "https://data.undp.org",
        "http://localhost",
        "http://localhost:8080",
    ],
)
def test_the_dashboards_origins_are_allowed_by_default(origin: str) -> None:
    default: str = Settings.model_fields["allowed_origins"].default
    assert Cors(FastAPI(), default, Paths([])).is_allowed_origin(origin)


@pytest.mark.parametrize("origin", ["https://anywhere.example", "http://localhost:5173", "null"])
def test_an_asterisk_allows_every_origin_without_credentials(origin: str) -> None:
    client = FunctionClient(ServiceApp(shop_api(allowed_origins="*"), [ROUTER]))
    preflight = client.call("OPTIONS", "/shop/order", headers={"Origin": origin, **PREFLIGHT})
    options = client.call("OPTIONS", "/shop/order", headers={"Origin": origin})
    answer = client.call("GET", "/shop/numbers", headers={"Origin": origin})
    for each, status in ((preflight, 204), (options, 204), (answer, 200)):
        assert each.status_code == status
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each.headers
    assert {"POST", "OPTIONS"} == set(preflight.headers["Access-Control-Allow-Methods"].split(", "))


def test_an_asterisk_changes_nothing_without_an_origin() -> None:
    client = FunctionClient(ServiceApp(shop_api(allowed_origins="*"), [ROUTER]))
    for method, status in (("OPTIONS", 204), ("GET", 200)):
        answer = client.call(method, "/shop/numbers")
        assert answer.status_code == status
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("HTTPS://Data.UNDP.org/", "https://data.undp.org"),
        ("https://data.undp.org:443", "https://data.undp.org"),
        (" http://[::1]:5173 ,https://data.undp.org,", "http://[::1]:5173"),
    ],
)
def test_origins_are_matched_as_browsers_send_them(given: str, origin: str) -> None:
    client = FunctionClient(ServiceApp(shop_api(allowed_origins=given), [ROUTER]))
    answer = client.call("GET", "/shop/numbers", headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
