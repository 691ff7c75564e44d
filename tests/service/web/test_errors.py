"""Every documented error: its status, its shape, and that nothing else leaks."""

import asyncio
import gzip
import json
import logging
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from typing import Any

import pytest
from starlette.types import Message

from sids_core.errors import DataUnavailableError, SidsError
from sids_service.errors import ConfigurationError, StillLoadingError
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.web.errors import error_response
from tests.function_client import FunctionClient, read
from tests.service.web.conftest import ALLOWED, MAX_BODY_BYTES, SECRET, shop_api

ADDRESS = "https://secret.blob.core.example:10000/data"
MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE, BOM_UTF32_LE, BOM_UTF32_BE)


def test_one_entry_per_fault_of_a_body(client: FunctionClient) -> None:
    answer = client.post("/shop/order", {"count": 99, "how": "PIGEON", "weights": [1, "x" * 1000]})
    assert answer.status_code == 422
    faults = read(answer)["detail"]
    assert {tuple(fault["loc"]): fault["type"] for fault in faults} == {
        ("body", "item"): "missing",
        ("body", "count"): "less_than_equal",
        ("body", "how"): "literal_error",
        ("body", "weights", 1): "float_parsing",
    }
    assert all(fault.keys() == {"loc", "msg", "type"} for fault in faults)
    assert len(answer.get_body()) < 1000


def test_ten_faults_are_told_and_the_rest_counted(client: FunctionClient, order: dict[str, Any]) -> None:
    answer = client.post("/shop/order", order | {"weights": ["x"] * 500})
    faults = read(answer)["detail"]
    assert [fault["loc"] for fault in faults[:10]] == [["body", "weights", index] for index in range(10)]
    assert faults[10:] == [{"loc": ["body"], "msg": "and 490 more errors", "type": "more_errors"}]


def test_the_name_of_a_faulty_field_is_told_shortly(client: FunctionClient, order: dict[str, Any]) -> None:
    answer = client.post("/shop/order", order | {"tags": {"x" * 4000: "many"}})
    assert answer.status_code == 422
    assert len(answer.get_body()) < 1200


def test_one_entry_per_fault_of_the_query(client: FunctionClient) -> None:
    assert read(client.get("/shop/items"))["detail"] == [
        {"loc": ["query", "shelf"], "msg": "Field required", "type": "missing"}
    ]
    (fault,) = read(client.get("/shop/items", shelf="0"))["detail"]
    assert (fault["loc"], fault["type"]) == (["query", "shelf"], "greater_than_equal")


@pytest.mark.parametrize("body", [[1], 1, "text", None, True])
def test_a_body_that_is_no_object(client: FunctionClient, body: Any) -> None:
    answer = client.post("/shop/order", body)
    assert answer.status_code == 422
    assert [fault["loc"] for fault in read(answer)["detail"]] == [["body"]]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"item=tea", b"{", b'{"weights": [NaN]}', b'{"weights": [-Infinity]}', b'"\\ud800"'),
        *(*MARKS, 2 * BOM_UTF8 + b"{}", BOM_UTF16_LE + b"{}x", BOM_UTF32_BE + b"{}", b"{\x00", b"{\x00\x00\x00"),
        *(
            '{"item": "\ud800"}'.encode("utf-16", "surrogatepass"),
            gzip.compress(b"{}", mtime=0),
            b"\xff\xff",
            bytes(4),
            bytes(1),
        ),
    ],
)
def test_a_body_that_is_not_json(client: FunctionClient, body: bytes) -> None:
    answer = client.post("/shop/order", body)
    assert answer.status_code == 400
    assert read(answer)["detail"]["msg"].startswith("The body is not JSON: ")
    assert read(answer)["detail"]["type"] == "json_invalid"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_deeply_nested_body_is_refused(client: FunctionClient, opening: bytes) -> None:
    assert client.post("/shop/order", opening * (MAX_BODY_BYTES // len(opening))).status_code == 400


def test_a_body_over_the_limit(client: FunctionClient, order: dict[str, Any]) -> None:
    size = MAX_BODY_BYTES - len(json.dumps(order)) + 1
    exact = json.dumps(order).encode() + b" " * (size - 1)
    assert client.post("/shop/order", exact).status_code == 200
    answer = client.post("/shop/order", exact + b" ")
    assert answer.status_code == 413
    assert str(MAX_BODY_BYTES) in read(answer)["detail"]["msg"]


def test_a_declared_length_over_the_limit(client: FunctionClient) -> None:
    declared = {"Content-Length": str(MAX_BODY_BYTES + 1)}
    assert client.call("POST", "/shop/order", body=b"{}", headers=declared).status_code == 413


def test_an_unknown_value_says_where_the_known_ones_are_listed(client: FunctionClient, order: dict[str, Any]) -> None:
    answer = client.post("/shop/order", order | {"item": "gold"})
    assert answer.status_code == 422
    assert read(answer)["detail"] == {
        "msg": "item 'gold' is unknown; allowed: tea, salt; listed by GET /shop/items?shelf=<shelf>&colour=red",
        "type": "unknown_item",
    }


def test_an_unknown_value_of_any_length_is_named_shortly(client: FunctionClient, order: dict[str, Any]) -> None:
    answer = client.post("/shop/order", order | {"item": "g" * 3000})
    assert answer.status_code == 422
    assert len(answer.get_body()) < 500


@pytest.mark.parametrize(
    ("how", "status", "kind", "retry_after"),
    [
        ("request", 422, "too_few_rows", None),
        ("data", 503, "data_unavailable", "5"),
        ("load", 503, "overloaded", "17"),
    ],
)
def test_the_table(client: FunctionClient, how: str, status: int, kind: str, retry_after: str | None) -> None:
    answer = client.get("/shop/fails", how=how)
    assert answer.status_code == status
    assert read(answer)["detail"]["type"] == kind
    assert answer.headers.get("Retry-After") == retry_after


@pytest.mark.parametrize(
    "error",
    [
        DataUnavailableError(f"{ADDRESS}: data.csv cannot be read"),
        StillLoadingError(f"the dataset is still being loaded from {ADDRESS}"),
        StoreUnavailableError(f"{ADDRESS} refuses: /srv/jobs/records"),
        ConfigurationError(f"DATASET_CONTAINER_URL: {ADDRESS} is no container; JOBS_PATH: /srv/jobs is not a folder"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_log_names_addresses_and_the_answer_does_not(error: SidsError, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        response = error_response(error)
    assert response.status_code == 503
    message = json.loads(bytes(response.body))["detail"]["msg"]
    assert not [part for part in ("/", ".example", "10.0", "csv", "srv") if part in message]
    assert ADDRESS in caplog.text


@pytest.mark.parametrize("how", ["anything", "answer", "validation"])
def test_a_failure_is_named_by_an_id_that_the_log_has(
    client: FunctionClient, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = client.call("GET", "/shop/fails", query={"how": how}, headers={"Origin": ALLOWED})
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    detail = read(answer)["detail"]
    assert detail.keys() == {"msg", "error_id"}
    assert SECRET.encode() not in answer.get_body()
    assert b"Traceback" not in answer.get_body()
    logged = [record for record in caplog.records if detail["error_id"] in record.getMessage()]
    assert [record.exc_info is not None for record in logged] == [True]


def test_a_client_that_disconnects_while_it_sends_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b'{"item":', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/shop/order", "query_string": b"", "headers": []}
    with caplog.at_level(logging.INFO):
        asyncio.run(shop_api()(scope, receive, send))
    assert sent[0]["status"] == 400
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
