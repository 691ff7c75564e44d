"""The contract of /statimpute over HTTP, on demo data."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from blueprints.interpolation import ImputeRequest, describe_methods
from sids_core.interpolation import METHODS
from sids_core.panel.panel import SIDS
from tests.calls import SERIES
from tests.http_json import get


@pytest.fixture(scope="module")
def client(host: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host}/statimpute/", timeout=60) as client:
        yield client


def test_a_client_walks_from_the_targets_to_every_method(client: httpx.Client) -> None:
    target = SERIES["target"]
    assert target in get(client, "targets")
    countries = get(client, "countries", target=target)
    assert countries
    assert set(countries) <= set(SIDS)
    for method in get(client, "methods"):
        body = {"target": target, "country": countries[0], "method": method["value"], "direction": "both"}
        answer = client.post("impute", json=body | ({"d": 2} if method["takes_d"] else {})).json()
        assert set(answer) == {"missing_years", "imputed_series", "diagnostics"}
        series = answer["imputed_series"]
        assert set(series) == {"index", "columns", "data"}
        assert series["index"] == [[target, countries[0]]]
        assert [len(row) for row in series["data"]] == [len(series["columns"])]
        assert set(map(int, answer["missing_years"])) <= set(series["columns"])
        assert answer["missing_years"] == sorted(answer["missing_years"])


def test_the_order_is_asked_for_where_a_method_needs_it(client: httpx.Client) -> None:
    answer = client.post("impute", json={**SERIES, "method": "spline"})
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert fault == {"loc": ["body", "d"], "msg": "method spline needs d, 1 to 3", "type": "missing"}


@pytest.mark.parametrize(
    ("changes", "listed"),
    [
        ({"target": "nonsense"}, "GET /statimpute/targets"),
        ({"country": "USA"}, f"GET /statimpute/countries?target={SERIES['target']}"),
    ],
)
def test_refusals_say_where_the_allowed_values_are_listed(
    client: httpx.Client, changes: dict[str, str], listed: str
) -> None:
    answer = client.post("impute", json={**SERIES, **changes})
    assert answer.status_code == 422
    (parameter,) = changes
    detail = answer.json()["detail"]
    assert detail["type"] == f"unknown_{parameter}"
    assert changes[parameter] in detail["msg"]
    assert detail["msg"].endswith(f"; listed by {listed}")


def test_the_form_asks_for_the_order_of_two_methods(host: str) -> None:
    form = next(form for form in httpx.get(f"{host}/params").json() if form["model"] == "statimpute")
    inputs = {item["parameter"]: item for item in form["inputs"]}
    assert list(inputs) == ["target", "country", "method", "direction", "d"]
    assert len(inputs["method"]["values"]) == 12
    assert inputs["d"]["conditions"] == [{"required": [{"method": "spline"}, {"method": "polynomial"}]}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "spline"}, "d"),
        ({"method": "polynomial"}, "d"),
        ({"method": "spline", "d": 4}, "d"),
        ({"method": "spline", "d": 0}, "d"),
        ({"method": "barycentric"}, "method"),
        ({"direction": "sideways"}, "direction"),
    ],
)
def test_malformed_requests_are_located(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ImputeRequest.model_validate(SERIES | changes)
    assert [fault["loc"] for fault in caught.value.errors()] == [(field,)]


def test_a_method_must_be_one_of_the_library() -> None:
    with pytest.raises(ValidationError) as caught:
        ImputeRequest.model_validate({**SERIES, "method": "barycentric"})
    (fault,) = caught.value.errors()
    assert fault["type"] == "literal_error"
    assert all(f"'{name}'" in fault["msg"] for name in METHODS)
    assert ImputeRequest.model_json_schema()["properties"]["method"]["enum"] == list(METHODS)


def test_the_methods_are_described() -> None:
    described = {method.value: method for method in describe_methods()}
    assert list(described) == list(METHODS)
    assert [name for name, method in described.items() if method.takes_d] == ["spline", "polynomial"]
    assert described["spline"].fewest_observations == {"1": 2, "2": 3, "3": 4}
    assert described["cubic"].fewest_observations == 4
