"""The contract of /correlation over HTTP, on demo data."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sids_core.panel.panel import SIDS
from tests.http_json import get

YEAR = "2001"


@pytest.fixture(scope="module")
def client(host: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host}/correlation/", timeout=60) as client:
        yield client


@pytest.mark.parametrize("year", ["2001", 2001])
def test_a_client_walks_from_the_years_to_the_answers(client: httpx.Client, year: str | int) -> None:
    assert YEAR in get(client, "years")
    dataset = next(iter(get(client, "datasets", year=YEAR)))
    for category in get(client, "categories", dataset=dataset, year=YEAR):
        body = {"dataset": dataset, "category": category, "year": year}
        countries = get(client, "countries", dataset=dataset, category=category, year=YEAR)
        correlated = client.post("correlate", json={**body, "country": countries[0]}).json()
        assert list(correlated["country_corr"]) == ["Country Code", countries[0]]
        others, found = correlated["country_corr"].values()
        assert sorted(others) == sorted(set(SIDS) - {countries[0]})
        known = [value for value in found if value is not None]
        assert known == sorted(known, reverse=True)
        assert found == known + [None] * (len(found) - len(known))
        clustered = client.post("cluster", json={**body, "k": 3}).json()
        assert clustered["country"] == countries
        assert set(clustered["label"]) == set(range(clustered["k"]))


def test_equal_requests_give_equal_bytes(client: httpx.Client) -> None:
    body = {"dataset": "key", "category": "Economy", "year": 2001}
    for path, further in (("correlate", {"country": "FJI", "method": "spearman"}), ("cluster", {"k": 4})):
        assert client.post(path, json=body | further).content == client.post(path, json=body | further).content


@pytest.mark.parametrize(
    ("changes", "kind", "listed"),
    [
        ({"year": 1950}, "unknown_year", "GET /correlation/years"),
        ({"dataset": "kay"}, "unknown_dataset", "GET /correlation/datasets?year=2001"),
        ({"category": "Economics"}, "unknown_category", "GET /correlation/categories?dataset=key&year=2001"),
        ({"country": "USA"}, "unknown_country", "GET /correlation/countries?dataset=key&category=Economy&year=2001"),
    ],
)
def test_refusals_say_where_the_allowed_values_are_listed(
    client: httpx.Client, changes: dict[str, Any], kind: str, listed: str
) -> None:
    body = {"dataset": "key", "category": "Economy", "year": 2001, "country": "FJI"}
    answer = client.post("correlate", json=body | changes)
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail["type"] == kind
    assert str(*changes.values()) in detail["msg"]
    assert detail["msg"].endswith(f"; listed by {listed}")


@pytest.mark.parametrize(("path", "changes"), [("cluster", {"k": 0}), ("correlate", {"min_shared": 1})])
def test_malformed_requests_are_located(client: httpx.Client, path: str, changes: dict[str, Any]) -> None:
    body = {"dataset": "key", "category": "Economy", "year": 2001, "country": "FJI", "k": 2}
    answer = client.post(path, json=body | changes)
    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [["body", *changes]]


def test_the_form_points_at_the_choices(host: str) -> None:
    form = next(form for form in httpx.get(f"{host}/params").json() if form["model"] == "correlation")
    inputs = {item["parameter"]: item for item in form["inputs"]}
    assert list(inputs) == ["year", "dataset", "category", "country", "method", "standardize", "min_shared"]
    assert inputs["country"]["req_endpoint"] == {
        "endpoint": "/correlation/countries",
        "method": "GET",
        "inputs": ["dataset", "category", "year"],
    }
    assert inputs["method"]["values"] == [["pearson", "Pearson"], ["spearman", "Spearman (ranks)"]]
    assert inputs["standardize"]["type"] == "boolean"
