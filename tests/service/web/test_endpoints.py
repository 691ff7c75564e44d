"""Typed functions over HTTP: what is parsed, and what is answered."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.function_client import FunctionClient, read
from tests.service.web.conftest import shop_api, thing


def test_query_parameters_are_parsed_and_default(client: FunctionClient) -> None:
    assert read(client.get("/shop/items", shelf="3")) == ["item 3 any"]
    assert read(client.get("/shop/items", shelf="3", colour="red", unknown="x")) == ["item 3 red"]


def test_body_and_query_together(client: FunctionClient, order: dict[str, Any]) -> None:
    assert read(client.post("/shop/order", order | {"unknown": 1})) == {"item": "tea", "price": 1.1, "details": {}}


def test_path_parameters(client: FunctionClient) -> None:
    assert read(client.get("/shop/things/12")) == 12
    assert read(client.get("/shop/things/twelve"))["detail"][0]["loc"] == ["path", "number"]


def test_numbers_that_are_not_finite_become_null_and_others_read_back(client: FunctionClient) -> None:
    answer = client.get("/shop/numbers")
    assert answer.headers["Content-Type"] == "application/json"
    assert "São Tomé".encode() in answer.get_body()
    told = read(answer)
    assert told["price"] is None
    assert told["details"] == {"nan": None, "list": [None, {"minus": None}], "third": 1 / 3, "name": "São Tomé"}
    assert client.get("/shop/numbers").get_body() == answer.get_body()


def test_other_media_types_statuses_and_headers(client: FunctionClient) -> None:
    page = client.get("/shop/page")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.get_body().decode() == "<p>São Tomé</p>"
    accepted = client.get("/shop/accepted")
    assert accepted.status_code == 202
    assert accepted.headers["Location"] == "/shop/things/1"
    assert read(accepted)["item"] == "tea"


def test_a_decorated_function_stays_a_function() -> None:
    assert thing(4) == 4


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_is_json_whatever_its_content_type(
    client: FunctionClient, order: dict[str, Any], content_type: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.call("POST", "/shop/order", body=json.dumps(order).encode(), headers=headers)
    assert read(answer)["item"] == "tea"


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_body_is_unicode_with_or_without_a_byte_order_mark(
    client: FunctionClient, order: dict[str, Any], encoding: str, mark: bool
) -> None:
    text = json.dumps(order | {"address": "São Tomé"}, ensure_ascii=False)
    answer = client.post("/shop/order", ("\ufeff" * mark + text).encode(encoding))
    assert answer.status_code == 200
    assert answer.get_body() == client.post("/shop/order", order).get_body()


def test_the_body_of_a_file_saved_on_windows(cases: Path, host: str) -> None:
    script = cases / "http-bom" / "run.sh"
    run = subprocess.run(["bash", script, host.rpartition(":")[2]], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ['{"resp1":"Test 1"} 200'] * 2


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/SHOP/Items?shelf=1", ["item 1 any"]), ("/shop/items/?shelf=1", ["item 1 any"]), ("/Shop/THINGS/12/", 12)],
)
def test_paths_match_in_any_case_and_with_a_trailing_slash(path: str, answer: object) -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(shop_api()), base_url="http://shop") as client:
            return await client.get(path)

    assert asyncio.run(ask()).json() == answer
