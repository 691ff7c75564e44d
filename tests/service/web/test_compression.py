"""Compressed responses and entity tags, over the functions as a Functions host calls them and over real HTTP."""

import gzip
import json
from pathlib import Path

import azure.functions as func
import httpx
import pytest
from azure.functions.http import HttpResponseConverter

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from sids_service.web.compression import COMPRESSED_FROM, accepts
from tests.calls import PREDICT
from tests.function_client import FunctionClient, read
from tests.service.web.conftest import ALLOWED

LONG = {"length": str(10 * COMPRESSED_FROM)}
CATALOGUE = (
    *("/params", "/openapi.json", "/datasets", "/correlation/years", "/statimpute/methods", "/twolvlImp/target_years"),
    "/twolvlImp/targets?target_year=2001&dataset=key",
)


def test_a_large_response_is_compressed_where_the_client_accepts_it(client: FunctionClient) -> None:
    plain = client.get("/shop/text", **LONG)
    small = client.call("GET", "/shop/text", query=LONG, headers={"Accept-Encoding": "br, gzip", "Origin": ALLOWED})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) == len(small.get_body()) < len(plain.get_body()) / 10
    assert gzip.decompress(small.get_body()) == plain.get_body()
    assert {"Accept-Encoding", "Origin"} == set(small.headers["Vary"].split(", "))
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_the_functions_host_gets_the_compressed_bytes_unchanged(client: FunctionClient) -> None:
    response = client.call("GET", "/shop/text", query=LONG, headers={"Accept-Encoding": "gzip"})
    passed = HttpResponseConverter.encode(response, expected_type=None).value
    assert gzip.decompress(passed["body"].value) == client.get("/shop/text", **LONG).get_body()
    assert passed["headers"]["content-encoding"].value == "gzip"
    assert passed["headers"]["content-type"].value == "application/json"


def test_a_small_response_and_an_error_stay_as_they_are(client: FunctionClient) -> None:
    for path in ("/shop/numbers", "/shop/items"):
        answer = client.call("GET", path, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in answer.headers
        read(answer)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("*", True),
        ("x-gzip", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("br, not-gzip", False),
        ("gzip;q=high", False),
    ],
)
def test_accept_encoding(header: str, accepted: bool) -> None:
    assert accepts("gzip", header) is accepted


def test_a_response_the_client_has_is_not_sent_again(client: FunctionClient) -> None:
    first = client.call("GET", "/shop/text", query=LONG, headers={"Accept-Encoding": "gzip"})
    tag = first.headers["ETag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.call("GET", "/shop/text", query=LONG, headers={"If-None-Match": known, "Origin": ALLOWED})
        assert (again.status_code, again.get_body()) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert "Accept-Encoding" in again.headers["Vary"]
        assert "Content-Length" not in again.headers
    other = client.call("GET", "/shop/text", query={"length": "5"}, headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["ETag"] != tag


def test_only_what_was_found_has_a_tag(client: FunctionClient) -> None:
    refused = client.call("GET", "/shop/items", headers={"If-None-Match": "*"})
    assert refused.status_code == 422
    assert "ETag" not in refused.headers
    posted = client.call("POST", "/shop/order", body=b'{"item": "tea", "how": "POST"}', headers={"If-None-Match": "*"})
    assert posted.status_code == 200
    assert "ETag" not in posted.headers


def tags_of(data: Path, cache: Path, **settings: float) -> dict[str, str]:
    """The tags of a process's catalogue."""
    told = Settings(dataset_path=data, dataset_cache_path=cache, **settings)  # type: ignore[arg-type]
    dataset = open_panel_source(told)
    dataset.panel()
    client = FunctionClient(build_app(Context(told, dataset)))
    found = {}
    for path in CATALOGUE:
        name, _, query = path.partition("?")
        answer = client.get(name, **dict(part.split("=") for part in query.split("&") if part))
        assert answer.status_code == 200
        found[path] = answer.headers["ETag"]
    dataset.stop()
    return found


def new_version(data: Path, folder: Path) -> Path:
    """The data with another value."""
    folder.mkdir()
    for path in data.iterdir():
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if path.name.startswith("indicatorData"):
            header, first, rest = content.split(b"\n", 2)
            content = b"\n".join((header, first.rpartition(b",")[0] + b",123.25", rest))
        (folder / path.name.removesuffix(".gz")).write_bytes(content)
    return folder


def test_tags_change_with_the_version_of_the_dataset_and_the_answer(demo_data: Path, tmp_path: Path) -> None:
    first = tags_of(demo_data, tmp_path)
    assert tags_of(demo_data, tmp_path / "other process") == first
    new = tags_of(new_version(demo_data, tmp_path / "new"), tmp_path)
    assert all(new[path] != first[path] for path in CATALOGUE)
    stricter = tags_of(demo_data, tmp_path, target_missing_percent=1)
    assert stricter[CATALOGUE[-1]] != first[CATALOGUE[-1]]
    assert stricter["/params"] == first["/params"]


def test_over_real_http(host: str) -> None:
    with httpx.Client(base_url=host, timeout=120) as client:
        for path in CATALOGUE:
            first = client.get(path)
            again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert client.get("/openapi.json").headers["content-encoding"] == "gzip"
        plain, packed = (
            client.post("/twolvlImp/predict", json=PREDICT, headers={"Accept-Encoding": accepted})
            for accepted in ("identity", "gzip")
        )
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        assert json.loads(plain.content)["rmse"] > 0


def test_a_response_is_compressed_to_the_same_bytes(client: FunctionClient) -> None:
    answers: list[func.HttpResponse] = [
        client.call("GET", "/shop/text", query=LONG, headers={"Accept-Encoding": "gzip"}) for _ in range(2)
    ]
    assert answers[0].get_body() == answers[1].get_body()
