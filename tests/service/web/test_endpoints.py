"""Typed functions over HTTP: what is parsed, and what is answered."""

from typing import Any

import pytest
from pydantic import BaseModel

from sids_service.web.blueprint import ModelBlueprint
from tests.function_client import FunctionClient, read


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
    blueprint = ModelBlueprint("shop", label="A shop")

    @blueprint.get("double")
    def double(number: int) -> int:
        return 2 * number

    assert double(4) == 8


class Body(BaseModel):
    number: int


def test_functions_that_cannot_be_served_are_refused_when_defined() -> None:
    blueprint = ModelBlueprint("shop", label="A shop")

    def without_annotation(number) -> int:  # type: ignore[no-untyped-def]
        return int(number)

    def without_result(number: int):  # type: ignore[no-untyped-def]
        return number

    def two_bodies(first: Body, second: Body) -> int:
        return first.number + second.number

    def one_body(first: Body) -> int:
        return first.number

    for decorate, function, reason in (
        (blueprint.get("a"), without_annotation, "number needs an annotation"),
        (blueprint.get("b"), without_result, "needs a return annotation"),
        (blueprint.post("c"), two_bodies, "one body at most"),
        (blueprint.get("d"), one_body, "a GET none"),
    ):
        with pytest.raises(TypeError, match=reason):
            decorate(function)
