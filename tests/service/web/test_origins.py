"""Hosts and origins: impossible hosts are refused, and pages of other origins cannot compute without a preflight."""

import asyncio
import json

import azure.functions as func
import pytest

from sids_service.web.app import ServiceApp
from tests.function_client import FunctionClient, read
from tests.service.web.conftest import ALLOWED, ROUTER, shop_api

FOREIGN = "https://foreign.example"
ORDER = json.dumps({"item": "tea", "how": "POST"}).encode()


def post(client: FunctionClient, **headers: str) -> func.HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.call("POST", "/shop/order", body=ORDER, headers=named)


@pytest.mark.parametrize("origin", [FOREIGN, "null", "", "[", f"{ALLOWED}.foreign.example", "http://localhost"])
@pytest.mark.parametrize(
    "declared",
    [
        {},
        *(
            {"Content_Type": kind}
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "")
        ),
        *({"Content_Type": kind} for kind in ("text/plain; application/json", "text/json", "application/jsonx")),
    ],
)
def test_a_foreign_page_cannot_send_what_needs_no_preflight(
    client: FunctionClient, origin: str, declared: dict[str, str]
) -> None:
    answer = post(client, Origin=origin, **declared)
    assert answer.status_code == 415
    assert read(answer)["detail"]["type"] == "unsupported_media_type"
    assert "Content-Type: application/json" in read(answer)["detail"]["msg"]
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_neither_can_it_send_a_post_without_a_body(client: FunctionClient) -> None:
    answer = client.call("POST", "/shop/order", headers={"Origin": FOREIGN})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Origin": ALLOWED, "Content_Type": "text/plain"},
        {"Origin": "http://shop.example:7071", "Host": "shop.example:7071", "Content_Type": "text/plain"},
        {"Origin": FOREIGN, "Content_Type": "application/json"},
        {"Origin": FOREIGN, "Content_Type": "Application/JSON; charset=utf-8"},
        {"Origin": FOREIGN, "Content_Type": "application/merge-patch+json"},
    ],
    ids=str,
)
def test_others_are_answered(client: FunctionClient, headers: dict[str, str]) -> None:
    assert post(client, **headers).status_code == 200


def test_where_every_origin_is_allowed_none_is_foreign() -> None:
    open_to_all = FunctionClient(ServiceApp(shop_api(allowed_origins="*"), [ROUTER]))
    assert post(open_to_all, Origin=FOREIGN, Content_Type="text/plain").status_code == 200


@pytest.mark.parametrize(
    "host", ["[", "[::1", "::1]", "[zz]", "a:b", "a:99999", "a:-1", "a b", "a/b", "a?b", "a#b", "a@b", "\0", "a\tb"]
)
def test_an_impossible_host(client: FunctionClient, host: str) -> None:
    answer = client.call("GET", "/shop/numbers", headers={"Host": host})
    assert answer.status_code == 400
    assert read(answer)["detail"]["type"] == "bad_host"


@pytest.mark.parametrize(
    "host", ["", "localhost", "my_service:8080", "[::1]:7071", "10.0.0.1", "XN--MNCHEN-3YA.example:80"]
)
def test_a_possible_host(client: FunctionClient, host: str) -> None:
    assert client.call("GET", "/shop/numbers", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("url", ["http://[/shop/numbers", "http://shop:port/shop/numbers", "http://[zz]/"])
def test_an_impossible_url_on_the_functions_host(url: str) -> None:
    app = ServiceApp(shop_api(), [ROUTER])
    function = next(each for each in app.get_functions() if each.get_function_name() == "shop_numbers")
    answer = asyncio.run(function.get_user_function()(func.HttpRequest("GET", url, body=b""), None))
    assert answer.status_code == 400
    assert read(answer)["detail"]["type"] == "bad_host"
